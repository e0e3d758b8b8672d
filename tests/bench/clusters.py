"""How does a real cluster get into a running planner, through its own doors?"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from planner.v1 import inventory_service_pb2 as pb

if TYPE_CHECKING:
    from tests.bench.library import Fleet
    from tests.processes import Pair

AT_ONCE: Final = 100
"""Nodes in one request: with their data far below 4 MiB."""

DERIVED: Final = ("nodes", "network_metadata")
"""What the planner says of all nodes by itself, in each cluster's own words."""

HARDWARE: Final = {
    "memory": {"total": 274877906944},
    "cpu": {"total": 16},
    "disks": [{"name": f"sd{letter}", "size": 960197124096} for letter in "abc"],
}
"""What discovery says of every machine, its interfaces apart."""

NETWORKS: Final = {
    "management": {"cidr": "10.64.0.0/16"},
    "storage": {"cidr": "10.96.0.0/16"},
    "baremetal": {"cidr": "10.128.0.0/16", "ip_range": ["10.128.0.2", "10.128.99.254"]},
}
"""Networks with room for thousands of nodes."""

NETWORKING: Final = {
    "baremetal_gateway": "10.128.100.1",
    "baremetal_range": ["10.128.100.2", "10.128.100.254"],
}


def import_release(pair: Pair, release: str, document: str) -> None:
    """Import a release."""
    request = pb.ImportReleaseRequest(release=release, document=document)
    pair.inventory.ImportRelease(request)


def register(pair: Pair, fleet: Fleet, first_number: int = 1) -> list[str]:
    """Register a fleet's machines with their recorded data; return the uids."""
    uids: list[str] = []
    for start in range(0, len(fleet.nodes), AT_ONCE):
        request = pb.RegisterNodesRequest()
        for offset, node in enumerate(fleet.nodes[start : start + AT_ONCE]):
            data = fleet.context["nodes"][node["uid"]]
            number = first_number + start + offset
            mac = ":".join(f"{byte:02x}" for byte in (0x5254 << 32 | number).to_bytes(6, "big"))
            request.nodes.add(
                mac=mac,
                ip=data["ip"],
                attributes_json=json.dumps(data),
                meta_json=json.dumps({**HARDWARE, "interfaces": [{"name": "eth0", "mac": mac}]}),
            )
        uids += [node.uid for node in pair.inventory.RegisterNodes(request).nodes]
    return uids


def make_cluster(pair: Pair, cluster: str, release: str, fleet: Fleet, uids: list[str]) -> None:
    """Create a cluster with the fleet's settings and roles."""
    common: dict[str, Any] = fleet.context["common"]
    settings = {key: value for key, value in common.items() if key not in DERIVED}
    settings["network_metadata"] = {"vips": common["network_metadata"]["vips"]}
    settings |= {"networks": NETWORKS, "networking": NETWORKING}
    request = pb.CreateClusterRequest(
        cluster=cluster, release=release, settings_json=json.dumps(settings)
    )
    pair.inventory.CreateCluster(request)
    assignment = pb.AssignNodesRequest(cluster=cluster)
    for uid, node in zip(uids, fleet.nodes, strict=True):
        assignment.assignments.add(node=uid, roles=node["roles"])
    pair.inventory.AssignNodes(assignment)

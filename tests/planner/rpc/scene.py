"""Sets the planner up through its own RPCs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from google.protobuf.field_mask_pb2 import FieldMask

from planner.domain.documents import canonical
from planner.v1 import inventory_service_pb2 as pb
from planner.v1 import planner_service_pb2 as planner_pb
from tests.planner.builders import a_release

if TYPE_CHECKING:
    from planner.v1 import cluster_pb2, node_pb2, transaction_pb2
    from tests.planner.rpc.door import Door

DOCUMENT = canonical(a_release().content)
LEGACY = canonical(a_release("cloud-8.0").content)


def import_release(door: Door, document: str = DOCUMENT, **fields: Any) -> Any:
    """Import the release "cloud"."""
    request = pb.ImportReleaseRequest(release="cloud", document=document, **fields)
    return door.call("ImportRelease", request).release


def create_cluster(door: Door, cluster: str = "demo", **fields: Any) -> cluster_pb2.Cluster:
    """Create a cluster of the release "cloud"."""
    request = pb.CreateClusterRequest(cluster=cluster, **{"release": "cloud", **fields})
    created: cluster_pb2.Cluster = door.call("CreateCluster", request).cluster
    return created


def register(door: Door, *macs: str, **fields: Any) -> list[node_pb2.Node]:
    """Register nodes with these last digits of their MAC addresses."""
    found = [pb.NodeRegistration(mac=f"52:54:00:00:00:{mac}", **fields) for mac in macs]
    return list(door.call("RegisterNodes", pb.RegisterNodesRequest(nodes=found)).nodes)


def assign(door: Door, roles: dict[str, list[str]], cluster: str = "demo", **fields: Any) -> Any:
    """Assign nodes, by uid, to a cluster."""
    request = pb.AssignNodesRequest(cluster=cluster, **fields)
    for uid, names in roles.items():
        request.assignments.add(node=uid, roles=names)
    return door.call("AssignNodes", request).cluster


def a_small_cluster(door: Door, document: str = DOCUMENT) -> list[str]:
    """Make the cluster "demo" of a controller and a compute; return their uids."""
    import_release(door, document)
    create_cluster(door)
    one, two = register(door, "01", "02")
    assign(door, {one.uid: ["controller"], two.uid: ["compute"]})
    return [one.uid, two.uid]


def update_cluster(door: Door, settings: Any, *paths: str, **fields: Any) -> cluster_pb2.Cluster:
    """Give the cluster "demo" settings."""
    request = pb.UpdateClusterRequest(update_mask=FieldMask(paths=paths or ["settings_json"]))
    request.cluster.name = "clusters/demo"
    request.cluster.settings_json = settings if isinstance(settings, str) else json.dumps(settings)
    request.cluster.etag = fields.pop("etag", "")
    updated: cluster_pb2.Cluster = door.call("UpdateCluster", request).cluster
    return updated


def update_node(door: Door, uid: str, *paths: str, **fields: Any) -> node_pb2.Node:
    """Change the fields of a node that the mask names."""
    request = pb.UpdateNodeRequest(update_mask=FieldMask(paths=paths))
    request.node.MergeFrom(type(request.node)(name=f"nodes/{uid}", **fields))
    updated: node_pb2.Node = door.call("UpdateNode", request).node
    return updated


def apply(door: Door, cluster: str = "demo", **fields: Any) -> transaction_pb2.Transaction:
    """Apply the changes of a cluster."""
    request = planner_pb.ApplyChangesRequest(cluster=cluster, **fields)
    accepted: transaction_pb2.Transaction = door.call("ApplyChanges", request).transaction
    return accepted

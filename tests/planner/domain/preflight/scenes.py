"""Sound clusters to break one rule of at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from planner.domain.free_content import follow
from planner.domain.node_selection import choose_nodes
from planner.domain.preflight import check
from planner.domain.states import NodeStatus
from tests.planner.builders import a_cluster, a_node, a_release

if TYPE_CHECKING:
    from planner.domain.node import Node

NETWORKS: list[dict[str, Any]] = [
    {
        "name": "public",
        "cidr": "172.16.0.0/24",
        "gateway": "172.16.0.1",
        "ip_range": ["172.16.0.2", "172.16.0.126"],
        "notation": "ip_ranges",
    },
    {"name": "management", "cidr": "192.168.0.0/24", "vlan_start": 101, "notation": "cidr"},
    {"name": "storage", "cidr": "192.168.1.0/24", "vlan_start": 102, "notation": "cidr"},
    {"name": "private", "seg_type": "vlan", "notation": None},
    {
        "name": "baremetal",
        "cidr": "192.168.3.0/24",
        "ip_range": ["192.168.3.2", "192.168.3.50"],
        "vlan_start": 104,
        "notation": "ip_ranges",
    },
]
CONFIG: dict[str, Any] = {
    "vlan_range": [1000, 1030],
    "internal_cidr": "192.168.111.0/24",
    "internal_gateway": "192.168.111.1",
    "floating_ranges": [["172.16.0.130", "172.16.0.254"]],
    "baremetal_gateway": "192.168.3.51",
    "baremetal_range": ["192.168.3.52", "192.168.3.254"],
}
ROLES: dict[str, Any] = {
    "controller": {"public_ip_required": True},
    "compute": {},
    "ceph-osd": {},
    "mongo": {},
}
VOLUMES: dict[str, Any] = {
    "volumes_roles_mapping": {"other": [{"id": "os", "allocate_size": "min"}]},
    "volumes": [{"id": "os", "type": "vg", "min_size": {"generator": "calc_min_os_size"}}],
}
HARDWARE: dict[str, Any] = {
    "cpu": {"total": 8},
    "memory": {"total": 2**34},
    "disks": [{"name": "sda", "size": 2**40}],
    "interfaces": [
        {"name": "eth0", "current_speed": 1000},
        {"name": "eth1", "current_speed": 10000},
    ],
}


def found(
    *nodes: Node,
    settings: dict[str, Any] | None = None,
    networks: list[dict[str, Any]] | None = None,
    config: dict[str, Any] | None = None,
    version: str = "cloud-10.0",
    **sections: Any,
) -> list[tuple[str, str]]:
    """Check a cluster; return reason and subject of each violation."""
    written = {"networks": networks or NETWORKS, "config": CONFIG | (config or {})}
    provider = follow(settings, "networking", "provider") or "neutron"
    known = {
        "roles_metadata": ROLES,
        "networks_metadata": {provider: written},
        "volumes_metadata": VOLUMES,
    }
    release = a_release(version, **(known | sections))
    cluster = a_cluster(settings=settings or {})
    violations = check(release, cluster, nodes, choose_nodes(release, cluster, nodes))
    return [(violation.reason, violation.subject) for violation in violations]


def new(uid: str = "1", role: str = "compute", **fields: Any) -> Node:
    """Build a node that was just assigned, with hardware that fits."""
    known: dict[str, Any] = {"pending_addition": True, "pending_roles": (role,), "meta": HARDWARE}
    return a_node(uid, **(known | fields))


def ready(uid: str = "1", role: str = "compute", **fields: Any) -> Node:
    """Build a deployed node."""
    known: dict[str, Any] = {"status": NodeStatus.READY, "roles": (role,), "meta": HARDWARE}
    return a_node(uid, **(known | fields))


def changed(name: str, **fields: Any) -> list[dict[str, Any]]:
    """Return the sound networks with one of them changed."""
    return [{**item, **fields} if item["name"] == name else item for item in NETWORKS]

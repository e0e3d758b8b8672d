"""What do release, cluster and nodes imply about the state to reach (decision 7, dossier 8.1)?

``common`` is release defaults ← derived facts ← cluster settings, a node's part derived facts ←
node attributes: what a person wrote always wins.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from planner.domain.graph.state import ExpectedState
from planner.domain.graph.task_graph import MASTER_NODE
from planner.domain.provisioning import provision_entry

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from planner.domain.cluster import Cluster
    from planner.domain.node import Node
    from planner.domain.release import Release

VOLATILE: Final = frozenset({"cluster.status", "status", "online", "progress"})
"""Facts that change by themselves and must not make a task run again (decision 8)."""

MASTER_IP: Final = "10.20.0.2"
"""Address of the master unless the settings name one."""

DNS_DOMAIN: Final = "example.com"
"""Domain of host names unless the settings name one."""


def expected_state(
    release: Release,
    cluster: Cluster,
    nodes: Sequence[Node],
    tags: Mapping[str, frozenset[str]],
) -> ExpectedState:
    """Build the state that a cluster shall reach; ``tags`` by uid, primary ones included."""
    names = {node.uid: host_names(node, cluster) for node in nodes}
    derived = _common(release, cluster, nodes, tags, names)
    common = merged(merged(release.settings, derived), cluster.settings)
    parts: dict[str, Mapping[str, Any]] = {
        node.uid: _overlaid(_node(node, tags[node.uid], names[node.uid], common), node.attributes)
        for node in nodes
    }
    parts[MASTER_NODE] = {"uid": MASTER_NODE, "roles": [MASTER_NODE]}
    return ExpectedState(common, parts)


def merged(under: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Lay one JSON object over another: objects merge key by key, anything else is replaced."""
    result = dict(under)
    for key, value in over.items():
        below = result.get(key)
        if isinstance(below, dict) and isinstance(value, dict):
            result[key] = merged(below, value)
        else:
            result[key] = value
    return result


def _overlaid(derived: Mapping[str, Any], attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Lay attributes over what is derived; the entry for provisioning stays a mapping."""
    part = merged(derived, attributes)
    if not isinstance(part["provision"], dict):
        part["provision"] = derived["provision"]
    return part


def host_names(node: Node, cluster: Cluster) -> tuple[str, str]:
    """Return a node's short name and its fully qualified one."""
    short = node.hostname.partition(".")[0]
    domain = cluster.settings.get("dns_domain") or DNS_DOMAIN
    return short, node.hostname if "." in node.hostname else f"{short}.{domain}"


def _common(
    release: Release,
    cluster: Cluster,
    nodes: Sequence[Node],
    tags: Mapping[str, frozenset[str]],
    names: Mapping[str, tuple[str, str]],
) -> dict[str, Any]:
    version = ".".join(map(str, release.environment_version))
    return {
        "cluster": {
            "id": cluster.number,
            "name": cluster.id,
            "mode": cluster.mode,
            "status": cluster.status.value,
            "fuel_version": version,
        },
        "release": {
            "name": release.title,
            "version": release.version,
            "operating_system": release.operating_system,
        },
        "deployment_mode": cluster.mode,
        "deployment_id": cluster.number,
        "openstack_version": release.version,
        "fuel_version": version,
        "master_ip": MASTER_IP,
        "nodes": [
            {
                "uid": node.uid,
                "name": names[node.uid][0],
                "fqdn": names[node.uid][1],
                "user_node_name": node.hostname,
                "role": tag,
            }
            for node in nodes
            for tag in sorted(tags[node.uid])
        ],
        "network_metadata": {
            "nodes": {
                names[node.uid][0]: {
                    "uid": node.uid,
                    "name": names[node.uid][0],
                    "fqdn": names[node.uid][1],
                    "user_node_name": node.hostname,
                    "node_roles": sorted(tags[node.uid]),
                    "network_roles": {"admin/pxe": node.ip},
                }
                for node in nodes
            },
        },
    }


def _node(
    node: Node, tags: frozenset[str], names: tuple[str, str], common: Mapping[str, Any]
) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "uid": node.uid,
        "fqdn": names[1],
        "user_node_name": node.hostname,
        "roles": sorted(tags),
        "ip": node.ip,
        "status": node.status.value,
        "online": node.online,
        "provision": provision_entry(node, names, common),
    }
    if node.pending_deletion:
        facts["deleted"] = True
    return facts

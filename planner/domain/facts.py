"""What do release, cluster and nodes imply about the state to reach (decision 7, dossier 8.1)?

``common`` is release defaults ← derived facts ← cluster settings, a node's part derived facts ←
node attributes: what a person wrote always wins.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from planner.domain.free_content import mapping, merged
from planner.domain.graph.state import ExpectedState
from planner.domain.graph.task_graph import MASTER_NODE
from planner.domain.installation import Installation, provision_entry
from planner.domain.network_facts import listed_addresses, network_roles, virtual_addresses
from planner.domain.provisioning import builds_images

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from planner.domain.addresses import Addressing
    from planner.domain.cluster import Cluster
    from planner.domain.node import Node
    from planner.domain.release import Release

VOLATILE: Final = frozenset({"cluster.status", "status", "online", "progress"})
"""Facts that change by themselves and must not make a task run again (decision 8)."""

MASTER_IP: Final = "10.20.0.2"
"""Address of the master unless the settings name one."""

DNS_DOMAIN: Final = "example.com"
"""Domain of host names unless the settings name one."""


REPLACED_DEPLOYMENT: Final = "replaced_deployment_info"
REPLACED_PROVISIONING: Final = "replaced_provisioning_info"
"""Attributes of a node, or settings of a cluster, that replace what is derived (dossier 0.2)."""


def expected_state(
    release: Release,
    cluster: Cluster,
    nodes: Sequence[Node],
    tags: Mapping[str, frozenset[str]],
    addressing: Addressing,
) -> ExpectedState:
    """Build the state that a cluster shall reach; ``tags`` by uid, primary ones included.

    ``addressing`` may cover more nodes than these.
    """
    names = {node.uid: host_names(node, cluster) for node in nodes}
    derived = _common(release, cluster)
    derived["nodes"] = _listed(nodes, tags, names, addressing)
    derived["network_metadata"] = _networks(release, nodes, tags, names, addressing)
    common = merged(merged(release.settings, derived), cluster.settings)
    uses_images = builds_images(mapping(common.get("provision")))
    admin = addressing.networks.admin
    parts: dict[str, Mapping[str, Any]] = {
        node.uid: _part(
            Installation(release, node, names[node.uid], common, admin, uses_images),
            tags[node.uid],
        )
        for node in nodes
    }
    parts[MASTER_NODE] = {"uid": MASTER_NODE, "roles": [MASTER_NODE]}
    return ExpectedState(common, parts)


def has_replaced_data(cluster: Cluster, nodes: Sequence[Node]) -> bool:
    """Tell whether a person wrote deployment or provisioning data in place of derived ones.

    Then checks of what would be derived make no sense (dossier 3.2, step 3).
    """
    return any(
        mapping(content.get(key))
        for content in (cluster.settings, *(node.attributes for node in nodes))
        for key in (REPLACED_DEPLOYMENT, REPLACED_PROVISIONING)
    )


def _part(it: Installation, tags: frozenset[str]) -> dict[str, Any]:
    """Lay attributes over what is derived, or take what a person wrote in its place.

    The entry for provisioning stays a mapping.
    """
    replaced = mapping(it.node.attributes.get(REPLACED_DEPLOYMENT))
    entry = mapping(it.node.attributes.get(REPLACED_PROVISIONING)) or provision_entry(it)
    if replaced:
        return {**replaced, "uid": it.node.uid, "roles": sorted(tags), "provision": entry}
    derived = _node(it.node, tags, it.names)
    derived["provision"] = entry
    part = merged(derived, it.node.attributes)
    if not isinstance(part["provision"], dict):
        part["provision"] = derived["provision"]
    return part


def host_names(node: Node, cluster: Cluster) -> tuple[str, str]:
    """Return a node's short name and its fully qualified one."""
    short = node.hostname.partition(".")[0]
    domain = cluster.settings.get("dns_domain") or DNS_DOMAIN
    return short, node.hostname if "." in node.hostname else f"{short}.{domain}"


def _common(release: Release, cluster: Cluster) -> dict[str, Any]:
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
        "puppet": {
            part: f"rsync://{MASTER_IP}:/puppet/{release.version}/{part}/"
            for part in ("manifests", "modules")
        },
    }


def _listed(
    nodes: Sequence[Node],
    tags: Mapping[str, frozenset[str]],
    names: Mapping[str, tuple[str, str]],
    addressing: Addressing,
) -> list[dict[str, Any]]:
    """List the nodes, once for each tag."""
    return [
        {
            **_named(node, names[node.uid]),
            **listed_addresses(node, addressing),
            "swift_zone": node.uid,
            "role": tag,
        }
        for node in nodes
        for tag in sorted(tags[node.uid])
    ]


def _networks(
    release: Release,
    nodes: Sequence[Node],
    tags: Mapping[str, frozenset[str]],
    names: Mapping[str, tuple[str, str]],
    addressing: Addressing,
) -> dict[str, Any]:
    """Tell every node's addresses by network role, and the virtual ones."""
    return {
        "nodes": {
            names[node.uid][0]: {
                **_named(node, names[node.uid]),
                "swift_zone": node.uid,
                "node_roles": sorted(tags[node.uid]),
                "network_roles": network_roles(release, node, addressing),
            }
            for node in nodes
        },
        "vips": virtual_addresses(addressing),
    }


def _named(node: Node, names: tuple[str, str]) -> dict[str, str]:
    short, fqdn = names
    return {"uid": node.uid, "name": short, "fqdn": fqdn, "user_node_name": node.hostname}


def _node(node: Node, tags: frozenset[str], names: tuple[str, str]) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "uid": node.uid,
        "fqdn": names[1],
        "user_node_name": node.hostname,
        "roles": sorted(tags),
        "ip": node.ip,
        "status": node.status.value,
        "online": node.online,
    }
    if node.pending_deletion:
        facts["deleted"] = True
    return facts

"""What do tasks learn of a cluster's networks and addresses (dossier 8.1)?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from planner.domain.addresses import netmask
from planner.domain.free_content import follow
from planner.domain.networks import ADMIN, group_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from planner.domain.addresses import Addressing
    from planner.domain.node import Node
    from planner.domain.release import Release

ADMIN_ROLE: Final = "admin/pxe"
"""What tasks call the network that nodes are installed over."""

LISTED: Final = {"management": "internal", "storage": "storage", "public": "public"}
"""Networks that the list of nodes tells of, and how it calls them."""


def network_roles(release: Release, node: Node, addressing: Addressing) -> dict[str, Any]:
    """Return a node's address by network role; null for a role whose network has no addresses."""
    held = {**addressing.nodes.get(node.uid, {}), ADMIN: node.ip}
    found: dict[str, Any] = {ADMIN_ROLE: node.ip}
    for role in release.network_roles:
        network = str(role.get("default_mapping"))
        if follow(role, "properties", "subnet") is False:
            found[str(role.get("id"))] = None
        elif network in held:
            found[str(role.get("id"))] = held[network]
    return found


def virtual_addresses(addressing: Addressing) -> dict[str, Any]:
    """Describe the virtual addresses by name."""
    return {
        name: {
            "ipaddr": item.address,
            "is_user_defined": item.is_own,
            "namespace": item.namespace,
            "network_role": item.network_role,
            "node_roles": list(item.node_roles),
            "vendor_specific": item.vendor_specific,
        }
        for name, item in addressing.virtual.items()
    }


def listed_addresses(node: Node, addressing: Addressing) -> Mapping[str, str]:
    """Return what the list of nodes says of a node's addresses and their masks."""
    found: dict[str, str] = {}
    for network, name in LISTED.items():
        address = addressing.nodes.get(node.uid, {}).get(network)
        known = addressing.networks.of(group_of(node), network)
        if address and known:
            found |= {f"{name}_address": address, f"{name}_netmask": netmask(known)}
    return found

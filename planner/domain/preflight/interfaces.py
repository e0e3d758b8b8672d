"""Can networks be told apart on the interfaces they run over (dossier 5.2, all parameters)?

The attribute ``interfaces`` of a node lists interfaces: ``name``, the ``networks`` that run over
it, and the ``slaves`` of a bond.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from planner.domain.errors import Violation
from planner.domain.free_content import mapping, mappings, words
from planner.domain.networks import ADMIN, group_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from planner.domain.networks import Network
    from planner.domain.node import Node
    from planner.domain.preflight.subject import Subject


def check(subject: Subject) -> Iterator[Violation]:
    """Check that an interface carries one untagged network and no tag twice."""
    if subject.settings.group("network_template"):
        return
    for node in subject.nodes:
        for interface in mappings(node.attributes.get("interfaces")):
            carried = _carried(subject, node, interface)
            yield from _untagged(node, interface, carried)
            yield from _tags(node, interface, carried)


def warn(subject: Subject) -> Iterator[str]:
    """Name bonds whose interfaces are of different speed; that works, but slowly."""
    for node in subject.nodes:
        known = mappings(node.meta.get("interfaces"))
        speeds = {item.get("name"): item.get("current_speed") for item in known}
        for bond in mappings(node.attributes.get("interfaces")):
            found = {speeds.get(slave) for slave in words(bond.get("slaves"))} - {None}
            if len(found) > 1:
                yield f"nodes/{node.uid}: the bond {bond.get('name')} joins different speeds"


def _carried(subject: Subject, node: Node, interface: Mapping[str, Any]) -> list[Network]:
    group, plan = group_of(node), subject.networks
    names = words(interface.get("networks"))
    return [network for name in names if (network := plan.of(group, name)) is not None]


def _untagged(
    node: Node, interface: Mapping[str, Any], carried: list[Network]
) -> Iterator[Violation]:
    untagged = [n.name for n in carried if n.vlan is None and (n.notation or n.name == ADMIN)]
    if len(untagged) > 1:
        text = f"{', '.join(untagged)} all run over {interface.get('name')} without a tag"
        yield Violation("UNTAGGED_NETWORKS_TOGETHER", f"nodes/{node.uid}", text)


def _tags(node: Node, interface: Mapping[str, Any], carried: list[Network]) -> Iterator[Violation]:
    tags = Counter(network.vlan for network in carried if network.vlan is not None)
    for tag, count in sorted(tags.items()):
        if count > 1:
            text = f"{count} networks run over {interface.get('name')} with the tag {tag}"
            yield Violation("DUPLICATE_VLAN", f"nodes/{node.uid}", text)


def has_feature(interface: Mapping[str, Any], feature: str) -> bool:
    """Tell whether a feature of an interface (sriov, dpdk) is switched on."""
    written = interface.get(feature)
    return written is True or mapping(written).get("enabled") is True

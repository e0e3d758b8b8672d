"""Are there enough addresses, and is each asked for once (dossier 5.1, 5.3, row 5)?"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from planner.domain.addresses import CONTROLLERS, needs_public
from planner.domain.documents import canonical
from planner.domain.errors import Violation
from planner.domain.free_content import follow, mappings
from planner.domain.networks import PUBLIC, group_of, usable_ranges

if TYPE_CHECKING:
    from collections.abc import Iterator

    from planner.domain.networks import Network
    from planner.domain.preflight.subject import Subject

VIRTUAL: Final = 2
"""Public addresses that move between the controllers of a highly available cluster."""


def check_virtual_addresses(subject: Subject) -> Iterator[Violation]:
    """Check that no two network roles contradict each other or ask for the same address name."""
    roles: dict[str, str] = {}
    names: Counter[str] = Counter()
    for role in subject.release.network_roles:
        name, content = str(role.get("id")), canonical(role)
        if roles.setdefault(name, content) != content:
            text = f"the network role {name!r} is defined twice, differently"
            yield Violation("NETWORK_ROLE_CONFLICT", f"network_roles/{name}", text)
        names.update(str(vip.get("name")) for vip in mappings(follow(role, "properties", "vip")))
    for name, count in sorted(names.items()):
        if count > 1:
            text = f"{count} network roles ask for a virtual address called {name!r}"
            yield Violation("DUPLICATE_VIP", f"vips/{name}", text)


def check(subject: Subject) -> Iterator[Violation]:
    """Check that ranges hold as many addresses as will be given away."""
    for network in subject.networks.networks:
        if network.name == PUBLIC:
            needed, there = _needed(subject, network), _size(network)
            if there < needed:
                text = f"the network {network.label} has {there} addresses, {needed} are needed"
                yield Violation("NOT_ENOUGH_PUBLIC_ADDRESSES", f"networks/{network.label}", text)
        elif missing := subject.addressing.short.get(network.label):
            text = f"the network {network.label} has {missing} addresses too few"
            yield Violation("NOT_ENOUGH_ADDRESSES", f"networks/{network.label}", text)


def _needed(subject: Subject, network: Network) -> int:
    nodes = [node for node in subject.nodes if group_of(node) == network.group]
    serves = any(set(node.all_roles) & set(CONTROLLERS) for node in nodes)
    virtual = VIRTUAL if subject.cluster.is_ha and serves else 0
    return virtual + sum(needs_public(subject.release, node, subject.settings) for node in nodes)


def _size(network: Network) -> int:
    return sum(last - first + 1 for first, last in usable_ranges(network))

"""Do the networks of the older provider fit together (dossier 5.2, nova-network)?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from planner.domain.errors import Violation
from planner.domain.free_content import integer
from planner.domain.networks import PUBLIC, as_numbers, parse_cidr

if TYPE_CHECKING:
    from collections.abc import Iterator

    from planner.domain.networks import NetworkPlan
    from planner.domain.preflight.subject import Subject

PROVIDER: Final = "nova_network"
FLAT: Final = "FlatDHCPManager"
TAGS: Final = range(2, 4095)
"""Tags that a network may have."""


def check(subject: Subject) -> Iterator[Violation]:
    """Check fixed and floating addresses and the tags of networks."""
    plan = subject.networks
    if plan.provider != PROVIDER:
        return
    yield from _floating(plan)
    yield from _fixed(plan)
    yield from _tags(plan)


def _floating(plan: NetworkPlan) -> Iterator[Violation]:
    """Floating addresses are none of those that nodes get."""
    public = [pair for n in plan.networks if n.name == PUBLIC for pair in n.ranges]
    for pair in plan.ranges("floating_ranges"):
        bounds = as_numbers(pair)
        if bounds is None:
            text = f"{'-'.join(pair)} is no range of addresses"
            yield Violation("BAD_RANGE", "networks/floating", text)
            continue
        for other in (as_numbers(one) for one in public):
            if other is not None and bounds[0] <= other[1] and other[0] <= bounds[1]:
                text = f"the floating range {'-'.join(pair)} overlaps the public one"
                yield Violation("RANGES_OVERLAP", "networks/floating", text)


def _fixed(plan: NetworkPlan) -> Iterator[Violation]:
    """Fixed networks are apart from all others, and as many fit as are asked for."""
    fixed = parse_cidr(str(plan.networking.get("fixed_networks_cidr") or ""))
    if fixed is None:
        return
    for network in plan.networks:
        cidr = parse_cidr(network.cidr)
        if cidr is not None and cidr.version == fixed.version and cidr.overlaps(fixed):
            text = f"{network.label} ({network.cidr}) overlaps the fixed networks ({fixed})"
            yield Violation("NETWORKS_OVERLAP", f"networks/{network.label}", text)
    amount = integer(plan.networking.get("fixed_networks_amount"), 1)
    size = integer(plan.networking.get("fixed_network_size"), 256)
    if plan.networking.get("net_manager") != FLAT and amount * size > fixed.num_addresses:
        text = f"{amount} networks of {size} addresses do not fit into {fixed}"
        yield Violation("FIXED_NETWORKS_DO_NOT_FIT", "networks/fixed", text)


def _tags(plan: NetworkPlan) -> Iterator[Violation]:
    seen: dict[int, str] = {}
    for network in plan.networks:
        if network.vlan is None:
            continue
        if network.vlan not in TAGS:
            text = f"{network.label}: the tag {network.vlan} is not between 2 and 4094"
            yield Violation("BAD_VLAN", f"networks/{network.label}", text)
        other = seen.setdefault(network.vlan, network.label)
        if other != network.label:
            text = f"{network.label} and {other} have the same tag {network.vlan}"
            yield Violation("DUPLICATE_VLAN", f"networks/{network.label}", text)

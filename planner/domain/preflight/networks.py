"""Do the networks fit together (dossier 5.2, neutron and both)?"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Final

from planner.domain.errors import Violation
from planner.domain.free_content import integer, words
from planner.domain.networks import ADMIN, PRIVATE, PUBLIC, as_numbers, parse_address, parse_cidr

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from planner.domain.networks import Network, NetworkPlan, Range
    from planner.domain.preflight.subject import Subject

NEUTRON: Final = "neutron"
BAREMETAL: Final = "baremetal"


def check(subject: Subject) -> Iterator[Violation]:
    """Check notations, ranges, gateways, overlaps, tags and name servers."""
    plan = subject.networks
    for network in plan.networks:
        yield from _notation(network)
        yield from _inside(network)
    yield from _name_servers(plan)
    if plan.provider == NEUTRON:
        yield from _overlaps(plan)
        yield from _floating(plan)
        yield from _internal(plan)
        yield from _baremetal(plan)
        yield from _private_tags(plan)
        yield from _gateways_between_groups(plan)


def _notation(network: Network) -> Iterator[Violation]:
    """A network is written as it is kept, and machines may have its addresses."""
    if not network.cidr:
        return
    cidr = parse_cidr(network.cidr)
    if cidr is None:
        yield _violation("BAD_CIDR", network, f"{network.cidr!r} is no network")
        return
    if str(cidr) != network.cidr:
        yield _violation("CIDR_NOT_CANONICAL", network, f"{network.cidr} is written {cidr}")
    if cidr.is_multicast or cidr.is_reserved or cidr.is_loopback:
        kind = "multicast" if cidr.is_multicast else "loopback" if cidr.is_loopback else "reserved"
        yield _violation("UNUSABLE_CIDR", network, f"{network.cidr} is {kind}")


def _inside(network: Network) -> Iterator[Violation]:
    """Ranges and gateway lie inside the network, off its ends, and apart from each other."""
    for pair in network.ranges:
        yield from _range(network, pair)
    yield from _disjoint(network, network.ranges)
    if network.gateway is not None:
        yield from _gateway(network, network.gateway, network.ranges)


def _range(network: Network, pair: Range) -> Iterator[Violation]:
    bounds, cidr, text = as_numbers(pair), parse_cidr(network.cidr), "-".join(pair)
    if bounds is None or bounds[0] > bounds[1]:
        yield _violation("BAD_RANGE", network, f"{text} is no range of addresses")
    elif cidr is not None:
        first, last = int(cidr.network_address), int(cidr.broadcast_address)
        if not first <= bounds[0] <= bounds[1] <= last:
            yield _violation("RANGE_OUTSIDE_NETWORK", network, f"{text} is not in {network.cidr}")
        elif {first, last} & set(bounds):
            yield _violation("RESERVED_ADDRESS", network, f"{text} touches an end of the network")


def _gateway(network: Network, gateway: str, ranges: Iterable[Range]) -> Iterator[Violation]:
    address, cidr = parse_address(gateway), parse_cidr(network.cidr)
    if address is None:
        yield _violation("BAD_GATEWAY", network, f"the gateway {gateway!r} is no address")
        return
    if cidr is not None and address not in cidr:
        text = f"the gateway {gateway} is not in {network.cidr}"
        yield _violation("GATEWAY_OUTSIDE_NETWORK", network, text)
    elif cidr is not None and address in (cidr.network_address, cidr.broadcast_address):
        text = f"the gateway {gateway} is an end of {network.cidr}"
        yield _violation("RESERVED_ADDRESS", network, text)
    for pair in ranges:
        bounds = as_numbers(pair)
        if bounds is not None and bounds[0] <= int(address) <= bounds[1]:
            text = f"the gateway {gateway} is in the range {'-'.join(pair)}"
            yield _violation("GATEWAY_IN_RANGE", network, text)


def _disjoint(network: Network, ranges: Iterable[Range]) -> Iterator[Violation]:
    known = [(pair, bounds) for pair in ranges if (bounds := as_numbers(pair)) is not None]
    for (one, a), (other, b) in itertools.combinations(known, 2):
        if a[0] <= b[1] and b[0] <= a[1]:
            text = f"the ranges {'-'.join(one)} and {'-'.join(other)} overlap"
            yield _violation("RANGES_OVERLAP", network, text)


def _overlaps(plan: NetworkPlan) -> Iterator[Violation]:
    """No two networks overlap; node groups may share one that is equal in all of them."""
    known = [(n, cidr) for n in plan.networks if (cidr := parse_cidr(n.cidr)) is not None]
    for (one, a), (other, b) in itertools.combinations(known, 2):
        is_shared = one.name == other.name and a == b and one.gateway == other.gateway
        if a.version == b.version and a.overlaps(b) and not is_shared:
            text = f"{one.label} ({one.cidr}) and {other.label} ({other.cidr}) overlap"
            yield _violation("NETWORKS_OVERLAP", one, text)


def _floating(plan: NetworkPlan) -> Iterator[Violation]:
    """Floating ranges are in one public network, beside the ranges of its nodes."""
    ranges = plan.ranges("floating_ranges")
    public = [network for network in plan.networks if network.name == PUBLIC and network.cidr]
    if not ranges or not public:
        return
    home = next((network for network in public if _holds(network, ranges)), None)
    if home is None:
        text = "the floating ranges are not all in one public network"
        yield Violation("FLOATING_OUTSIDE_PUBLIC", "networks/floating", text)
        return
    for pair in ranges:
        yield from _range(home, pair)
    yield from _disjoint_from(home, home.ranges, ranges)
    if home.gateway is not None:
        yield from _gateway(home, home.gateway, ranges)


def _disjoint_from(
    network: Network, ranges: Iterable[Range], others: Iterable[Range]
) -> Iterator[Violation]:
    others = tuple(others)
    yield from _disjoint(network, others)
    for one in ranges:
        for other in others:
            yield from _disjoint(network, (one, other))


def _internal(plan: NetworkPlan) -> Iterator[Violation]:
    """The tenants' network has its gateway, and no floating address is in it."""
    cidr = parse_cidr(str(plan.networking.get("internal_cidr") or ""))
    gateway = parse_address(str(plan.networking.get("internal_gateway") or ""))
    if cidr is None:
        return
    subject = "networks/internal"
    if gateway is not None and gateway not in cidr:
        text = f"the gateway {gateway} is not in {cidr}"
        yield Violation("GATEWAY_OUTSIDE_NETWORK", subject, text)
    elif gateway in (cidr.network_address, cidr.broadcast_address):
        text = f"the gateway {gateway} is an end of {cidr}"
        yield Violation("RESERVED_ADDRESS", subject, text)
    for pair in plan.ranges("floating_ranges"):
        bounds = as_numbers(pair)
        first, last = int(cidr.network_address), int(cidr.broadcast_address)
        if bounds is not None and bounds[0] <= last and first <= bounds[1]:
            text = f"the floating range {'-'.join(pair)} overlaps {cidr}"
            yield Violation("FLOATING_OVERLAPS_INTERNAL", subject, text)


def _baremetal(plan: NetworkPlan) -> Iterator[Violation]:
    """Machines that are rented out whole have a gateway and a range beside those of nodes."""
    for network in plan.networks:
        if network.name != BAREMETAL:
            continue
        ranges = plan.ranges("baremetal_range")
        for pair in ranges:
            yield from _range(network, pair)
        yield from _disjoint_from(network, network.ranges, ranges)
        gateway = str(plan.networking.get("baremetal_gateway") or "")
        if gateway:
            yield from _gateway(network, gateway, (*network.ranges, *ranges))


def _private_tags(plan: NetworkPlan) -> Iterator[Violation]:
    """Tags of networks are none of those that tenants' networks get."""
    tags = plan.networking.get("vlan_range")
    if plan.segmentation != "vlan" or not isinstance(tags, list) or len(tags) < len(("from", "to")):
        return
    first, last = integer(tags[0]), integer(tags[1])
    for network in plan.networks:
        tag = network.vlan
        if network.name != PRIVATE and tag is not None and first <= tag <= last:
            text = f"its tag {tag} is in the range {first}-{last} of private networks"
            yield _violation("VLAN_IN_PRIVATE_RANGE", network, text)


def _gateways_between_groups(plan: NetworkPlan) -> Iterator[Violation]:
    """Where there are several node groups, each network says how the others are reached."""
    if len(plan.groups) < len(("one", "another")):
        return
    for network in plan.networks:
        if network.notation and network.gateway is None and network.name != ADMIN:
            text = "it needs a gateway, because the cluster has several node groups"
            yield _violation("GATEWAY_MISSING", network, text)


def _name_servers(plan: NetworkPlan) -> Iterator[Violation]:
    servers = words(plan.networking.get("dns_nameservers"))
    for server in sorted({server for server in servers if servers.count(server) > 1}):
        text = f"the name server {server} is listed twice"
        yield Violation("DUPLICATE_NAME_SERVER", "networking/dns_nameservers", text)


def _holds(network: Network, ranges: Iterable[Range]) -> bool:
    cidr = parse_cidr(network.cidr)
    found = [parse_address(end) for pair in ranges for end in pair]
    return cidr is not None and all(a is not None and a in cidr for a in found)


def _violation(reason: str, network: Network, text: str) -> Violation:
    return Violation(reason, f"networks/{network.label}", f"{network.label}: {text}")

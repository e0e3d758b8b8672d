"""Which networks does a cluster have, and which address ranges?

They come from the release's ``networks_metadata`` (decision 7). Settings lay their own over them:
``networks`` by name for every node group, ``node_groups`` by group and name for one,
``networking`` for what is not one network's: segmentation, floating ranges, DNS servers. A node is
in the group that its attribute ``node_group`` names.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from planner.domain.free_content import follow, integer, mapping, mappings, merged

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from planner.domain.node import Node
    from planner.domain.release import Release
    from planner.domain.settings import Settings

ADMIN: Final = "fuelweb_admin"
PUBLIC: Final = "public"
PRIVATE: Final = "private"

DEFAULT_GROUP: Final = "default"

ADMIN_DEFAULTS: Final[Mapping[str, Any]] = {
    "name": ADMIN,
    "cidr": "10.20.0.0/24",
    "gateway": "10.20.0.1",
    "ip_range": ["10.20.0.3", "10.20.0.254"],
    "notation": "ip_ranges",
}
"""The network that nodes are installed over; every cluster has it."""

Range = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Network:
    """A network of one node group. ``ranges`` are as written; texts may be no addresses."""

    name: str
    group: str
    cidr: str
    gateway: str | None
    ranges: tuple[Range, ...]
    vlan: int | None
    notation: str | None

    @property
    def label(self) -> str:
        """Its name for people, with the group where that is not the default one."""
        return self.name if self.group == DEFAULT_GROUP else f"{self.name} ({self.group})"


@dataclass(frozen=True, slots=True)
class NetworkPlan:
    """All networks of a cluster and what they share. ``networking`` is free content."""

    networks: tuple[Network, ...]
    networking: Mapping[str, Any]
    provider: str
    segmentation: str

    @property
    def admin(self) -> Network:
        """The network that nodes are installed over."""
        return next(network for network in self.networks if network.name == ADMIN)

    @property
    def groups(self) -> tuple[str, ...]:
        """The node groups, sorted."""
        return tuple(sorted({n.group for n in self.networks if n.name != ADMIN} or {DEFAULT_GROUP}))

    def of(self, group: str, name: str) -> Network | None:
        """Return a network of a group; the admin network is everybody's."""
        return next(
            (n for n in self.networks if n.name == name and (n.group == group or name == ADMIN)),
            None,
        )

    def ranges(self, key: str) -> tuple[Range, ...]:
        """Return ranges that are not one network's, for example ``floating_ranges``."""
        return tuple(_pairs(self.networking.get(key)))


def network_plan(release: Release, settings: Settings) -> NetworkPlan:
    """Read the networks of a cluster: the release's, as the settings change them."""
    provider = str(settings.get("networking.provider", "neutron"))
    written = mapping(release.networks_metadata.get(provider))
    networking = merged(mapping(written.get("config")), settings.group("networking"))
    segmentation = str(networking.get("segmentation_type", "vlan"))
    chosen = [
        item
        for item in mappings(written.get("networks"))
        if "name" in item
        and item.get("seg_type", segmentation) == segmentation
        and not _is_restricted(item, settings)
    ]
    own = settings.group("networks")
    admin = merged(ADMIN_DEFAULTS, mapping(own.get(ADMIN)))
    groups = settings.group("node_groups") or {DEFAULT_GROUP: {}}
    networks = [
        _network(merged(merged(item, mapping(own.get(name))), changes), group)
        for group, changed in sorted(groups.items())
        for item in chosen
        for name in (str(item["name"]),)
        for changes in (mapping(follow(changed, name)),)
    ]
    return NetworkPlan(
        (_network(admin, DEFAULT_GROUP), *networks), networking, provider, segmentation
    )


def group_of(node: Node) -> str:
    """Name the group that a node is in."""
    return str(node.attributes.get("node_group") or DEFAULT_GROUP)


def parse_cidr(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    """Read a network's notation; None for text that is none. Bits of a host are allowed."""
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None


def parse_address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """Read an address; None for text that is none."""
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def addresses(network: Network) -> Iterable[str]:
    """Yield the addresses that a network may give away, rising; never its gateway."""
    for first, last in usable_ranges(network):
        for number in range(first, last + 1):
            address = str(ipaddress.ip_address(number))
            if address != network.gateway:
                yield address


def usable_ranges(network: Network) -> list[tuple[int, int]]:
    """Return its ranges as numbers: those written, or else all hosts of the network."""
    if network.notation == "ip_ranges":
        return [bounds for pair in network.ranges if (bounds := as_numbers(pair)) is not None]
    cidr = parse_cidr(network.cidr)
    if cidr is None:
        return []
    first, last = int(cidr.network_address), int(cidr.broadcast_address)
    return [(first + 1, last - 1)] if last - first > 1 else [(first, last)]


def as_numbers(pair: Range) -> tuple[int, int] | None:
    """Return a range as numbers; None for what is no range."""
    first, last = parse_address(pair[0]), parse_address(pair[1])
    return None if first is None or last is None else (int(first), int(last))


def _network(written: Mapping[str, Any], group: str) -> Network:
    ranges = written.get("ip_ranges") or written.get("ip_range") or ()
    gateway, vlan = written.get("gateway"), written.get("vlan_start")
    notation = written.get("notation")
    cidr = str(written.get("cidr") or "")
    if gateway is None and written.get("use_gateway"):
        gateway = _first_host(cidr)
    return Network(
        name=str(written["name"]),
        group=group,
        cidr=cidr,
        gateway=None if gateway is None else str(gateway),
        ranges=tuple(_pairs(ranges)),
        vlan=None if vlan is None else integer(vlan),
        notation=None if notation is None else str(notation),
    )


def _first_host(cidr: str) -> str | None:
    network = parse_cidr(cidr)
    return None if network is None else str(network.network_address + 1)


def _pairs(written: Any) -> Iterable[Range]:
    """Read one range or a list of ranges."""
    if not isinstance(written, list | tuple) or not written:
        return
    items = [written] if isinstance(written[0], str) else written
    for item in items:
        if isinstance(item, list | tuple) and len(item) == len(("first", "last")):
            yield str(item[0]), str(item[1])


def _is_restricted(item: Mapping[str, Any], settings: Settings) -> bool:
    return any(
        settings.is_met(str(restriction["condition"]))
        for restriction in mappings(item.get("restrictions"))
        if "condition" in restriction
    )

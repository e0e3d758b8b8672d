"""Which addresses shall nodes and virtual services have (decision 9, dossier 5.1)?"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from planner.domain.allocation import AllocatedField, Allocation
from planner.domain.free_content import follow, mapping, mappings, words
from planner.domain.graph.node_set import uid_order
from planner.domain.networks import ADMIN, PUBLIC, addresses, group_of, network_plan, parse_cidr
from planner.domain.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from planner.domain.cluster import Cluster
    from planner.domain.networks import Network, NetworkPlan
    from planner.domain.node import Node
    from planner.domain.release import Release

CONTROLLERS: Final = ("controller", "primary-controller")
"""Who serves a virtual address where its network role does not say."""


@dataclass(frozen=True, slots=True)
class VirtualAddress:
    """An address that moves between nodes. ``is_own`` says that a person chose it."""

    name: str
    network: str
    address: str
    namespace: str
    network_role: str
    node_roles: tuple[str, ...]
    vendor_specific: Any
    is_own: bool


@dataclass(frozen=True, slots=True)
class Addressing:
    """Addresses by uid and network, virtual ones by name; ``short`` counts what found none."""

    networks: NetworkPlan
    nodes: Mapping[str, Mapping[str, str]]
    virtual: Mapping[str, VirtualAddress]
    short: Mapping[str, int]

    @property
    def vips(self) -> Mapping[str, str]:
        """Virtual addresses by name."""
        return {name: item.address for name, item in self.virtual.items()}

    def allocations(self, cluster: Cluster, nodes: Iterable[Node]) -> tuple[Allocation, ...]:
        """List what has to be stored: the addresses that are not the stored ones."""
        own = [
            Allocation(f"nodes/{node.uid}", AllocatedField.ADDRESSES, self.nodes[node.uid])
            for node in nodes
            if self.nodes[node.uid] != node.addresses
        ]
        if self.vips == cluster.vips:
            return tuple(own)
        return (Allocation(f"clusters/{cluster.id}", AllocatedField.VIPS, self.vips), *own)


def propose_addresses(
    release: Release,
    cluster: Cluster,
    nodes: Sequence[Node],
    settings: Settings | None = None,
    candidates: Iterable[str] | None = None,
) -> Addressing:
    """Give every node and virtual service an address: the stored one, or the lowest free one.

    Deterministic: virtual addresses first, in the order of the release's network roles, then
    nodes by number. Nothing is stored here. Nodes that are pending deletion keep theirs.
    ``candidates`` narrows who is given new ones to them and to nodes that have a system.
    """
    chosen = None if candidates is None else set(candidates)
    settings = settings or Settings(release, cluster)
    plan = network_plan(release, settings)
    pool = _Pool(plan, nodes, cluster)
    virtual = {
        item.name: item
        for item in _virtual(release, cluster, nodes, settings, plan, pool)
        if item.address
    }
    given: dict[str, dict[str, str]] = {}
    for node in sorted(nodes, key=lambda node: uid_order(node.uid)):
        is_there = node.is_provisioned and not node.pending_deletion
        is_given = chosen is None or node.uid in chosen or is_there
        wanted = networks_of(release, node, settings, plan) if is_given else ()
        given[node.uid] = {
            network.name: address
            for network in wanted
            if (address := pool.take(network, node.addresses.get(network.name)))
        }
    return Addressing(plan, given, virtual, dict(pool.short))


def networks_of(
    release: Release, node: Node, settings: Settings, plan: NetworkPlan
) -> list[Network]:
    """List the networks that a node has an address in, the admin network left out."""
    return [
        network
        for network in plan.networks
        if network.group == group_of(node)
        and network.name != ADMIN
        and network.notation
        and (network.name != PUBLIC or needs_public(release, node, settings))
    ]


def needs_public(release: Release, node: Node, settings: Settings) -> bool:
    """Tell whether a node has an address of the public network (dossier 5.3, row 5)."""
    if settings.is_on("public_network_assignment.assign_to_all_nodes"):
        return True
    is_routed = settings.is_on("neutron_advanced_configuration.neutron_dvr")
    return any(
        meta.get("public_ip_required") or (is_routed and meta.get("public_for_dvr_required"))
        for role in node.all_roles
        if (meta := mapping(release.roles_metadata.get(role)))
    )


def netmask(network: Network) -> str:
    """Write the mask of a network, empty where its notation is none."""
    cidr = parse_cidr(network.cidr)
    return "" if cidr is None else str(cidr.netmask)


class _Pool:
    """Addresses that are still free."""

    def __init__(self, plan: NetworkPlan, nodes: Sequence[Node], cluster: Cluster) -> None:
        self._free: dict[tuple[str, str], Iterator[str]] = {
            (network.group, network.name): iter(addresses(network)) for network in plan.networks
        }
        self._held = {
            *(address for node in nodes for address in node.addresses.values()),
            *cluster.vips.values(),
        }
        self.short: Counter[str] = Counter()

    def take(self, network: Network, held: str | None) -> str:
        """Keep the address that is held if the network still has it, or take the next one."""
        if held and _is_in(held, network):
            return held
        free = self._free[network.group, network.name]
        found = next((address for address in free if address not in self._held), "")
        if not found:
            self.short[network.label] += 1
        return found


def _is_in(address: str, network: Network) -> bool:
    cidr = parse_cidr(network.cidr)
    own = parse_cidr(address)
    return cidr is not None and own is not None and own.network_address in cidr


def _virtual(
    release: Release,
    cluster: Cluster,
    nodes: Sequence[Node],
    settings: Settings,
    plan: NetworkPlan,
    pool: _Pool,
) -> Iterable[VirtualAddress]:
    own = settings.group("vips")
    for role, written in _requests(release) if cluster.is_ha else ():
        served_by = tuple(words(written.get("node_roles"))) or CONTROLLERS
        group = _group_that_serves(nodes, served_by)
        network = plan.of(group, str(role.get("default_mapping"))) if group else None
        if network is None:
            continue
        name = str(written.get("name"))
        chosen = own.get(name)
        given = follow(chosen, "ipaddr") or (chosen if isinstance(chosen, str) else None)
        yield VirtualAddress(
            name=name,
            network=network.name,
            address=str(given) if given else pool.take(network, cluster.vips.get(name)),
            namespace=str(written.get("namespace") or ""),
            network_role=str(role.get("id")),
            node_roles=served_by,
            vendor_specific=written.get("vendor_specific"),
            is_own=bool(given),
        )


def _requests(release: Release) -> Iterable[tuple[Mapping[str, Any], Mapping[str, Any]]]:
    """Yield each network role with each virtual address that it asks for."""
    for role in release.network_roles:
        for written in mappings(follow(role, "properties", "vip")):
            yield role, written


def _group_that_serves(nodes: Iterable[Node], roles: Sequence[str]) -> str | None:
    groups = sorted({group_of(node) for node in nodes if set(node.all_roles) & set(roles)})
    return groups[0] if groups else None

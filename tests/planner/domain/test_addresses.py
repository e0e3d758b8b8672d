"""Which addresses nodes and virtual services are given (decision 9)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from planner.domain.addresses import Addressing, propose_addresses
from planner.domain.allocation import allocate
from tests.planner.builders import a_cluster, a_node, a_release

if TYPE_CHECKING:
    from planner.domain.cluster import Cluster
    from planner.domain.node import Node

NETWORKS: dict[str, Any] = {
    "neutron": {
        "networks": [
            {
                "name": "public",
                "cidr": "172.16.0.0/24",
                "ip_range": ["172.16.0.2", "172.16.0.5"],
                "notation": "ip_ranges",
                "use_gateway": True,
            },
            {"name": "management", "cidr": "192.168.0.0/24", "notation": "cidr"},
            {"name": "private", "notation": None, "seg_type": "vlan"},
        ]
    }
}
NETWORK_ROLES = [
    {
        "id": "mgmt/vip",
        "default_mapping": "management",
        "properties": {"vip": [{"name": "vrouter"}, {"name": "management"}]},
    },
    {"id": "public/vip", "default_mapping": "public", "properties": {"vip": [{"name": "public"}]}},
]
ROLES = {"controller": {"public_ip_required": True}, "compute": {}}


def propose(*nodes: Node, cluster: Cluster | None = None) -> Addressing:
    """Propose addresses for the nodes of a cluster with a public and a management network."""
    release = a_release(
        networks_metadata=NETWORKS, network_roles_metadata=NETWORK_ROLES, roles_metadata=ROLES
    )
    return propose_addresses(release, cluster or a_cluster(), nodes)


def node(uid: str, role: str = "compute", **fields: Any) -> Node:
    """Build a node that was just assigned."""
    return a_node(uid, pending_roles=(role,), **fields)


def test_virtual_addresses_come_first_then_nodes_by_number() -> None:
    """The lowest free ones; a compute has no public address."""
    addressing = propose(node("10"), node("9", "controller"))

    assert addressing.vips == {
        "vrouter": "192.168.0.1",
        "management": "192.168.0.2",
        "public": "172.16.0.2",
    }
    assert addressing.nodes == {
        "9": {"public": "172.16.0.3", "management": "192.168.0.3"},
        "10": {"management": "192.168.0.4"},
    }


def test_what_is_stored_stays() -> None:
    """Nobody is moved because somebody else came or left."""
    cluster = a_cluster(vips={"vrouter": "192.168.0.50"})
    old = node("9", "controller", addresses={"public": "172.16.0.5"})

    addressing = propose(node("1"), old, cluster=cluster)

    assert addressing.vips["vrouter"] == "192.168.0.50"
    assert addressing.nodes["9"]["public"] == "172.16.0.5"


def test_a_stored_address_of_another_network_is_replaced() -> None:
    """The network was changed since."""
    old = node("9", addresses={"management": "10.9.9.9"})

    assert propose(old).nodes["9"] == {"management": "192.168.0.1"}


def test_an_address_that_a_person_chose_wins() -> None:
    """The setting vips, as text or as the reference writes it."""
    cluster = a_cluster(settings={"vips": {"public": {"ipaddr": "172.16.0.77"}}})

    addressing = propose(node("1", "controller"), cluster=cluster)

    assert addressing.vips["public"] == "172.16.0.77"
    assert addressing.virtual["public"].is_own


@pytest.mark.parametrize(("mode", "role"), [("multinode", "controller"), ("ha_compact", "compute")])
def test_without_a_cluster_of_controllers_there_are_no_virtual_addresses(
    mode: str, role: str
) -> None:
    """Nobody would serve them."""
    assert propose(node("1", role), cluster=a_cluster(mode=mode)).vips == {}


def test_every_node_has_a_public_address_where_the_settings_say_so() -> None:
    """public_network_assignment, written plainly or as the reference writes settings."""
    for value in (True, {"value": True}):
        settings = {"public_network_assignment": {"assign_to_all_nodes": value}}

        addressing = propose(node("1"), cluster=a_cluster(settings=settings))

        assert addressing.nodes["1"]["public"] == "172.16.0.2"


def test_addresses_that_are_missing_are_counted() -> None:
    """Four public ones, one of them virtual: the fourth controller finds none."""
    controllers = [node(str(number), "controller") for number in range(1, 5)]

    assert propose(*controllers).short == {"public": 1}


def test_only_what_is_not_stored_is_allocated() -> None:
    """Proposing again what was stored proposes nothing."""
    cluster, nodes = a_cluster(), {"1": node("1", "controller")}
    first = propose(*nodes.values(), cluster=cluster)

    after = allocate(nodes, first.allocations(cluster, nodes.values()))
    cluster = replace(cluster, vips=first.vips)
    again = propose(*after.values(), cluster=cluster)

    assert after["1"].addresses == first.nodes["1"]
    assert again.allocations(cluster, after.values()) == ()


def test_node_groups_have_networks_of_their_own() -> None:
    """Settings give a group what differs; a node says which group it is in."""
    settings = {
        "node_groups": {
            "default": {},
            "rack-2": {"management": {"cidr": "192.168.7.0/24"}},
        }
    }
    away = node("1", attributes={"node_group": "rack-2"})

    addressing = propose(away, cluster=a_cluster(settings=settings))

    assert addressing.nodes["1"] == {"management": "192.168.7.1"}


@pytest.mark.parametrize("value", [None, 5, "text", [], [1], {"name": 5}, {"neutron": [1]}])
def test_a_release_may_hold_anything(value: Any) -> None:
    """What has not the expected shape is no network."""
    release = a_release(networks_metadata=value, network_roles_metadata=value)

    assert propose_addresses(release, a_cluster(), [node("1")]).nodes == {"1": {}}

"""Whether the networks fit together (dossier 5.2): each rule with an example that breaks it."""

from __future__ import annotations

from typing import Any

import pytest

from planner.domain.node_selection import choose_nodes
from planner.domain.preflight import warnings
from tests.planner.builders import a_cluster, a_release
from tests.planner.domain.preflight.scenes import changed, found, new


def test_sound_networks_break_no_rule() -> None:
    """The recorded defaults of the reference."""
    assert found(new("1", "controller"), new("2")) == []


@pytest.mark.parametrize(
    ("networks", "expected"),
    [
        (changed("storage", cidr="192.168.0.0/25"), ("NETWORKS_OVERLAP", "networks/management")),
        (changed("storage", cidr="10.20.0.0/16"), ("NETWORKS_OVERLAP", "networks/fuelweb_admin")),
        (changed("storage", cidr="here"), ("BAD_CIDR", "networks/storage")),
        (changed("storage", cidr="192.168.1.7/24"), ("CIDR_NOT_CANONICAL", "networks/storage")),
        (changed("storage", cidr="224.0.0.0/24"), ("UNUSABLE_CIDR", "networks/storage")),
        (changed("storage", cidr="240.0.0.0/24"), ("UNUSABLE_CIDR", "networks/storage")),
        (changed("storage", cidr="127.0.0.0/24"), ("UNUSABLE_CIDR", "networks/storage")),
        (changed("storage", vlan_start=1010), ("VLAN_IN_PRIVATE_RANGE", "networks/storage")),
        (changed("public", gateway="172.17.0.1"), ("GATEWAY_OUTSIDE_NETWORK", "networks/public")),
        (changed("public", gateway="172.16.0.0"), ("RESERVED_ADDRESS", "networks/public")),
        (changed("public", gateway="172.16.0.9"), ("GATEWAY_IN_RANGE", "networks/public")),
        (changed("public", gateway="door"), ("BAD_GATEWAY", "networks/public")),
        (
            changed("public", ip_range=["172.16.0.2", "172.16.9.9"]),
            ("RANGE_OUTSIDE_NETWORK", "networks/public"),
        ),
        (
            changed("public", ip_range=["172.16.0.9", "172.16.0.2"]),
            ("BAD_RANGE", "networks/public"),
        ),
        (
            changed("baremetal", ip_range=["192.168.3.0", "192.168.3.50"]),
            ("RESERVED_ADDRESS", "networks/baremetal"),
        ),
        (
            changed(
                "public", ip_range=[["172.16.0.2", "172.16.0.9"], ["172.16.0.5", "172.16.0.7"]]
            ),
            ("RANGES_OVERLAP", "networks/public"),
        ),
        (
            changed("public", ip_range=["172.16.0.2", "172.16.0.140"]),
            ("RANGES_OVERLAP", "networks/public"),
        ),
    ],
)
def test_a_network_that_is_wrong_is_named(
    networks: list[dict[str, Any]], expected: tuple[str, str]
) -> None:
    """Notation, ranges, gateway, tag, and what it overlaps."""
    assert expected in found(new(), networks=networks)


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        (
            {"floating_ranges": [["10.0.0.1", "10.0.0.9"]]},
            ("FLOATING_OUTSIDE_PUBLIC", "networks/floating"),
        ),
        (
            {"floating_ranges": [["172.16.0.100", "172.16.0.140"]]},
            ("RANGES_OVERLAP", "networks/public"),
        ),
        (
            {"floating_ranges": [["172.16.0.130", "172.16.0.255"]]},
            ("RESERVED_ADDRESS", "networks/public"),
        ),
        ({"internal_gateway": "10.0.0.1"}, ("GATEWAY_OUTSIDE_NETWORK", "networks/internal")),
        ({"internal_gateway": "192.168.111.255"}, ("RESERVED_ADDRESS", "networks/internal")),
        ({"internal_cidr": "172.16.0.128/25"}, ("FLOATING_OVERLAPS_INTERNAL", "networks/internal")),
        ({"baremetal_gateway": "192.168.3.60"}, ("GATEWAY_IN_RANGE", "networks/baremetal")),
        (
            {"baremetal_range": ["192.168.3.40", "192.168.3.254"]},
            ("RANGES_OVERLAP", "networks/baremetal"),
        ),
        (
            {"dns_nameservers": ["8.8.8.8", "8.8.8.8"]},
            ("DUPLICATE_NAME_SERVER", "networking/dns_nameservers"),
        ),
    ],
)
def test_what_networks_share_is_checked(config: dict[str, Any], expected: tuple[str, str]) -> None:
    """Floating, internal and bare-metal addresses, name servers."""
    assert expected in found(new(), config=config)


def test_node_groups_may_share_a_network_that_is_equal_in_both() -> None:
    """What is equal in name, notation and gateway is one network."""
    gateway = {"gateway": "192.168.1.1"}
    networks = [{**item, **gateway} for item in changed("storage")[2:3]]
    settings: dict[str, Any] = {"node_groups": {"default": {}, "rack-2": {}}}

    assert found(new(), networks=networks, settings=settings) == []


def test_node_groups_need_gateways() -> None:
    """Otherwise the groups do not reach each other."""
    settings = {"node_groups": {"default": {}, "rack-2": {"storage": {"cidr": "192.168.9.0/24"}}}}

    reasons = found(new(), networks=changed("storage")[2:3], settings=settings)

    assert reasons == [
        ("GATEWAY_MISSING", "networks/storage"),
        ("GATEWAY_MISSING", "networks/storage (rack-2)"),
    ]


def nova(**config: Any) -> list[tuple[str, str]]:
    """Check a cluster of the older provider."""
    return found(new(), config=config, settings={"networking": {"provider": "nova_network"}})


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({"floating_ranges": [["172.16.0.100", "x"]]}, ("BAD_RANGE", "networks/floating")),
        (
            {"floating_ranges": [["172.16.0.100", "172.16.0.140"]]},
            ("RANGES_OVERLAP", "networks/floating"),
        ),
        ({"fixed_networks_cidr": "192.168.0.0/16"}, ("NETWORKS_OVERLAP", "networks/management")),
        (
            {
                "fixed_networks_cidr": "10.0.0.0/24",
                "fixed_networks_amount": 2,
                "fixed_network_size": 256,
            },
            ("FIXED_NETWORKS_DO_NOT_FIT", "networks/fixed"),
        ),
    ],
)
def test_the_older_provider_has_rules_of_its_own(
    config: dict[str, Any], expected: tuple[str, str]
) -> None:
    """Fixed and floating addresses."""
    assert expected in nova(**config)


def test_flat_networks_need_not_fit() -> None:
    """There is one of them, whatever its size."""
    assert nova(fixed_networks_cidr="10.0.0.0/24", fixed_networks_amount=9) != []
    assert (
        nova(
            fixed_networks_cidr="10.0.0.0/24",
            fixed_networks_amount=9,
            net_manager="FlatDHCPManager",
        )
        == []
    )


@pytest.mark.parametrize(
    ("tag", "expected"), [(1, "BAD_VLAN"), (4095, "BAD_VLAN"), (101, "DUPLICATE_VLAN")]
)
def test_the_older_provider_checks_tags(tag: int, expected: str) -> None:
    """Between 2 and 4094, each once."""
    settings = {"networking": {"provider": "nova_network"}}
    networks = changed("storage", vlan_start=tag)

    assert found(new(), networks=networks, settings=settings) == [(expected, "networks/storage")]


def interfaces(*networks: str) -> dict[str, Any]:
    """Let these networks run over one interface."""
    return {"interfaces": [{"name": "eth0", "networks": list(networks)}]}


@pytest.mark.parametrize(
    ("carried", "networks", "expected"),
    [
        (("fuelweb_admin", "public"), changed("storage"), "UNTAGGED_NETWORKS_TOGETHER"),
        (("management", "storage"), changed("storage", vlan_start=101), "DUPLICATE_VLAN"),
    ],
)
def test_networks_are_told_apart_on_an_interface(
    carried: tuple[str, ...], networks: list[dict[str, Any]], expected: str
) -> None:
    """At most one without a tag, and no tag twice; a template overrules that."""
    node = new(attributes=interfaces(*carried))

    assert found(node, networks=networks) == [(expected, "nodes/1")]


def test_one_untagged_network_and_tagged_ones_go_together() -> None:
    """The usual way to connect a machine."""
    node = new(attributes=interfaces("fuelweb_admin", "management", "storage", "private"))

    assert found(node) == []


def test_a_bond_of_different_speeds_is_a_warning() -> None:
    """It works, but slowly."""
    bond = {"interfaces": [{"name": "bond0", "slaves": ["eth0", "eth1"]}]}
    release, cluster, nodes = a_release(), a_cluster(), [new(attributes=bond)]

    assert warnings(release, cluster, nodes, choose_nodes(release, cluster, nodes)) == (
        "nodes/1: the bond bond0 joins different speeds",
    )

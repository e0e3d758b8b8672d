"""What the message says that installs systems on nodes (dossier 4.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from planner.domain.addresses import propose_addresses
from planner.domain.facts import expected_state
from planner.domain.messages import Method, ProvisionTolerance
from planner.domain.provisioning import provision_message, provision_method
from planner.domain.reference_message import render_message
from planner.domain.states import NodeStatus
from tests.planner.builders import a_cluster, a_node, a_release

if TYPE_CHECKING:
    from planner.domain.messages import ProvisionMessage
    from planner.domain.node import Node

IMAGE = {"provision": {"method": "image"}}
HARDWARE = {
    "interfaces": [
        {"name": "eth0", "mac": "52:54:00:00:00:01"},
        {"name": "eth1", "mac": "52:54:00:00:00:02", "pxe": True},
    ],
    "disks": [
        {"name": "sda", "disk": "disk/by-path/1", "size": 2000 * 2**20},
        {"name": "sr0", "size": 0},
        {"name": "sdb", "size": 1000 * 2**20},
    ],
}
ROLES = {"web": {"fault_tolerance": "20%"}, "db": {"fault_tolerance": 1}, "odd": {}}


def message_for(*nodes: Node, settings: Any = None, **sections: Any) -> ProvisionMessage:
    """Make the message that provisions these nodes."""
    release = a_release(**sections)
    tags: dict[str, frozenset[str]] = {node.uid: frozenset() for node in nodes}
    cluster = a_cluster(settings=settings or {})
    addressing = propose_addresses(release, cluster, nodes)
    state = expected_state(release, cluster, nodes, tags, addressing)
    return provision_message(release, nodes, state)


def entry_of(node: Node, settings: Any = None) -> Any:
    """Return the entry of one node."""
    (entry,) = message_for(node, settings=settings).nodes
    return entry.attributes


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, Method.NATIVE_PROVISION),
        ({"method": "cobbler"}, Method.NATIVE_PROVISION),
        ({"method": "image"}, Method.IMAGE_PROVISION),
        ({"method": "anything"}, Method.IMAGE_PROVISION),
        ({"method": None}, Method.IMAGE_PROVISION),
    ],
)
def test_the_setting_chooses_the_method(settings: dict[str, Any], expected: Method) -> None:
    """Anything present but cobbler means images (recorded)."""
    assert provision_method(settings) is expected


def test_a_node_is_described_by_its_names_address_and_hardware() -> None:
    """The interface it booted from is the admin one."""
    entry = entry_of(a_node("5", hostname="web", ip="10.20.0.5", meta=HARDWARE))

    assert entry["name"] == entry["slave_name"] == "web"
    assert entry["hostname"] == "web.example.com"
    assert entry["power_address"] == "10.20.0.5"
    assert entry["kernel_options"] == {
        "netcfg/choose_interface": "52:54:00:00:00:02",
        "udevrules": "52:54:00:00:00:01_eth0,52:54:00:00:00:02_eth1",
    }
    assert entry["interfaces"]["eth1"] == {
        "mac_address": "52:54:00:00:00:02",
        "static": "0",
        "dns_name": "web.example.com",
        "ip_address": "10.20.0.5",
        "netmask": "255.255.255.0",
    }
    assert "ip_address" not in entry["interfaces"]["eth0"]
    assert "uid" not in entry


def test_disks_of_size_0_are_no_disks() -> None:
    """Decision 7."""
    spaces = entry_of(a_node("5", meta=HARDWARE))["ks_meta"]["pm_data"]["ks_spaces"]

    assert [(space["id"], space["name"], space["size"]) for space in spaces] == [
        ("disk/by-path/1", "sda", 2000),
        ("sdb", "sdb", 1000),
    ]


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (NodeStatus.DISCOVER, "/root/.ssh/bootstrap.rsa"),
        (NodeStatus.ERROR, "/root/.ssh/id_rsa"),
    ],
)
def test_the_key_fits_what_runs_on_the_node(status: NodeStatus, expected: str) -> None:
    """A discovered node runs the bootstrap image."""
    assert entry_of(a_node(status=status))["power_pass"] == expected


def test_settings_reach_the_installer() -> None:
    """Profile, time zone, repositories and kernel parameters are the operator's."""
    settings = {
        "cobbler": {"profile": "mine"},
        "timezone": "Europe/Berlin",
        "kernel_params": {"kernel": "quiet"},
        "repo_setup": {"repos": []},
    }

    entry = entry_of(a_node("5"), settings)

    assert entry["profile"] == "mine"
    assert entry["ks_meta"]["timezone"] == "Europe/Berlin"
    assert entry["ks_meta"]["pm_data"]["kernel_params"] == "quiet"
    assert entry["ks_meta"]["mco_identity"] == 5


def test_a_share_of_each_role_may_fail() -> None:
    """Percentages of the roles metadata; pending roles count; other forms do not."""
    nodes = [
        a_node("1", pending_roles=("web",)),
        a_node("2", roles=("web", "db")),
        a_node("3", roles=("odd",)),
    ]

    message = message_for(*nodes, roles_metadata=ROLES)

    assert message.tolerance == (ProvisionTolerance(("1", "2"), 20),)


@pytest.mark.parametrize(
    ("system", "settings", "expected"),
    [
        ("Ubuntu", IMAGE, 1),
        ("Ubuntu", IMAGE | {"ironic": {"enabled": True}}, 3),
        ("Ubuntu", {"provision": {"method": "magic"}}, 0),
        ("Ubuntu", {}, 0),
        ("CentOS", IMAGE, 0),
        ("", IMAGE, 0),
    ],
)
def test_an_image_is_built_before_ubuntu_is_written(
    system: str, settings: dict[str, Any], expected: int
) -> None:
    """One shell task on the master, for images only."""
    head = {**a_release().content["release"], "operating_system": system}

    message = message_for(a_node(), settings=settings, release=head)

    priorities = [task["priority"] for task in message.pre_provision]
    assert priorities == [100, 200, 300][:expected]


def test_the_text_of_a_message_covers_everything_in_it() -> None:
    """A plan's digest rests on it: another address is another text."""
    messages = [message_for(a_node("1", ip=ip)) for ip in ("10.0.0.1", "10.0.0.2")]

    texts = {"".join(render_message(message, "")) for message in messages}

    assert len(texts) == 2


@pytest.mark.parametrize("value", [None, 5, "text", True, [], [1], [[]], {}, {"a": 1}])
@pytest.mark.parametrize("key", ["interfaces", "disks"])
def test_discovery_may_report_anything(key: str, value: Any) -> None:
    """Facts are free content: what is no list of mappings is no hardware."""
    entry = entry_of(a_node("5", meta={key: value}))

    assert entry["interfaces"] == {}
    assert entry["ks_meta"]["pm_data"]["ks_spaces"] == []


@pytest.mark.parametrize("value", [None, 5, "text", True, [], [1]])
@pytest.mark.parametrize("key", ["provision", "cobbler", "kernel_params", "repo_setup"])
def test_settings_may_hold_anything(key: str, value: Any) -> None:
    """Settings are free content too: what is no mapping says nothing."""
    message = message_for(a_node("5"), settings={key: value})

    assert message.method is Method.NATIVE_PROVISION


@pytest.mark.parametrize("value", [None, 5, "text", [], [[1]]])
def test_an_engine_that_is_no_mapping_is_none(value: Any) -> None:
    """The default engine stays."""
    message = message_for(a_node("5"), settings={"provision": {"engine": value}})

    assert message.engine["username"] == "cobbler"


@pytest.mark.parametrize("value", [None, 5, "text", []])
def test_attributes_that_replace_the_entry_must_be_a_mapping(value: Any) -> None:
    """Anything else leaves the derived entry in force."""
    entry = entry_of(a_node("5", hostname="web", attributes={"provision": value}))

    assert entry["name"] == "web"


@pytest.mark.parametrize("share", ["101%", "9999999999999%", "%", "-1%", "two%", "٣%"])
def test_a_share_that_is_no_percentage_allows_nothing(share: str) -> None:
    """0 to 100 in plain figures."""
    roles = {"web": {"fault_tolerance": share}}

    message = message_for(a_node("1", roles=("web",)), roles_metadata=roles)

    assert message.tolerance == ()

"""What release, cluster and nodes imply about the state to reach (decision 7)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.domain.addresses import propose_addresses
from planner.domain.facts import expected_state, has_replaced_data, host_names
from planner.domain.free_content import merged
from planner.domain.tagging import tag_nodes
from tests.planner.builders import a_cluster, a_node, a_release

if TYPE_CHECKING:
    from planner.domain.graph.state import ExpectedState
    from planner.domain.node import Node

objects = st.dictionaries(
    st.sampled_from("abc"),
    st.recursive(
        st.integers() | st.lists(st.integers(), max_size=2),
        lambda values: st.dictionaries(st.sampled_from("abc"), values, max_size=3),
        max_leaves=6,
    ),
    max_size=3,
)


def state_of(*nodes: Node, settings: Any = None, defaults: Any = None) -> ExpectedState:
    """Build the expected state of a cluster with these nodes, settings and release defaults."""
    release, cluster = a_release(settings=defaults or {}), a_cluster(settings=settings or {})
    tags = tag_nodes(release, cluster, nodes).tags
    return expected_state(release, cluster, nodes, tags, propose_addresses(release, cluster, nodes))


def test_settings_win_over_facts_and_facts_over_release_defaults() -> None:
    """What a person wrote always wins (decision 7)."""
    defaults = {"deployment_mode": "default", "colour": "red", "shape": {"a": 1, "b": 1}}
    settings = {"colour": "blue", "shape": {"b": 2}}

    common = state_of(defaults=defaults, settings=settings).common

    assert common["deployment_mode"] == "ha_compact"
    assert common["colour"] == "blue"
    assert common["shape"] == {"a": 1, "b": 2}


def test_attributes_win_over_what_is_derived_of_a_node() -> None:
    """A node can carry complete data of its own."""
    node = a_node("1", attributes={"fqdn": "mine.example.org", "extra": [1]})

    part = state_of(node).nodes["1"]

    assert part["fqdn"] == "mine.example.org"
    assert part["extra"] == [1]
    assert part["uid"] == "1"


def test_data_that_a_person_wrote_replace_what_is_derived() -> None:
    """Of a node's part only its uid, its tags and how it is provisioned stay."""
    written = {"replaced_deployment_info": {"colour": "red", "uid": "9"}}
    node = a_node("1", attributes=written, pending_roles=("compute",))

    part = state_of(node).nodes["1"]

    assert {key: part[key] for key in part if key != "provision"} == {
        "colour": "red",
        "uid": "1",
        "roles": ["compute"],
    }
    assert part["provision"]["name"] == "node-1"


def test_an_entry_for_provisioning_that_a_person_wrote_replaces_the_derived_one() -> None:
    """As a whole: nothing derived is left in it."""
    node = a_node("1", attributes={"replaced_provisioning_info": {"profile": "mine"}})

    assert state_of(node).nodes["1"]["provision"] == {"profile": "mine"}


@pytest.mark.parametrize(
    ("attributes", "settings", "expected"),
    [
        ({"replaced_deployment_info": {"a": 1}}, {}, True),
        ({}, {"replaced_provisioning_info": {"a": 1}}, True),
        ({"replaced_deployment_info": {}}, {"replaced_provisioning_info": [1]}, False),
        ({}, {}, False),
    ],
)
def test_replaced_data_are_found_wherever_they_are(
    attributes: dict[str, Any], settings: dict[str, Any], *, expected: bool
) -> None:
    """On any node or on the cluster; an empty object replaces nothing."""
    nodes = [a_node(), a_node(attributes=attributes)]

    assert has_replaced_data(a_cluster(settings=settings), nodes) == expected


def test_common_facts_tell_of_the_cluster_and_its_release() -> None:
    """Version numbers come from the release (dossier 0.4)."""
    common = state_of().common

    assert common["cluster"] == {
        "id": 1,
        "name": "demo",
        "mode": "ha_compact",
        "status": "new",
        "fuel_version": "10.0",
    }
    assert common["openstack_version"] == "cloud-10.0"
    assert common["master_ip"] == "10.20.0.2"


def test_nodes_are_listed_once_for_each_tag() -> None:
    """The reference's list of nodes has a row a (node, tag)."""
    node = a_node("1", hostname="node-1", pending_roles=("storage", "compute"))

    rows = state_of(node).common["nodes"]

    assert [(row["uid"], row["role"]) for row in rows] == [("1", "compute"), ("1", "storage")]


def test_network_metadata_name_every_node_with_its_roles() -> None:
    """Keyed by the short name."""
    node = a_node("7", hostname="web", ip="10.20.0.7", pending_roles=("controller",))

    (entry,) = state_of(node).common["network_metadata"]["nodes"].items()

    assert entry == (
        "web",
        {
            "uid": "7",
            "name": "web",
            "fqdn": "web.example.com",
            "user_node_name": "web",
            "swift_zone": "7",
            "node_roles": ["primary-controller"],
            "network_roles": {"admin/pxe": "10.20.0.7"},
        },
    )


def test_a_node_that_is_to_be_deleted_says_so() -> None:
    """Tasks may ask for it; others have no such key."""
    leaving, staying = a_node("1", pending_deletion=True), a_node("2")

    nodes = state_of(leaving, staying).nodes

    assert nodes["1"]["deleted"] is True
    assert "deleted" not in nodes["2"]


def test_the_master_is_a_place_too() -> None:
    """Tasks of the role master run there."""
    assert state_of().nodes == {"master": {"uid": "master", "roles": ["master"]}}


@pytest.mark.parametrize(
    ("hostname", "settings", "expected"),
    [
        ("node-1", {}, ("node-1", "node-1.example.com")),
        ("node-1", {"dns_domain": "cloud.lan"}, ("node-1", "node-1.cloud.lan")),
        ("web.my.lan", {"dns_domain": "cloud.lan"}, ("web", "web.my.lan")),
    ],
)
def test_host_names_get_the_domain_of_the_cluster(
    hostname: str, settings: dict[str, Any], expected: tuple[str, str]
) -> None:
    """A name that is qualified already stays."""
    assert host_names(a_node(hostname=hostname), a_cluster(settings=settings)) == expected


@given(objects)
def test_merging_nothing_changes_nothing(value: dict[str, Any]) -> None:
    """From either side."""
    assert merged(value, {}) == value
    assert merged({}, value) == value


@given(objects, objects, objects)
def test_merging_is_associative(a: dict[str, Any], b: dict[str, Any], c: dict[str, Any]) -> None:
    """Layers may be laid in any grouping, as long as none replaces an object by a figure."""

    def shape(value: Any) -> Any:
        """Keep objects where every layer has objects: leaves are boxed in a list."""
        if isinstance(value, dict):
            return {f"d{k}" if isinstance(v, dict) else k: shape(v) for k, v in value.items()}
        return value

    a, b, c = shape(a), shape(b), shape(c)

    assert merged(merged(a, b), c) == merged(a, merged(b, c))


@given(objects, objects)
def test_merging_leaves_its_inputs_alone(under: dict[str, Any], over: dict[str, Any]) -> None:
    """Settings are shared between plans."""
    before = repr((under, over))

    merged(under, over)

    assert repr((under, over)) == before

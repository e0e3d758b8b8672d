"""Which tags nodes have, and who is the primary of each (dossier 6.4)."""

from __future__ import annotations

import json
from itertools import permutations
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from planner.domain.allocation import AllocatedField, Allocation, allocate
from planner.domain.states import NodeStatus
from planner.domain.tagging import Tagging, tag_nodes
from tests.planner.builders import a_cluster, a_node, a_release

if TYPE_CHECKING:
    from pathlib import Path

    from planner.domain.node import Node


def primary(uid: str, *tags: str) -> Allocation:
    """Build the proposal that a node be primary for these tags."""
    return Allocation(f"nodes/{uid}", AllocatedField.PRIMARY_TAGS, tags)


def tag(*nodes: Node, mode: str = "ha_compact", **sections: Any) -> Tagging:
    """Tag nodes of a cluster."""
    return tag_nodes(a_release(**sections), a_cluster(mode=mode), nodes)


def controller(uid: str, **fields: Any) -> Node:
    """Build a controller."""
    return a_node(uid, **{"roles": ("controller",), **fields})


def test_tags_are_the_union_over_deployed_and_pending_roles() -> None:
    """A role without tags is its own tag."""
    roles = {"web": {"tags": ["http", "tls"]}, "db": {}}

    tagging = tag(a_node("1", roles=("web",), pending_roles=("db",)), roles_metadata=roles)

    assert tagging.tags == {"1": {"http", "tls", "db"}}


def test_a_role_that_the_release_lacks_gives_no_tag() -> None:
    """Pre-flight refuses it; tagging does not fall over."""
    assert tag(a_node("1", roles=("nonsense",))).tags == {"1": frozenset()}


def test_the_lowest_node_is_the_primary() -> None:
    """For it the plain tag disappears; the choice is proposed for storing."""
    tagging = tag(controller("10"), controller("9"))

    assert tagging.tags == {"9": {"primary-controller"}, "10": {"controller"}}
    assert tagging.allocations == (primary("9", "controller"),)


def test_a_primary_that_stays_is_kept() -> None:
    """Nothing is proposed when the stored choice holds."""
    tagging = tag(controller("1"), controller("2", primary_tags=("controller",)))

    assert tagging.tags["2"] == {"primary-controller"}
    assert tagging.allocations == ()


def test_a_ready_node_is_preferred_to_a_lower_one() -> None:
    """A primary should already work."""
    tagging = tag(controller("1"), controller("2", status=NodeStatus.READY))

    assert tagging.tags["2"] == {"primary-controller"}


def test_a_node_to_be_deleted_hands_its_office_over() -> None:
    """Both changes are proposed."""
    tagging = tag(
        controller("1", primary_tags=("controller",), pending_deletion=True), controller("2")
    )

    assert tagging.tags == {"1": {"controller"}, "2": {"primary-controller"}}
    assert tagging.allocations == (primary("1"), primary("2", "controller"))


def test_only_ha_modes_elect() -> None:
    """In multinode every tag stays plain."""
    tagging = tag(controller("1"), mode="multinode")

    assert tagging.tags == {"1": {"controller"}}
    assert tagging.allocations == ()


def test_tags_without_has_primary_elect_nobody() -> None:
    """A tag says itself whether it has a primary."""
    tagging = tag(controller("1"), tags_metadata={"controller": {}})

    assert tagging.tags == {"1": {"controller"}}


def test_the_order_of_nodes_does_not_matter() -> None:
    """Equal clusters elect equally."""
    nodes = [controller("1"), controller("2"), controller("3", status=NodeStatus.READY)]

    elected = {
        uid
        for order in permutations(nodes)
        for uid, tags in tag(*order).tags.items()
        if "primary-controller" in tags
    }

    assert elected == {"3"}


def test_run_nodes_carry_the_tags() -> None:
    """They are what a graph is planned with."""
    (node,) = tag(controller("1")).run_nodes

    assert (node.uid, node.tags) == ("1", frozenset({"primary-controller"}))


def recorded_cases(shared: Path) -> list[dict[str, Any]]:
    """Read the recorded cases."""
    cases: list[dict[str, Any]] = json.loads((shared / "golden/planner/tags.json").read_text())[
        "cases"
    ]
    return cases


def test_tags_equal_the_recorded_ones(shared: Path) -> None:
    """The original's release data and its answers, profile by profile."""
    document = yaml.safe_load((shared / "data/openstack-release.yaml").read_text())
    sections = {key: document[key] for key in ("roles_metadata", "tags_metadata")}
    cases = recorded_cases(shared)

    answers = [
        tag(*(a_node(n["uid"], pending_roles=tuple(n["roles"])) for n in c["nodes"]), **sections)
        for c in cases
    ]

    expected = [c["expected"] for c in cases]
    assert expected == [
        {uid: sorted(tags) for uid, tags in answer.tags.items()} for answer in answers
    ]


@pytest.mark.parametrize("again", [1, 2])
def test_tagging_again_what_was_allocated_proposes_nothing(again: int) -> None:
    """An allocation that is stored is stable."""
    nodes = [controller("1"), controller("2", status=NodeStatus.READY)]

    for _ in range(again):
        nodes = [*allocate({node.uid: node for node in nodes}, tag(*nodes).allocations).values()]

    assert tag(*nodes).allocations == ()


def test_nobody_becomes_primary_who_is_not_deployed() -> None:
    """Who is primary already stays, deployed or not."""
    release, cluster = a_release(), a_cluster()
    fresh = [controller("1"), controller("2")]
    settled = [controller("1", primary_tags=("controller",)), controller("2")]

    assert tag_nodes(release, cluster, fresh, ["2"]).allocations == (primary("2", "controller"),)
    assert tag_nodes(release, cluster, settled, ["2"]).allocations == ()


def test_the_last_one_that_leaves_keeps_its_office() -> None:
    """Nobody takes it over."""
    node = controller("1", primary_tags=("controller",), pending_deletion=True)

    assert tag_nodes(a_release(), a_cluster(), [node]).allocations == ()


def test_before_9_0_roles_are_the_tags() -> None:
    """Tags came with LCM (dossier 0.4)."""
    roles = {"controller": {"tags": ["controller", "database"]}}
    release = a_release("cloud-8.0", roles_metadata=roles)

    assert tag_nodes(release, a_cluster(), [controller("1")]).tags == {"1": {"primary-controller"}}

"""Which rules must hold before anything is sent (dossier 5)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from planner.domain.node_selection import choose_nodes
from planner.domain.preflight import check
from planner.domain.states import NodeErrorType, NodeStatus
from tests.planner.builders import a_cluster, a_node, a_release

if TYPE_CHECKING:
    from planner.domain.node import Node


def found(*nodes: Node, version: str = "cloud-8.0", **sections: Any) -> list[tuple[str, str]]:
    """Check nodes; return reason and subject of each violation."""
    release, cluster = a_release(version, **sections), a_cluster()
    choice = choose_nodes(release, cluster, nodes)
    return [(v.reason, v.subject) for v in check(release, cluster, nodes, choice)]


def ready(uid: str, **fields: Any) -> Node:
    """Build a deployed compute."""
    return a_node(uid, **{"status": NodeStatus.READY, "roles": ("compute",), **fields})


def test_a_healthy_cluster_breaks_no_rule() -> None:
    """Ready and new nodes that are online."""
    assert found(ready("1"), a_node("2", pending_addition=True, pending_roles=("storage",))) == []


@pytest.mark.parametrize(
    "node",
    [
        a_node("1", online=False, pending_addition=True, pending_roles=("compute",)),
        a_node("1", online=False, status=NodeStatus.ERROR, error_type=NodeErrorType.DEPLOY),
        ready("1", online=False, pending_roles=("storage",)),
        a_node("1", online=False, status=NodeStatus.STOPPED),
    ],
)
def test_an_offline_node_that_would_take_part_is_refused(node: Node) -> None:
    """Never dropped silently (decision 4)."""
    assert found(node) == [("NODE_OFFLINE", "nodes/1")]


def test_an_offline_node_that_is_ready_and_stays_as_it_is_may_be_offline() -> None:
    """An older release does not touch it; an LCM release plans every node."""
    node = ready("1", online=False)

    assert found(node) == []
    assert found(node, version="cloud-10.0") == [("NODE_OFFLINE", "nodes/1")]


def test_an_offline_node_that_is_to_be_deleted_is_no_matter() -> None:
    """It is on its way out."""
    assert found(ready("1", online=False, pending_deletion=True), version="cloud-10.0") == []


def test_a_role_that_the_release_lacks_is_refused() -> None:
    """A release may have been replaced since the node was assigned."""
    assert found(ready("1", roles=("compute", "gone"))) == [("UNKNOWN_ROLE", "nodes/1")]


def test_roles_that_exclude_each_other_are_refused() -> None:
    """Named once for each role that excludes another."""
    assert found(ready("1", roles=("compute", "controller"))) == [("ROLE_CONFLICT", "nodes/1")]


def test_every_violation_is_found_at_once() -> None:
    """In the order of the rules and then of the nodes."""
    nodes = [
        ready("1", roles=("gone",)),
        a_node("2", online=False),
        ready("3", roles=("gone", "compute", "controller"), online=False, pending_roles=("x",)),
    ]

    assert found(*nodes) == [
        ("NODE_OFFLINE", "nodes/2"),
        ("NODE_OFFLINE", "nodes/3"),
        ("UNKNOWN_ROLE", "nodes/1"),
        ("UNKNOWN_ROLE", "nodes/3"),
        ("UNKNOWN_ROLE", "nodes/3"),
        ("ROLE_CONFLICT", "nodes/3"),
    ]

"""Nodes come into a cluster, and out of it, all or nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from planner.domain.errors import InvalidInput, NotFound, PreconditionFailed
from planner.domain.states import NodeStatus
from planner.services.assignment import Assignment, assign_nodes, unassign_nodes
from planner.services.clusters import get_cluster
from planner.services.idempotency import RequestKey
from planner.services.nodes import get_node
from tests.planner.builders import NOW, a_release
from tests.planner.dump import dump
from tests.planner.stored import put_node
from tests.planner.work import apply, assign, create, discover, import_

if TYPE_CHECKING:
    from planner.services.clusters import ClusterView
    from planner.storage.unit_of_work import SqlStore

KEY = RequestKey("r-1", "AssignNodes", "d" * 64)


@pytest.fixture
def store(store: SqlStore) -> SqlStore:
    """A store with the release "cloud" and its clusters "demo" and "other"."""
    import_(store, a_release())
    create(store)
    create(store, "other")
    return store


def give(
    store: SqlStore,
    *wanted: tuple[str, tuple[str, ...]],
    key: RequestKey | None = None,
) -> ClusterView:
    """Assign nodes with their roles to "demo"."""
    assignments = [Assignment(uid, roles) for uid, roles in wanted]
    return assign_nodes(store, "demo", assignments, key=key, now=NOW)


def take(store: SqlStore, *uids: str, key: RequestKey | None = None) -> ClusterView:
    """Unassign nodes of "demo"."""
    return unassign_nodes(store, "demo", uids, key=key, now=NOW)


def test_an_assigned_node_waits_with_its_roles(store: SqlStore) -> None:
    """It is new in the cluster, whose revision rises."""
    before = get_cluster(store, "demo").cluster
    (uid,) = discover(store, 1)

    view = give(store, (uid, ("storage", "compute", "compute")))

    node = get_node(store, uid)
    assert (node.cluster, node.pending_addition) == ("demo", True)
    assert (node.roles, node.pending_roles) == ((), ("compute", "storage"))
    assert view.node_count == 1
    assert view.cluster.revision > before.revision


def test_a_node_with_a_system_is_not_new(store: SqlStore) -> None:
    """Only the roles that it lacks are pending; a mark for deletion is gone."""
    node = put_node(store, status=NodeStatus.READY, roles=("compute",), pending_deletion=True)

    give(store, (node.uid, ("compute", "storage")))

    after = get_node(store, node.uid)
    assert after.pending_roles == ("storage",)
    assert (after.pending_addition, after.pending_deletion) == (False, False)


@pytest.mark.parametrize(
    ("roles", "reason"),
    [
        (("compute", "gone"), "UNKNOWN_ROLE"),
        ((), "NO_ROLE"),
        (("compute", "controller"), "ROLE_CONFLICT"),
    ],
)
def test_roles_must_exist_and_go_together(
    store: SqlStore, roles: tuple[str, ...], reason: str
) -> None:
    """Nothing is written, not even for the good node before."""
    good, bad = discover(store, 2)
    before = dump(store)

    with pytest.raises(InvalidInput) as refused:
        give(store, (good, ("compute",)), (bad, roles))

    (violation,) = refused.value.violations
    assert (violation.reason, violation.subject) == (reason, "assignments[1].roles")
    assert dump(store) == before


def test_every_violation_is_named_at_once(store: SqlStore) -> None:
    """Twice the same node, another cluster's node, unknown roles."""
    (foreign,) = assign(store, "other", a="compute")
    (uid,) = discover(store, 1)
    before = dump(store)

    with pytest.raises(InvalidInput) as refused:
        give(store, (uid, ("compute",)), (uid, ("gone",)), (foreign, ()))

    assert [(v.reason, v.subject) for v in refused.value.violations] == [
        ("DUPLICATE_NODE", "assignments[1].node"),
        ("UNKNOWN_ROLE", "assignments[1].roles"),
        ("NODE_OF_OTHER_CLUSTER", "assignments[2].node"),
        ("NO_ROLE", "assignments[2].roles"),
    ]
    assert dump(store) == before


def test_unknown_nodes_are_not_found(store: SqlStore) -> None:
    """Nothing is written for the others."""
    (uid,) = discover(store, 1)
    before = dump(store)

    with pytest.raises(NotFound, match="'4711'"):
        give(store, (uid, ("compute",)), ("4711", ("compute",)))

    assert dump(store) == before


def test_an_unknown_cluster_is_not_found(store: SqlStore) -> None:
    """Before anything is looked at."""
    with pytest.raises(NotFound, match="cluster"):
        assign_nodes(store, "gone", [], key=None, now=NOW)


def test_nobody_comes_or_goes_while_something_works(store: SqlStore) -> None:
    """The plan in progress rests on who is there."""
    (uid,) = assign(store, a="compute")
    apply(store)
    before = dump(store)

    with pytest.raises(PreconditionFailed):
        give(store, (uid, ("storage",)))
    with pytest.raises(PreconditionFailed):
        take(store, uid)

    assert dump(store) == before


def test_a_repeated_assignment_changes_nothing(store: SqlStore) -> None:
    """It answers the cluster as it is."""
    (uid,) = discover(store, 1)
    first = give(store, (uid, ("compute",)), key=KEY)
    before = dump(store)

    assert give(store, (uid, ("compute",)), key=KEY) == first
    assert dump(store) == before


def test_a_node_without_a_system_leaves_at_once(store: SqlStore) -> None:
    """It is as if it had never been assigned."""
    (uid,) = discover(store, 1)
    before = get_node(store, uid)
    give(store, (uid, ("compute",)))

    take(store, uid)

    after = get_node(store, uid)
    assert (after.cluster, after.pending_roles, after.pending_addition) == (None, (), False)
    assert after.hostname == before.hostname


def test_a_deployed_node_is_marked_and_stays_until_it_is_deleted(store: SqlStore) -> None:
    """The next ApplyChanges takes it away."""
    node = put_node(store, status=NodeStatus.READY, roles=("compute",))

    take(store, node.uid, node.uid)

    after = get_node(store, node.uid)
    assert (after.cluster, after.roles, after.pending_deletion) == ("demo", ("compute",), True)


def test_only_nodes_of_the_cluster_can_be_taken_out(store: SqlStore) -> None:
    """Every other one is named; nobody leaves."""
    (mine,) = assign(store, a="compute")
    (foreign,) = assign(store, "other", a="compute")
    (free,) = discover(store, 1)
    before = dump(store)

    with pytest.raises(InvalidInput) as refused:
        take(store, mine, foreign, free)

    assert [(v.reason, v.subject) for v in refused.value.violations] == [
        ("NOT_ASSIGNED", "nodes[1]"),
        ("NOT_ASSIGNED", "nodes[2]"),
    ]
    assert dump(store) == before


def test_host_names_that_clients_gave_are_kept_on_assignment(store: SqlStore) -> None:
    """Only leaving a cluster resets them."""
    (uid,) = discover(store, 1, hostname="web")

    give(store, (uid, ("compute",)))

    assert get_node(store, uid).hostname == "web"

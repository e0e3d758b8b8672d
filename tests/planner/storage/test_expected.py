"""The ports ExpectedStates and Snapshots, on every database."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from planner.domain.documents import canonical
from planner.domain.graph.state import NEVER_RAN, NOTHING
from planner.domain.states import NodeStatus
from tests.planner.builders import NOW, a_node, a_release
from tests.planner.stored import put_cluster, put_nodes, put_transaction

if TYPE_CHECKING:
    from planner.domain.graph.state import OldState
    from planner.services.ports import Store

FIRST = canonical({"common": 1}), {"1": canonical({"n": 1}), "2": canonical({"n": 2})}
SECOND = canonical({"common": 2}), {"1": canonical({"n": 11})}


def put_state(store: Store, state: tuple[str, dict[str, str]], *runs: tuple[str, str]) -> None:
    """Plan a transaction's only step with a state in which these (uid, task) succeed."""
    transaction = put_transaction(store, cluster="demo", finished_at=NOW)
    with store.write() as work:
        work.expected.put(transaction.number, 0, *state)
        work.expected.record_success("demo", transaction.number, 0, runs)


def told(old: OldState, task: str) -> dict[str, tuple[Any, Any]]:
    """Return what a task last succeeded with, by uid."""
    if task not in old.common:
        return {}
    columns = zip(old.uids, old.common[task].tolist(), old.node[task].tolist(), strict=True)
    return {
        uid: (old.documents[common], old.documents[node])
        for uid, common, node in columns
        if common != NOTHING
    }


def old_state(store: Store, *forget: str) -> OldState:
    """Read the old state of the cluster."""
    with store.read() as work:
        return work.expected.old_state("demo", forget)


def test_a_cluster_that_never_ran_has_no_old_state(any_store: Store) -> None:
    """Every condition sees a first deployment."""
    assert old_state(any_store) is NEVER_RAN


def test_a_task_is_remembered_with_what_it_succeeded_with(any_store: Store) -> None:
    """On each node by itself; what did not succeed is not remembered."""
    put_state(any_store, FIRST, ("1", "a"), ("2", "a"), ("1", "b"))

    old = old_state(any_store)

    assert told(old, "a") == {"1": ({"common": 1}, {"n": 1}), "2": ({"common": 1}, {"n": 2})}
    assert told(old, "b") == {"1": ({"common": 1}, {"n": 1})}
    assert told(old, "c") == {}


def test_the_last_success_counts(any_store: Store) -> None:
    """A task that did not run again keeps what it had (dossier 8.3)."""
    put_state(any_store, FIRST, ("1", "a"), ("1", "b"))
    put_state(any_store, SECOND, ("1", "a"))

    old = old_state(any_store)

    assert told(old, "a") == {"1": ({"common": 2}, {"n": 11})}
    assert told(old, "b") == {"1": ({"common": 1}, {"n": 1})}


def test_nodes_that_are_redone_are_forgotten(any_store: Store) -> None:
    """The others are not."""
    put_state(any_store, FIRST, ("1", "a"), ("2", "a"))

    assert set(told(old_state(any_store, "1"), "a")) == {"2"}
    assert old_state(any_store, "1", "2") is NEVER_RAN


def test_equal_documents_are_one(any_store: Store) -> None:
    """A thousand nodes share the common part."""
    put_state(any_store, FIRST, ("1", "a"), ("2", "a"), ("1", "b"))

    assert len(old_state(any_store).documents) == 3


def test_a_snapshot_keeps_what_was_said_and_shows_what_has_become(any_store: Store) -> None:
    """Release, settings and attributes as they were; states as they are (decision 5)."""
    cluster = put_cluster(any_store, settings={"colour": "red"})
    stays, leaves = put_nodes(any_store, a_node(attributes={"a": 1}), a_node())
    with any_store.write() as work:
        name = work.snapshots.take(work.clusters.get("demo"))
    with any_store.write() as work:
        work.releases.put(a_release(settings={"new": 1}), NOW)
        work.clusters.save(replace(cluster, settings={"colour": "blue"}))
        work.nodes.save([replace(stays, attributes={"a": 2}, status=NodeStatus.READY)])
        work.nodes.save([replace(leaves, cluster=None)])
        work.nodes.add([a_node(hostname="late")])

    with any_store.read() as work:
        kept = work.snapshots.load(name, work.clusters.get("demo"))

    assert kept.release.settings == {}
    assert kept.cluster.settings == {"colour": "red"}
    assert kept.revision == cluster.revision
    (node,) = kept.nodes
    assert (node.uid, node.attributes, node.status) == (stays.uid, {"a": 1}, NodeStatus.READY)


def test_snapshots_of_the_same_state_have_one_name(any_store: Store) -> None:
    """A snapshot is its content."""
    put_cluster(any_store)

    with any_store.write() as work:
        one, two = (work.snapshots.take(work.clusters.get("demo")) for _ in range(2))

    assert one == two

"""Clients that act at the same moment: one is first, the other is told or joins in."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import pytest

from planner.domain.errors import Conflict
from planner.domain.states import NodeStatus
from planner.services.assignment import Assignment, assign_nodes
from planner.services.bell import LocalBell
from planner.services.changes import Change, apply_changes
from planner.services.clusters import NewCluster, create_cluster
from planner.services.idempotency import RequestKey
from planner.services.nodes import Discovered, NodeChange, register_nodes, update_node
from tests.planner.builders import NOW
from tests.planner.stored import put_cluster, put_node
from tests.planner.threads import all_at_once, wait_until_somebody_waits

if TYPE_CHECKING:
    from collections.abc import Callable

    from planner.domain.node import Node
    from planner.services.clusters import ClusterView
    from planner.storage.unit_of_work import SqlStore

KEY = RequestKey("r-1", "AnyMethod", "d" * 64)


@pytest.fixture
def postgres_store(postgres_url: str, open_store: Callable[[str], SqlStore]) -> SqlStore:
    """A store on PostgreSQL, where writers do run at the same time."""
    return open_store(postgres_url)


def a_report(mac: str, **fields: object) -> Discovered:
    """Build a discovery report of one node."""
    known: dict[str, object] = {"hostname": "", "ip": "", "meta": {}, "attributes": None}
    return Discovered(mac=mac, **{**known, **fields})  # type: ignore[arg-type]


def test_a_cluster_is_created_once(postgres_store: SqlStore) -> None:
    """Whoever commits second hears of a conflict, not of the database's constraint."""
    put_cluster(postgres_store, id="other")
    new = NewCluster("demo", "cloud", "", {})

    def create() -> ClusterView:
        return create_cluster(postgres_store, new, key=None, now=NOW)

    def commit_while_the_other_waits() -> None:
        with postgres_store.write() as work:
            work.clusters.add(replace(work.clusters.get("other"), id="demo"))
            wait_until_somebody_waits(postgres_store.writer)

    lost, _ = all_at_once(create, commit_while_the_other_waits)

    assert isinstance(lost, Exception)
    assert getattr(lost, "reason", "") in ("CONCURRENT_CHANGE", "CLUSTER_EXISTS")


def test_equal_requests_at_once_are_one(any_store: SqlStore) -> None:
    """The second waits for the first and answers with its transaction."""
    put_cluster(any_store)
    change = Change(cluster="demo")

    def apply(transaction: str) -> str:
        return apply_changes(
            any_store, LocalBell(), change, transaction=transaction, key=KEY, now=NOW
        ).id

    answers = all_at_once(*(partial(apply, f"t-{n}") for n in range(4)))

    assert len(set(map(str, answers))) == 1
    assert str(answers[0]).startswith("t-")


def test_two_changes_at_once_are_one_and_a_conflict(any_store: SqlStore) -> None:
    """The conflict names the transaction that was first."""
    put_cluster(any_store)

    def apply(transaction: str) -> str:
        return apply_changes(
            any_store,
            LocalBell(),
            Change(cluster="demo"),
            transaction=transaction,
            key=None,
            now=NOW,
        ).id

    answers = all_at_once(partial(apply, "t-1"), partial(apply, "t-2"))

    (winner,) = (answer for answer in answers if isinstance(answer, str))
    (loser,) = (answer for answer in answers if isinstance(answer, Conflict))
    assert loser.reason == "TRANSACTION_IN_PROGRESS"
    assert loser.metadata["transaction"] == f"transactions/{winner}"


def test_a_node_that_is_reported_twice_at_once_is_one(any_store: SqlStore) -> None:
    """The later report updates it, or is told to come again."""
    report = [a_report("52:54:00:00:00:01")]

    def register() -> Node:
        return register_nodes(any_store, report, key=None, now=NOW)[0]

    answers = all_at_once(*[register] * 4)

    registered = {answer.uid for answer in answers if not isinstance(answer, Exception)}
    refused = {type(answer) for answer in answers if isinstance(answer, Exception)}
    assert len(registered) == 1
    assert refused <= {Conflict}


def test_writers_of_different_fields_of_a_node_lose_nothing(any_store: SqlStore) -> None:
    """Each of them is right about its own field."""
    uid = put_node(any_store, cluster=None, online=True).uid
    mac = "52:54:00:00:00:77"
    with any_store.write() as work:
        work.nodes.save([replace(work.nodes.get(uid), mac=mac)])

    def change(**fields: object) -> None:
        for _ in range(5):
            new = NodeChange(**fields)  # type: ignore[arg-type]
            update_node(any_store, uid, new, etag="", key=None, now=NOW)

    def report() -> None:
        for _ in range(5):
            register_nodes(any_store, [a_report(mac, ip="10.9.9.9")], key=None, now=NOW)

    answers = all_at_once(
        partial(change, hostname="web"), partial(change, attributes={"a": 1}), report
    )

    with any_store.read() as work:
        node = work.nodes.get(uid)
    assert answers == [None, None, None]
    assert (node.hostname, node.attributes, node.ip) == ("web", {"a": 1}, "10.9.9.9")
    assert node.revision == 17


def test_a_node_goes_to_one_cluster(any_store: SqlStore) -> None:
    """Two clusters that want it at once: one gets it."""
    put_cluster(any_store, id="a")
    put_cluster(any_store, id="b")
    uid = put_node(any_store, cluster=None).uid

    def assign(cluster: str) -> str:
        wanted = [Assignment(uid, ("compute",))]
        return assign_nodes(any_store, cluster, wanted, key=None, now=NOW).cluster.id

    answers = all_at_once(partial(assign, "a"), partial(assign, "b"))

    (winner,) = (answer for answer in answers if isinstance(answer, str))
    with any_store.read() as work:
        assert work.nodes.get(uid).cluster == winner


def test_a_report_does_not_undo_what_was_recorded_meanwhile(postgres_store: SqlStore) -> None:
    """Discovery waits for the recording and keeps the status it wrote."""
    put_cluster(postgres_store)
    node = put_node(postgres_store, status=NodeStatus.DEPLOYING)

    def report() -> None:
        register_nodes(postgres_store, [a_report(node.mac, ip="10.9.9.9")], key=None, now=NOW)

    def record() -> None:
        with postgres_store.write() as work:
            work.clusters.lock("demo")
            work.nodes.save_state([replace(node, status=NodeStatus.READY)])
            wait_until_somebody_waits(postgres_store.writer)

    answers = all_at_once(report, record)

    with postgres_store.read() as work:
        after = work.nodes.get(node.uid)
    assert answers == [None, None]
    assert (after.status, after.ip) == (NodeStatus.READY, "10.9.9.9")

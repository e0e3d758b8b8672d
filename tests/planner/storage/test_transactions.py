"""The port Transactions, on every database."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from planner.domain.errors import Conflict, NotFound, Violation
from planner.domain.states import (
    ClusterStatus,
    RunMode,
    StepState,
    TaskState,
    TransactionState,
)
from planner.domain.transaction import (
    Failure,
    GraphRun,
    Selection,
    Stats,
    StopRequest,
    Subgraph,
)
from planner.services.ports import Page
from tests.planner.builders import NOW, a_step
from tests.planner.stored import put_transaction

if TYPE_CHECKING:
    from planner.services.ports import Store

EVERYTHING: dict[str, Any] = {
    "state": TransactionState.STOPPED,
    "run_mode": RunMode.NOOP,
    "selection": Selection(
        ("1", "2"),
        ("a",),
        (GraphRun("default", ("1",), ("a",)), GraphRun("b")),
        force=True,
        debug=True,
        subgraphs=(Subgraph(("a",), ("b",)),),
    ),
    "expected_digest": "e" * 64,
    "plan_digest": "f" * 64,
    "progress": 33,
    "failure": Failure("BAD", "text", {"k": "v"}, (Violation("R", "s", "m"),)),
    "activity": "waiting",
    "last_sequence": 7,
    "stats": Stats(task_runs={TaskState.READY: 3}, failed_nodes=("1",), elapsed_ms=5),
    "labels": {"suite": "ü"},
    "scenario": "slow",
    "stop": StopRequest(force=True, grace_period_ms=9, erase=True),
    "snapshot": "a" * 64,
    "previous_status": ClusterStatus.OPERATIONAL,
    "started_at": NOW + timedelta(milliseconds=1),
    "finished_at": NOW + timedelta(milliseconds=2),
}


def test_a_transaction_is_read_as_it_was_added(any_store: Store) -> None:
    """Every field survives."""
    added = put_transaction(any_store, **EVERYTHING)

    with any_store.read() as work:
        assert work.transactions.get(added.id) == added


def test_saving_a_transaction_writes_every_field(any_store: Store) -> None:
    """What changes during its life."""
    added = put_transaction(any_store)
    changed = replace(added, **EVERYTHING)

    with any_store.write() as work:
        work.transactions.save(changed)

    with any_store.read() as work:
        assert work.transactions.get(added.id) == changed


def test_an_unknown_transaction_is_not_found(any_store: Store) -> None:
    """To read or to lock."""
    with any_store.write() as work:
        with pytest.raises(NotFound):
            work.transactions.get("gone")
        with pytest.raises(NotFound):
            work.transactions.lock("gone")


def test_a_cluster_has_one_unfinished_transaction(any_store: Store) -> None:
    """A unique partial index, not a habit (law 2)."""
    put_transaction(any_store, cluster="demo")

    with pytest.raises(Conflict):
        put_transaction(any_store, cluster="demo")


def test_finished_transactions_are_in_nobodys_way(any_store: Store) -> None:
    """Any number of them, and the next one; other clusters have their own."""
    put_transaction(any_store, cluster="demo", state=TransactionState.FAILED)
    put_transaction(any_store, cluster="demo", state=TransactionState.SUCCEEDED)
    active = put_transaction(any_store, cluster="demo")
    other = put_transaction(any_store, cluster="other")

    with any_store.read() as work:
        assert work.transactions.active("demo") == active
        assert work.transactions.active("third") is None
        assert work.transactions.active_of(["demo", "other", "third"]) == {
            "demo": active.id,
            "other": other.id,
        }


def test_a_transaction_that_ends_makes_room(any_store: Store) -> None:
    """Its scope is free as soon as it is stored as finished."""
    first = put_transaction(any_store)
    with any_store.write() as work:
        work.transactions.save(replace(first, state=TransactionState.FAILED, finished_at=NOW))

    second = put_transaction(any_store)

    with any_store.read() as work:
        assert work.transactions.active("demo") == second


def test_unfinished_transactions_are_listed_oldest_first(any_store: Store) -> None:
    """The order in which they were accepted."""
    one = put_transaction(any_store, cluster="b")
    put_transaction(any_store, cluster="b", state=TransactionState.SUCCEEDED)
    two = put_transaction(any_store, cluster="a", state=TransactionState.STOPPING)

    with any_store.read() as work:
        assert list(work.transactions.unfinished()) == [one, two]


def test_transactions_are_paged_newest_first(any_store: Store) -> None:
    """By number, narrowed to a cluster and a state."""
    a1 = put_transaction(any_store, cluster="a", state=TransactionState.SUCCEEDED)
    b1 = put_transaction(any_store, cluster="b", state=TransactionState.SUCCEEDED)
    a2 = put_transaction(any_store, cluster="a", state=TransactionState.FAILED)
    a3 = put_transaction(any_store, cluster="a")

    with any_store.read() as work:
        page = work.transactions.page
        everything = [*page(Page(2), None, None), *page(Page(2, (a2.number,)), None, None)]
        of_a = page(Page(9), "a", None)
        succeeded = page(Page(9), "a", TransactionState.SUCCEEDED)

    assert everything == [a3, a2, b1, a1]
    assert list(of_a) == [a3, a2, a1]
    assert list(succeeded) == [a1]


def test_steps_are_read_as_they_were_added(any_store: Store) -> None:
    """In their order, of each transaction that was asked for."""
    transaction = put_transaction(any_store)
    steps = [a_step(position=i, uids=("1", "2"), graph_type="default") for i in range(3)]
    with any_store.write() as work:
        work.transactions.add_steps(transaction.number, steps[::-1])

    with any_store.read() as work:
        found = work.transactions.steps([transaction.number, 4711])

    assert found == {transaction.number: steps, 4711: []}


def test_saving_a_step_writes_what_changes_during_its_life(any_store: Store) -> None:
    """Other steps stay as they are."""
    transaction = put_transaction(any_store, steps=2)
    with any_store.read() as work:
        first, second = work.transactions.steps([transaction.number])[transaction.number]
    changed = replace(
        first,
        state=StepState.FAILED,
        progress=40,
        failure=Failure("BAD", "text"),
        cursor=2**40,
        journal="j",
        elapsed_ms=2**40,
        uids=("9",),
        task_run_count=3,
        is_planned=False,
    )

    with any_store.write() as work:
        work.transactions.save_step(transaction.number, changed)

    with any_store.read() as work:
        assert work.transactions.steps([transaction.number]) == {
            transaction.number: [changed, second]
        }

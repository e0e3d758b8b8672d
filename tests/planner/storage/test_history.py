"""The port History, on every database."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.domain.recording import RunUpdate
from planner.domain.states import TaskState
from planner.domain.transaction import TaskRun
from planner.services.ports import Page
from tests.planner.stored import put_transaction

if TYPE_CHECKING:
    from planner.domain.transaction import Transaction
    from planner.services.ports import Store

RUNS = [(0, "1", "a", "puppet"), (1, "1", "b", "shell"), (2, "null", "s", "skipped")]


def put_runs(store: Store) -> Transaction:
    """Store two steps with three runs each."""
    transaction = put_transaction(store)
    with store.write() as work:
        for step in (0, 1):
            work.history.add(transaction.number, step, RUNS)
    return transaction


def test_runs_begin_pending(any_store: Store) -> None:
    """As they were planned, one row for each task on each node."""
    number = put_runs(any_store).number

    with any_store.read() as work:
        runs = work.history.page(number, Page(3), "", "", None)
        states = list(work.history.states(number, 0))

    assert list(runs) == [
        TaskRun(step=0, instance=i, uid=uid, task=task, type=kind) for i, uid, task, kind in RUNS
    ]
    assert sorted(states) == [(i, uid, task, TaskState.PENDING, None) for i, uid, task, _ in RUNS]


def test_an_update_touches_its_run_only(any_store: Store) -> None:
    """State, offsets and error are written; what is not reached stays None."""
    number = put_runs(any_store).number
    updates = [
        RunUpdate(0, TaskState.ERROR, 5, 2**40, "exit 1 — ü"),
        RunUpdate(1, TaskState.RUNNING, 7, None, ""),
    ]

    with any_store.write() as work:
        work.history.update(number, 1, updates)

    with any_store.read() as work:
        first, second, third = work.history.page(number, Page(9, (0, 2)), "", "", None)
        untouched = work.history.page(number, Page(3), "", "", TaskState.PENDING)
    assert (first.state, first.start_ms, first.end_ms, first.error) == (
        TaskState.ERROR,
        5,
        2**40,
        "exit 1 — ü",
    )
    assert (second.state, second.start_ms, second.end_ms) == (TaskState.RUNNING, 7, None)
    assert third.state is TaskState.PENDING
    assert {run.step for run in untouched} == {0}


def test_updating_nothing_is_fine(any_store: Store) -> None:
    """A window may hold only progress."""
    number = put_runs(any_store).number

    with any_store.write() as work:
        work.history.update(number, 0, [])
        work.history.add(number, 2, [])

    with any_store.read() as work:
        assert work.history.counts(number) == {TaskState.PENDING: 6}


def test_what_has_not_ended_is_ended_together(any_store: Store) -> None:
    """Runs that have ended keep their state; another transaction's are left alone."""
    number, other = put_runs(any_store).number, put_transaction(any_store, cluster="b").number
    with any_store.write() as work:
        work.history.add(other, 0, RUNS)
        work.history.update(
            number,
            0,
            [
                RunUpdate(0, TaskState.READY, 1, 2, ""),
                RunUpdate(1, TaskState.RUNNING, 1, None, ""),
            ],
        )

    with any_store.write() as work:
        work.history.end_unfinished(number, TaskState.NOT_RUN)

    with any_store.read() as work:
        assert work.history.counts(number) == {TaskState.READY: 1, TaskState.NOT_RUN: 5}
        assert work.history.counts(other) == {TaskState.PENDING: 3}


def test_history_is_narrowed_by_node_task_and_state(any_store: Store) -> None:
    """Filters combine."""
    number = put_runs(any_store).number
    with any_store.write() as work:
        work.history.update(number, 1, [RunUpdate(0, TaskState.READY, 1, 2, "")])

    with any_store.read() as work:
        page = work.history.page
        on_one = page(number, Page(9), "1", "", None)
        of_b = page(number, Page(9), "", "b", None)
        ready = page(number, Page(9), "1", "a", TaskState.READY)
        nobody = page(number, Page(9), "%", "_", None)

    assert [(run.step, run.task) for run in on_one] == [(0, "a"), (0, "b"), (1, "a"), (1, "b")]
    assert [(run.step, run.task) for run in of_b] == [(0, "b"), (1, "b")]
    assert [(run.step, run.task) for run in ready] == [(1, "a")]
    assert list(nobody) == []


def test_pages_of_history_follow_each_other_across_steps(any_store: Store) -> None:
    """By step, then instance; every row once."""
    number = put_runs(any_store).number
    seen: list[tuple[int, int]] = []

    with any_store.read() as work:
        while page := work.history.page(number, Page(2, seen[-1] if seen else None), "", "", None):
            seen += [(run.step, run.instance) for run in page]

    assert seen == [(step, instance) for step in (0, 1) for instance in range(3)]

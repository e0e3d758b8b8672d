"""Reports become the record, one commit a window, exactly once (law 4)."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

from planner.domain.events import TransactionChanged
from planner.domain.reports import ExecutionState, Report
from planner.domain.states import (
    TRANSACTION_TRANSITIONS,
    ClusterStatus,
    NodeErrorType,
    NodeStatus,
    StepState,
    TaskState,
    TransactionState,
)
from planner.domain.transaction import Failure, StopRequest
from planner.services.bell import LocalBell
from planner.services.clusters import get_cluster
from planner.services.nodes import NodeChange, get_node, update_node
from planner.services.progress import (
    CursorMoved,
    batches_to_send,
    confirm_batch,
    fail_transaction,
    open_recording,
    requested_stop,
    unfinished,
)
from planner.services.stopping import stop_transaction
from planner.services.transactions import get_transaction
from tests.planner.builders import NOW
from tests.planner.dump import dump
from tests.planner.work import (
    a_small_cluster,
    apply_and_plan,
    fail,
    log_of,
    opened,
    record,
    succeed,
    success,
)

if TYPE_CHECKING:
    from planner.domain.transaction import Transaction
    from planner.storage.unit_of_work import SqlStore


@pytest.fixture
def planned(store: SqlStore) -> Transaction:
    """A planned transaction: provisioning and deployment of nodes 1 and 2."""
    a_small_cluster(store)
    return apply_and_plan(store)


def stop(store: SqlStore, transaction: Transaction) -> Any:
    """Accept a stop."""
    return stop_transaction(store, LocalBell(), transaction.id, StopRequest(), now=NOW)


def states_of(store: SqlStore, transaction: Transaction) -> list[StepState]:
    """Return the states of a transaction's steps."""
    return [step.state for step in get_transaction(store, transaction.id).steps]


def test_a_window_is_recorded_whole(store: SqlStore, planned: Transaction) -> None:
    """State, log and cursor in one commit."""
    recording = opened(store, planned)

    after = record(
        store,
        recording,
        Report(0, execution_state=ExecutionState.RUNNING),
        Report(5, "1", node_progress=40),
        Report(7, execution_progress=50),
    )

    (step, _) = get_transaction(store, planned.id).steps
    assert (step.state, step.progress, step.cursor) == (StepState.RUNNING, 50, 3)
    assert step.elapsed_ms == 7
    assert get_node(store, "1").progress == 40
    assert after.last_sequence == len(log_of(store, planned))
    assert after.progress > 0


def test_a_window_that_another_one_recorded_is_not_recorded_again(
    store: SqlStore, planned: Transaction
) -> None:
    """Exactly once: the second is told that the cursor has moved, and writes nothing."""
    one, two = opened(store, planned), opened(store, planned)
    record(store, one, Report(1, execution_progress=30))
    before = dump(store)

    with pytest.raises(CursorMoved):
        record(store, two, Report(1, execution_progress=30))

    assert dump(store) == before


def test_dying_between_windows_changes_nothing(store: SqlStore, planned: Transaction) -> None:
    """A recording that is opened anew for every report ends as one that is kept."""
    reports = list(success(opened(store, planned)))

    for report in reports:
        record(store, opened(store, planned), report)

    assert states_of(store, planned) == [StepState.SUCCEEDED, StepState.PENDING]
    assert {get_node(store, uid).status for uid in "12"} == {NodeStatus.PROVISIONED}


def test_the_log_of_a_whole_life_has_no_gap(store: SqlStore, planned: Transaction) -> None:
    """From 1, by exactly one; progress never falls; the transaction walks its table."""
    ended = succeed(store, planned)

    log = log_of(store, ended)
    changes = [event for _, event in log if isinstance(event, TransactionChanged)]
    states = [event.state for event in changes if event.state is not None]
    figures = [event.progress for event in changes]
    assert [sequence for sequence, _ in log] == list(range(1, ended.last_sequence + 1))
    assert figures == sorted(figures)
    assert all(new in TRANSACTION_TRANSITIONS[old] for old, new in pairwise(states))
    assert states[-1] is TransactionState.SUCCEEDED


def test_the_end_is_counted(store: SqlStore, planned: Transaction) -> None:
    """Task runs by state and the time on the engine's clock."""
    ended = succeed(store, planned)

    assert ended.stats.task_runs == {TaskState.READY: 4}
    assert ended.stats.failed_nodes == ()
    assert ended.finished_at == NOW
    assert unfinished(store) == []
    assert open_recording(store, ended.id) is None


def test_a_failed_step_fails_the_transaction(store: SqlStore, planned: Transaction) -> None:
    """Later steps are aborted, nodes left in the middle failed, runs that never began not run."""
    ended = fail(store, planned)

    assert ended.state is TransactionState.FAILED
    assert ended.failure == Failure("EXECUTION_FAILED", "no luck")
    assert states_of(store, ended) == [StepState.FAILED, StepState.ABORTED]
    node = get_node(store, "1")
    assert (node.status, node.error_type) == (NodeStatus.ERROR, NodeErrorType.PROVISION)
    assert ended.stats.task_runs == {TaskState.NOT_RUN: 4}
    assert ended.stats.failed_nodes == ("1", "2")
    assert get_cluster(store, "demo").cluster.status is ClusterStatus.ERROR


def test_a_stop_is_passed_on_and_ends_stopped(store: SqlStore, planned: Transaction) -> None:
    """Never SUCCEEDED, though the step that was running ended well; later steps never start."""
    recording = opened(store, planned)
    stopping = stop(store, planned)

    record(store, recording, *success(recording))
    ended = record(
        store,
        opened(store, planned),
        Report(0, execution_state=ExecutionState.STOPPED),
    )

    assert stopping.state is TransactionState.STOPPING
    assert requested_stop(store, planned.id) == StopRequest()
    assert ended.state is TransactionState.STOPPED
    assert get_cluster(store, "demo").cluster.status is ClusterStatus.STOPPED
    assert set(ended.stats.task_runs) == {TaskState.NOT_RUN}


def test_a_stop_of_what_has_ended_changes_nothing(store: SqlStore, planned: Transaction) -> None:
    """It answers the transaction as it is."""
    ended = succeed(store, planned)
    before = dump(store)

    assert stop(store, ended) == ended
    assert dump(store) == before


def test_a_second_stop_changes_nothing(store: SqlStore, planned: Transaction) -> None:
    """Stopping is idempotent."""
    first = stop(store, planned)
    before = dump(store)

    assert stop(store, planned) == first
    assert dump(store) == before


def test_recording_does_not_undo_what_a_client_says_meanwhile(
    store: SqlStore, planned: Transaction
) -> None:
    """Host name and mark for deletion survive the next window."""
    recording = opened(store, planned)
    record(store, recording, Report(0, "1", node_progress=10))
    change = NodeChange(hostname="renamed", pending_deletion=True)
    update_node(store, "1", change, etag="", key=None, now=NOW)

    record(store, recording, Report(1, "1", node_attributes={"status": "provisioned"}))

    node = get_node(store, "1")
    assert node.status is NodeStatus.PROVISIONED
    assert (node.hostname, node.pending_deletion) == ("renamed", True)


def test_a_confirmed_batch_is_not_sent_again(store: SqlStore, planned: Transaction) -> None:
    """Confirming twice is once; the steps know the journal."""
    (batch,) = batches_to_send(store, planned)

    for _ in range(2):
        confirm_batch(store, LocalBell(), batch, "journal-1", NOW)

    assert batches_to_send(store, planned) == []
    assert {step.journal for step in get_transaction(store, planned.id).steps} == {"journal-1"}


def test_a_transaction_that_cannot_go_on_fails(store: SqlStore, planned: Transaction) -> None:
    """With the reason that is given; once it has ended nothing changes any more."""
    lost = Failure("EXECUTION_LOST", "the journal is gone")

    ended = fail_transaction(store, LocalBell(), planned.id, lost, NOW)
    again = fail_transaction(store, LocalBell(), planned.id, Failure("OTHER", ""), NOW)

    assert (ended.state, ended.failure) == (TransactionState.FAILED, lost)
    assert again == ended
    assert states_of(store, ended) == [StepState.FAILED, StepState.ABORTED]


def test_reports_that_no_table_allows_are_passed_over(
    store: SqlStore, planned: Transaction
) -> None:
    """Late and unknown ones move the cursor and nothing else."""
    recording = opened(store, planned)
    strange = [Report(1, "4711", "gone", TaskState.READY), Report(1, "9", node_progress=5)]

    after = record(store, recording, *strange)

    steps = get_transaction(store, planned.id).steps
    assert steps[0].cursor == 2
    assert after.last_sequence == planned.last_sequence

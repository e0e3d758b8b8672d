"""How are transactions, their steps, runs and events written as proto?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp

from planner.domain.events import NodeChanged, StepChanged, TaskChanged
from planner.rpc.enums import (
    NODE_ERROR,
    NODE_STATUS,
    RUN_MODE,
    STEP_STATE,
    TASK_STATE,
    TRANSACTION_KIND,
    TRANSACTION_STATE,
)
from planner.rpc.resources import timestamp
from planner.v1 import failure_pb2, selection_pb2, transaction_pb2
from planner.v1.transaction_service_pb2 import WatchTransactionResponse

if TYPE_CHECKING:
    from collections.abc import Iterable

    from planner.domain.errors import Violation
    from planner.domain.events import Event, EventBlock, TransactionChanged
    from planner.domain.transaction import Failure, Selection, Stats, Step, TaskRun
    from planner.services.transactions import TransactionView


def milliseconds(value: int | None) -> Duration | None:
    """Write a duration; None stays unset."""
    if value is None:
        return None
    duration = Duration()
    duration.FromMilliseconds(value)
    return duration


def write_transaction(view: TransactionView) -> transaction_pb2.Transaction:
    """Write a transaction with its steps."""
    record = view.transaction
    return transaction_pb2.Transaction(
        name=f"transactions/{record.id}",
        kind=TRANSACTION_KIND.write(record.kind),
        cluster=f"clusters/{record.cluster}" if record.cluster else "",
        state=TRANSACTION_STATE.write(record.state),
        done=record.state.is_final,
        progress_percent=record.progress,
        failure=write_failure(record.failure),
        steps=[_write_step(step) for step in view.steps],
        stats=_write_stats(record.stats),
        current_activity=record.activity,
        last_sequence=record.last_sequence,
        run_mode=RUN_MODE.write(record.run_mode),
        selection=_write_selection(record.selection),
        plan_digest=record.plan_digest,
        labels=record.labels,
        scenario=f"scenarios/{record.scenario}" if record.scenario else "",
        retry_of=f"transactions/{record.retry_of}" if record.retry_of else "",
        create_time=timestamp(record.created_at),
        start_time=timestamp(record.started_at),
        end_time=timestamp(record.finished_at),
    )


def write_failure(failure: Failure | None) -> failure_pb2.Failure | None:
    """Write a failure; None stays unset."""
    if failure is None:
        return None
    return failure_pb2.Failure(
        reason=failure.reason,
        message=failure.message,
        metadata=failure.metadata,
        violations=write_violations(failure.violations),
    )


def write_violations(violations: Iterable[Violation]) -> list[failure_pb2.Violation]:
    """Write violations."""
    return [
        failure_pb2.Violation(reason=v.reason, subject=v.subject, message=v.message)
        for v in violations
    ]


def write_task_run(run: TaskRun) -> transaction_pb2.TaskRun:
    """Write a row of the history."""
    return transaction_pb2.TaskRun(
        step=run.step,
        uid=run.uid,
        task=run.task,
        type=run.type,
        state=TASK_STATE.write(run.state),
        start_offset=milliseconds(run.start_ms),
        end_offset=milliseconds(run.end_ms),
        error=run.error,
    )


def write_events(
    blocks: Iterable[EventBlock], after: int, size: int
) -> list[WatchTransactionResponse]:
    """Write the events of blocks that come after a sequence, at most ``size`` a response."""
    responses: list[WatchTransactionResponse] = []
    room = 0
    for block in blocks:
        stamp = Timestamp()
        stamp.FromMilliseconds(block.time_ms)
        skipped = max(0, after + 1 - block.first_sequence)
        for sequence, event in enumerate(block.events[skipped:], block.first_sequence + skipped):
            if not room:
                responses.append(WatchTransactionResponse())
                room = size
            room -= 1
            _write_event(responses[-1].events.events.add(sequence=sequence), stamp, event)
    return responses


def _write_event(written: transaction_pb2.TransactionEvent, stamp: Timestamp, event: Event) -> None:
    written.time.CopyFrom(stamp)
    if isinstance(event, TaskChanged):
        # Field by field: most events are these, and keywords take three times as long.
        task = written.task
        task.step, task.uid, task.task = event.step, event.uid, event.task
        task.state = TASK_STATE.write(event.state)
        task.offset.FromMilliseconds(event.offset_ms)
        task.error = event.error
    else:
        written.MergeFrom(transaction_pb2.TransactionEvent(**_write_change(event)))


def _write_change(event: NodeChanged | StepChanged | TransactionChanged) -> dict[str, Any]:
    if isinstance(event, NodeChanged):
        return {
            "node": transaction_pb2.NodeChange(
                uid=event.uid,
                status=NODE_STATUS.write(event.status),
                progress_percent=event.progress,
                error_type=NODE_ERROR.write(event.error_type),
                error_message=event.error_message,
            )
        }
    if isinstance(event, StepChanged):
        return {
            "step": transaction_pb2.StepChange(
                step=event.step,
                kind=event.kind,
                state=STEP_STATE.write(event.state),
                progress_percent=event.progress,
                failure=write_failure(event.failure),
            )
        }
    return {
        "transaction": transaction_pb2.TransactionChange(
            state=TRANSACTION_STATE.write(event.state),
            progress_percent=event.progress,
            current_activity=event.activity,
            failure=write_failure(event.failure),
        )
    }


def _write_step(step: Step) -> transaction_pb2.Step:
    return transaction_pb2.Step(
        kind=step.kind,
        execution=f"executions/{step.execution}",
        method=step.method,
        graph_type=step.graph_type,
        state=STEP_STATE.write(step.state),
        progress_percent=step.progress,
        weight=step.weight,
        failure=write_failure(step.failure),
        node_count=len(step.uids),
        task_run_count=step.task_run_count,
    )


def _write_stats(stats: Stats) -> transaction_pb2.TransactionStats:
    return transaction_pb2.TransactionStats(
        task_runs=[
            transaction_pb2.TaskStateCount(state=TASK_STATE.write(state), count=count)
            for state, count in sorted(stats.task_runs.items())
        ],
        failed_nodes=[f"nodes/{uid}" for uid in stats.failed_nodes],
        elapsed=milliseconds(stats.elapsed_ms),
    )


def _write_selection(selection: Selection) -> selection_pb2.Selection:
    return selection_pb2.Selection(
        nodes=[f"nodes/{uid}" for uid in selection.nodes],
        tasks=selection.tasks,
        graph_types=[graph.type for graph in selection.graphs],
        force=selection.force,
    )

"""How do a transaction, its steps and its events become rows, and rows become them again?"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from planner.domain.errors import Violation
from planner.domain.events import (
    Event,
    EventBlock,
    NodeChanged,
    StepChanged,
    TaskChanged,
    TransactionChanged,
)
from planner.domain.states import (
    ClusterStatus,
    NodeErrorType,
    NodeStatus,
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
    Step,
    StepKind,
    StopRequest,
    Subgraph,
    Transaction,
    TransactionKind,
)
from planner.storage.tables import to_milliseconds

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy.engine import Row


def transaction_values(transaction: Transaction) -> dict[str, Any]:
    """Give the columns of a transaction that change during its life."""
    selection = transaction.selection
    stop = transaction.stop
    stats = transaction.stats
    return {
        "state": transaction.state,
        "run_mode": transaction.run_mode,
        "selection": {
            "nodes": selection.nodes,
            "tasks": selection.tasks,
            "graphs": [[graph.type, graph.nodes, graph.tasks] for graph in selection.graphs],
            "force": selection.force,
            "debug": selection.debug,
            "subgraphs": [[part.start, part.end] for part in selection.subgraphs],
            "is_unchecked": selection.is_unchecked,
        },
        "expected_digest": transaction.expected_digest,
        "plan_digest": transaction.plan_digest,
        "progress": transaction.progress,
        "failure": failure_value(transaction.failure),
        "activity": transaction.activity,
        "last_sequence": transaction.last_sequence,
        "stats": {
            "task_runs": stats.task_runs,
            "failed_nodes": stats.failed_nodes,
            "elapsed_ms": stats.elapsed_ms,
        },
        "labels": dict(transaction.labels),
        "scenario": transaction.scenario,
        "stop": None if stop is None else [stop.force, stop.grace_period_ms, stop.erase],
        "snapshot": transaction.snapshot,
        "retry_of": transaction.retry_of,
        "previous_status": transaction.previous_status,
        "started_at": transaction.started_at,
        "finished_at": transaction.finished_at,
    }


def transaction_from_row(row: Row[Any]) -> Transaction:
    """Read a transaction."""
    selection, stats = row.selection, row.stats
    return Transaction(
        id=row.id,
        number=row.number,
        kind=TransactionKind(row.kind),
        cluster=row.cluster,
        state=TransactionState(row.state),
        run_mode=RunMode(row.run_mode),
        selection=_selection(selection),
        expected_digest=row.expected_digest,
        plan_digest=row.plan_digest,
        progress=row.progress,
        failure=failure_from_value(row.failure),
        activity=row.activity,
        last_sequence=row.last_sequence,
        stats=Stats(
            task_runs={TaskState(state): count for state, count in stats["task_runs"].items()},
            failed_nodes=tuple(stats["failed_nodes"]),
            elapsed_ms=stats["elapsed_ms"],
        ),
        labels=row.labels,
        scenario=row.scenario,
        stop=None if row.stop is None else StopRequest(*row.stop),
        snapshot=row.snapshot,
        retry_of=row.retry_of,
        previous_status=ClusterStatus(row.previous_status),
        created_at=row.created_at,
        started_at=row.started_at,
        finished_at=row.finished_at,
    )


def _selection(value: dict[str, Any]) -> Selection:
    return Selection(
        nodes=tuple(value["nodes"]),
        tasks=tuple(value["tasks"]),
        graphs=tuple(
            GraphRun(kind, None if nodes is None else tuple(nodes), tuple(tasks))
            for kind, nodes, tasks in value["graphs"]
        ),
        force=value["force"],
        debug=value["debug"],
        subgraphs=tuple(Subgraph(tuple(start), tuple(end)) for start, end in value["subgraphs"]),
        is_unchecked=value["is_unchecked"],
    )


def step_values(step: Step) -> dict[str, Any]:
    """Give the columns of a step that change during its life."""
    return {
        "uids": list(step.uids),
        "task_run_count": step.task_run_count,
        "is_planned": step.is_planned,
        "state": step.state,
        "progress": step.progress,
        "failure": failure_value(step.failure),
        "cursor": step.cursor,
        "journal": step.journal,
        "elapsed_ms": step.elapsed_ms,
    }


def step_from_row(row: Row[Any]) -> Step:
    """Read a step."""
    return Step(
        position=row.position,
        kind=StepKind(row.kind),
        method=row.method,
        execution=row.execution,
        graph_type=row.graph_type,
        uids=tuple(row.uids),
        weight=row.weight,
        state=StepState(row.state),
        progress=row.progress,
        failure=failure_from_value(row.failure),
        task_run_count=row.task_run_count,
        is_planned=row.is_planned,
        cursor=row.cursor,
        journal=row.journal,
        elapsed_ms=row.elapsed_ms,
    )


def failure_value(failure: Failure | None) -> dict[str, Any] | None:
    """Turn a failure into JSON."""
    if failure is None:
        return None
    return {
        "reason": failure.reason,
        "message": failure.message,
        "metadata": dict(failure.metadata),
        "violations": [[v.reason, v.subject, v.message] for v in failure.violations],
    }


def failure_from_value(value: dict[str, Any] | None) -> Failure | None:
    """Read a failure."""
    if value is None:
        return None
    violations = tuple(Violation(*violation) for violation in value["violations"])
    return Failure(value["reason"], value["message"], value["metadata"], violations)


_TRANSACTION, _STEP, _TASK, _NODE = "x", "s", "t", "n"


def events_text(events: Sequence[Event]) -> str:
    """Write a block of events as JSON: one short array an event, its kind first."""
    return json.dumps([_event_value(event) for event in events], separators=(",", ":"))


def _event_value(event: Event) -> tuple[Any, ...]:
    if isinstance(event, TaskChanged):
        return (_TASK, *event)
    if isinstance(event, NodeChanged):
        return (_NODE, *event)
    *rest, failure = event
    kind = _STEP if isinstance(event, StepChanged) else _TRANSACTION
    return (kind, *rest, failure_value(failure))


def block_from_row(row: Row[Any]) -> EventBlock:
    """Read a block of events."""
    events = tuple(map(_read, json.loads(row.events)))
    return EventBlock(row.first_sequence, to_milliseconds(row.recorded_at), events)


_TASK_STATES: Final[Mapping[str, TaskState]] = {state.value: state for state in TaskState}


def _read(value: list[Any]) -> Event:
    kind, *values = value
    if kind == _TASK:
        step, uid, task, state, offset_ms, error = values
        return TaskChanged(step, uid, task, _TASK_STATES[state], offset_ms, error)
    if kind == _NODE:
        return _node(*values)
    return _step(*values) if kind == _STEP else _transaction(*values)


def _node(
    uid: str, status: str, progress: int, error_type: str | None, error_message: str
) -> NodeChanged:
    kind = NodeErrorType(error_type) if error_type else None
    return NodeChanged(uid, NodeStatus(status), progress, kind, error_message)


def _step(
    step: int, kind: str, state: str | None, progress: int, failure: dict[str, Any] | None
) -> StepChanged:
    new = StepState(state) if state else None
    return StepChanged(step, StepKind(kind), new, progress, failure_from_value(failure))


def _transaction(
    state: str | None, progress: int, activity: str, failure: dict[str, Any] | None
) -> TransactionChanged:
    new = TransactionState(state) if state else None
    return TransactionChanged(new, progress, activity, failure_from_value(failure))

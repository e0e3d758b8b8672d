"""How do an execution's event columns become reports?"""

from __future__ import annotations

import json
from itertools import accumulate
from typing import TYPE_CHECKING, Final

from orchestrator.v1 import execution_pb2 as pb
from planner.domain.reports import ExecutionState, Report
from planner.domain.states import TaskState

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

TASK_STATES: Final[Mapping[int, TaskState]] = {
    pb.TASK_STATUS_RUNNING: TaskState.RUNNING,
    pb.TASK_STATUS_SUCCESSFUL: TaskState.READY,
    pb.TASK_STATUS_FAILED: TaskState.ERROR,
    pb.TASK_STATUS_DEP_FAILED: TaskState.DEP_FAILED,
    pb.TASK_STATUS_SKIPPED: TaskState.SKIPPED,
    pb.TASK_STATUS_NOT_RUN: TaskState.NOT_RUN,
}

EXECUTION_STATES: Final[Mapping[int, ExecutionState]] = {
    pb.EXECUTION_STATE_RUNNING: ExecutionState.RUNNING,
    pb.EXECUTION_STATE_STOPPING: ExecutionState.STOPPING,
    pb.EXECUTION_STATE_READY: ExecutionState.READY,
    pb.EXECUTION_STATE_ERROR: ExecutionState.ERROR,
    pb.EXECUTION_STATE_STOPPED: ExecutionState.STOPPED,
    pb.EXECUTION_STATE_ABORTED: ExecutionState.ABORTED,
}


class EventGap(Exception):
    """Events are missing between what is recorded and what arrived."""


def read_columns(
    columns: pb.ExecutionEventColumns, tables: pb.ExecutionTables, after: int
) -> tuple[list[Report], int]:
    """Read the reports after a sequence, and the sequence of the last one.

    What is at or before ``after`` is dropped: it is recorded already. Raises EventGap when the
    first one that follows is not ``after + 1`` (architecture law 4).
    """
    first = columns.first_sequence
    count = len(columns.elapsed_ms_delta)
    if first > after + 1:
        raise EventGap(f"expected event {after + 1}, got {first}")
    skip = after + 1 - first
    reports = _rows(columns, ["", *tables.uids], ["", *tables.task_ids])
    return reports[skip:], max(after, first + count - 1)


def _rows(
    columns: pb.ExecutionEventColumns, uids: Sequence[str], tasks: Sequence[str]
) -> list[Report]:
    """Turn columns into reports, column by column: a deployment has hundreds of thousands."""
    texts = ["", *columns.texts]
    attributes = {
        index: json.loads(texts[index]) for index in set(columns.node_attributes) if index
    }
    table = zip(
        accumulate(columns.elapsed_ms_delta),
        [uids[index] for index in columns.uid],
        [tasks[index] for index in columns.task],
        map(TASK_STATES.get, columns.task_status),
        [progress - 1 if progress else None for progress in columns.node_progress],
        map(attributes.get, columns.node_attributes),
        map(EXECUTION_STATES.get, columns.execution_state),
        [progress - 1 if progress else None for progress in columns.execution_progress],
        [texts[index] for index in columns.error],
        strict=True,
    )
    return list(map(Report._make, table))

"""How is the history of task runs kept?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import func, select, tuple_, update

from planner.domain.states import TaskState
from planner.domain.transaction import TaskRun
from planner.storage.bulk import BulkStatement, write_rows
from planner.storage.tables import task_runs

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from sqlalchemy.engine import Connection

    from planner.domain.recording import RunUpdate
    from planner.services.ports import Page

_INSERT: Final = BulkStatement(
    each='INSERT INTO task_runs ("transaction", step, instance, uid, task, type, state, error)'
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
    at_once='INSERT INTO task_runs ("transaction", step, instance, uid, task, type, state, error)'
    " SELECT * FROM unnest(%s::bigint[], %s::int[], %s::int[], %s::text[], %s::text[],"
    " %s::text[], %s::text[], %s::text[])",
)

_UPDATE: Final = BulkStatement(
    each="UPDATE task_runs SET state = ?, start_ms = ?, end_ms = ?, error = ?"
    ' WHERE "transaction" = ? AND step = ? AND instance = ?',
    at_once="UPDATE task_runs AS run SET state = new.state, start_ms = new.start_ms,"
    " end_ms = new.end_ms, error = new.error FROM unnest(%s::text[], %s::bigint[],"
    " %s::bigint[], %s::text[], %s::bigint[], %s::int[], %s::int[])"
    " AS new (state, start_ms, end_ms, error, number, step, instance)"
    ' WHERE run."transaction" = new.number AND run.step = new.step'
    " AND run.instance = new.instance",
)

_STATES: Final[Mapping[str, TaskState]] = {state.value: state for state in TaskState}


class HistoryRows:
    """The task_runs table within one unit of work.

    Inserts and updates go to the driver as plain tuples: a deployment of 1,000 nodes writes
    hundreds of thousands of them.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, transaction: int, step: int, runs: Iterable[tuple[int, str, str, str]]) -> None:
        """Insert pending runs: (instance, uid, task, type)."""
        pending = TaskState.PENDING.value
        rows = [(transaction, step, *run, pending, "") for run in runs]
        write_rows(self._connection, _INSERT, rows)

    def update(self, transaction: int, step: int, updates: Sequence[RunUpdate]) -> None:
        """Write new values of runs."""
        rows = [
            (u.state.value, u.start_ms, u.end_ms, u.error, transaction, step, u.instance)
            for u in updates
        ]
        write_rows(self._connection, _UPDATE, rows)

    def end_unfinished(self, transaction: int, state: TaskState) -> None:
        """Move every run that has not ended to a final state."""
        self._connection.execute(
            update(task_runs)
            .where(
                task_runs.c.transaction == transaction,
                task_runs.c.state.in_([TaskState.PENDING, TaskState.RUNNING]),
            )
            .values(state=state)
        )

    def states(
        self, transaction: int, step: int
    ) -> Iterator[tuple[int, str, str, TaskState, int | None]]:
        """Yield (instance, uid, task, state, start_ms) of a step's runs."""
        c = task_runs.c
        query = select(c.instance, c.uid, c.task, c.state, c.start_ms).where(
            c.transaction == transaction, c.step == step
        )
        for instance, uid, task, state, start_ms in self._connection.execute(query):
            yield instance, uid, task, _STATES[state], start_ms

    def ready(self, transaction: int, step: int) -> Iterable[tuple[str, str]]:
        """Return the (uid, task) pairs of a step that ended ready."""
        c = task_runs.c
        query = select(c.uid, c.task).where(
            c.transaction == transaction, c.step == step, c.state == TaskState.READY
        )
        return [(uid, task) for uid, task in self._connection.execute(query)]

    def counts(self, transaction: int) -> Mapping[TaskState, int]:
        """Count runs by state."""
        query = (
            select(task_runs.c.state, func.count())
            .where(task_runs.c.transaction == transaction)
            .group_by(task_runs.c.state)
        )
        return {TaskState(state): count for state, count in self._connection.execute(query)}

    def page(
        self, transaction: int, page: Page, uid: str, task: str, state: TaskState | None
    ) -> Sequence[TaskRun]:
        """List runs keyed by (step, instance), narrowed where a filter is not empty."""
        c = task_runs.c
        query = select(task_runs).where(c.transaction == transaction).order_by(c.step, c.instance)
        if uid:
            query = query.where(c.uid == uid)
        if task:
            query = query.where(c.task == task)
        if state is not None:
            query = query.where(c.state == state)
        if page.after is not None:
            query = query.where(tuple_(c.step, c.instance) > page.after)
        return [_run(row) for row in self._connection.execute(query.limit(page.size))]


def _run(row: Any) -> TaskRun:
    return TaskRun(
        step=row.step,
        instance=row.instance,
        uid=row.uid,
        task=row.task,
        type=row.type,
        state=TaskState(row.state),
        start_ms=row.start_ms,
        end_ms=row.end_ms,
        error=row.error,
    )

"""What is kept of batches, executions, events, commands and scenarios (law 4)?

What a call writes is committed when it returns. Where it is kept: `journal_file`.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from orchestrator.domain.canonical import canonical_json
from orchestrator.domain.states import FINISHED_EXECUTION, ExecutionState, change_execution
from orchestrator.engine.errors import (
    BatchIdReusedError,
    EventsTrimmedError,
    ExecutionNotFoundError,
    SequenceAheadError,
    TaskUuidTakenError,
)
from orchestrator.engine.journal_file import JournalFile
from orchestrator.engine.records import EventBlock, ExecutionRecord, JournaledCommand

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence
    from pathlib import Path

    from orchestrator.engine.records import Advance, BatchRecord, Submission

_EXECUTION: Final = """
SELECT e.task_uuid, b.batch_id, b.number, e.position, e.method, e.stops,
       e.state, e.progress, e.error,
       e.last_sequence, e.trimmed_sequence, e.elapsed_ms, b.labels, b.scenario, b.created, e.ended
FROM execution e JOIN batch b ON b.number = e.batch_number
"""


class Journal:
    """What the journal file holds; every method is atomic and may be called from any thread."""

    def __init__(self, path: Path, new_id: str) -> None:
        """Open or create the file; a new one takes `new_id` as its identity for good."""
        self._file = JournalFile(path, new_id)

    @property
    def journal_id(self) -> str:
        """The identity of the file."""
        return self._file.journal_id

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    # -- batches and executions ----------------------------------------------------------------

    def accept(self, batch: BatchRecord, submissions: Sequence[Submission]) -> bool:
        """Keep a batch; False when it was kept before with the same content.

        Raises BatchIdReusedError or TaskUuidTakenError, keeping nothing.
        """
        with self._file.write() as sql:
            known = sql.execute(
                "SELECT digest FROM batch WHERE batch_id = ?", (batch.batch_id,)
            ).fetchone()
            if known is not None:
                if known[0] != batch.digest:
                    raise BatchIdReusedError(batch.batch_id)
                return False
            for submission in submissions:
                self._refuse_taken(sql, submission.task_uuid)
            number = sql.execute(
                "INSERT INTO batch (batch_id, digest, labels, scenario, scenario_text, created)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                (
                    batch.batch_id,
                    batch.digest,
                    canonical_json(dict(batch.labels)),
                    batch.scenario,
                    batch.scenario_text,
                    batch.created,
                ),
            ).lastrowid
            sql.executemany(
                "INSERT INTO execution (task_uuid, batch_number, position, method, stops, message,"
                " tables, state) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                [
                    (s.task_uuid, number, place, s.method, s.stops, s.message, s.tables, _PENDING)
                    for place, s in enumerate(submissions)
                ],
            )
        return True

    def has_batch(self, batch_id: str) -> bool:
        """Tell whether a batch was accepted."""
        with self._file.read() as sql:
            found = sql.execute("SELECT 1 FROM batch WHERE batch_id = ?", (batch_id,)).fetchone()
        return found is not None

    def execution(self, task_uuid: str) -> ExecutionRecord:
        """Return one execution; raises ExecutionNotFoundError."""
        with self._file.read() as sql:
            row = sql.execute(f"{_EXECUTION} WHERE e.task_uuid = ?", (task_uuid,)).fetchone()
        if row is None:
            raise ExecutionNotFoundError(task_uuid)
        return _record(row)

    def batch_executions(self, batch_id: str) -> list[ExecutionRecord]:
        """Return the executions of a batch in order; none where it is not known."""
        with self._file.read() as sql:
            rows = sql.execute(
                f"{_EXECUTION} WHERE b.batch_id = ? ORDER BY e.position", (batch_id,)
            ).fetchall()
        return [_record(row) for row in rows]

    def list_executions(
        self,
        *,
        limit: int,
        before: tuple[int, int] | None = None,
        batch_id: str = "",
        state: ExecutionState | None = None,
    ) -> list[ExecutionRecord]:
        """Return executions, newest batch first, in order within it, after a (batch, position)."""
        conditions = ["1"]
        values: list[int | str] = []
        if before is not None:
            conditions.append("(b.number < ? OR (b.number = ? AND e.position > ?))")
            values += [before[0], before[0], before[1]]
        if batch_id:
            conditions.append("b.batch_id = ?")
            values.append(batch_id)
        if state is not None:
            conditions.append("e.state = ?")
            values.append(int(state))
        # Only fixed texts are joined here; what comes from outside are bound values.
        query = f"{_EXECUTION} WHERE {' AND '.join(conditions)}"
        with self._file.read() as sql:
            rows = sql.execute(
                f"{query} ORDER BY b.number DESC, e.position LIMIT ?", (*values, limit)
            ).fetchall()
        return [_record(row) for row in rows]

    def unfinished_batches(self) -> list[str]:
        """Return the ids of batches with an execution that has not ended, oldest first."""
        with self._file.read() as sql:
            rows = sql.execute(
                "SELECT DISTINCT b.batch_id, b.number FROM execution e JOIN batch b"
                " ON b.number = e.batch_number WHERE e.state < ? ORDER BY b.number",
                (min(FINISHED_EXECUTION),),
            ).fetchall()
        return [row[0] for row in rows]

    def message(self, task_uuid: str) -> bytes:
        """Return the bytes of an execution's message."""
        return self._stored("SELECT message FROM execution WHERE task_uuid = ?", task_uuid)

    def tables(self, task_uuid: str) -> bytes:
        """Return what the indices in an execution's events stand for (`ExecutionTables`)."""
        return self._stored("SELECT tables FROM execution WHERE task_uuid = ?", task_uuid)

    def scenario_text(self, batch_id: str) -> str:
        """Return the scenario under which a batch was accepted."""
        with self._file.read() as sql:
            row = sql.execute(
                "SELECT scenario_text FROM batch WHERE batch_id = ?", (batch_id,)
            ).fetchone()
        return str(row[0])

    # -- events --------------------------------------------------------------------------------

    def advance(self, task_uuid: str, advance: Advance) -> None:
        """Keep new events and how the execution stands after them, in one commit."""
        with self._file.write() as sql:
            number, last = sql.execute(
                "SELECT state, last_sequence FROM execution WHERE task_uuid = ?", (task_uuid,)
            ).fetchone()
            state = ExecutionState(number)
            for new in advance.states:
                state = change_execution(task_uuid, state, new)
            sql.executemany(
                "INSERT INTO event_block VALUES (?, ?, ?, ?)",
                [
                    (task_uuid, block.first_sequence, block.last_sequence, block.payload)
                    for block in advance.blocks
                ],
            )
            sql.execute(
                "UPDATE execution SET state = ?, progress = ?, error = ?, elapsed_ms = ?,"
                " ended = ?, last_sequence = ? WHERE task_uuid = ?",
                (
                    int(state),
                    advance.progress,
                    advance.error,
                    advance.elapsed_ms,
                    advance.ended,
                    advance.blocks[-1].last_sequence if advance.blocks else last,
                    task_uuid,
                ),
            )

    def events_after(self, task_uuid: str, sequence: int, limit: int) -> list[EventBlock]:
        """Return up to `limit` blocks with events after a sequence; the first may begin before it.

        Raises EventsTrimmedError or SequenceAheadError.
        """
        record = self.execution(task_uuid)
        if sequence < record.trimmed_sequence:
            raise EventsTrimmedError(task_uuid, sequence, record.trimmed_sequence)
        if sequence > record.last_sequence:
            raise SequenceAheadError(task_uuid, sequence, record.last_sequence)
        with self._file.read() as sql:
            rows = sql.execute(
                "SELECT first_sequence, last_sequence, payload FROM event_block"
                " WHERE task_uuid = ? AND last_sequence > ? ORDER BY first_sequence LIMIT ?",
                (task_uuid, sequence, limit),
            ).fetchall()
        return [EventBlock(*row) for row in rows]

    def acknowledge(self, task_uuid: str, sequence: int) -> int:
        """Forget blocks whose every event is acknowledged; return how far that is now."""
        record = self.execution(task_uuid)
        if sequence > record.last_sequence:
            raise SequenceAheadError(task_uuid, sequence, record.last_sequence)
        with self._file.write() as sql:
            sql.execute(
                "UPDATE execution SET trimmed_sequence = max(trimmed_sequence, ?)"
                " WHERE task_uuid = ?",
                (sequence, task_uuid),
            )
            sql.execute(
                "DELETE FROM event_block WHERE task_uuid = ? AND last_sequence <= ?",
                (task_uuid, sequence),
            )
        return max(sequence, record.trimmed_sequence)

    # -- outside commands ----------------------------------------------------------------------

    def add_command(self, task_uuid: str, command: JournaledCommand) -> None:
        """Keep an outside command before it takes effect."""
        with self._file.write() as sql:
            sql.execute(
                "INSERT INTO command (task_uuid, step, at_ms, kind, payload)"
                " VALUES (?, ?, ?, ?, ?)",
                (task_uuid, command.step, command.at_ms, command.kind, command.payload),
            )

    def commands(self, task_uuid: str) -> list[JournaledCommand]:
        """Return an execution's outside commands in order."""
        with self._file.read() as sql:
            rows = sql.execute(
                "SELECT step, at_ms, kind, payload FROM command WHERE task_uuid = ?"
                " ORDER BY number",
                (task_uuid,),
            ).fetchall()
        return [JournaledCommand(*row) for row in rows]

    # -- scenarios -----------------------------------------------------------------------------

    def put_scenario(self, name: str, text: str, updated: float) -> None:
        """Keep a scenario's text under a name."""
        with self._file.write() as sql:
            sql.execute("INSERT OR REPLACE INTO scenario VALUES (?, ?, ?)", (name, text, updated))

    def scenarios(self, *, after: str = "", limit: int = 1000) -> list[tuple[str, str, float]]:
        """Return (name, text, updated) of scenarios by name, after a name."""
        with self._file.read() as sql:
            return sql.execute(
                "SELECT name, text, updated FROM scenario WHERE name > ? ORDER BY name LIMIT ?",
                (after, limit),
            ).fetchall()

    def scenario(self, name: str) -> tuple[str, str, float] | None:
        """Return (name, text, updated) of one scenario, or None."""
        with self._file.read() as sql:
            row: tuple[str, str, float] | None = sql.execute(
                "SELECT name, text, updated FROM scenario WHERE name = ?", (name,)
            ).fetchone()
        return row

    def delete_scenario(self, name: str) -> bool:
        """Forget a scenario; False where there was none."""
        with self._file.write() as sql:
            return bool(sql.execute("DELETE FROM scenario WHERE name = ?", (name,)).rowcount)

    # -- inside --------------------------------------------------------------------------------

    def _stored(self, query: str, task_uuid: str) -> bytes:
        with self._file.read() as sql:
            row = sql.execute(query, (task_uuid,)).fetchone()
        if row is None:
            raise ExecutionNotFoundError(task_uuid)
        return bytes(row[0])

    def _refuse_taken(self, sql: sqlite3.Connection, task_uuid: str) -> None:
        taken = sql.execute(
            "SELECT b.batch_id FROM execution e JOIN batch b ON b.number = e.batch_number"
            " WHERE e.task_uuid = ?",
            (task_uuid,),
        ).fetchone()
        if taken is not None:
            raise TaskUuidTakenError(task_uuid, taken[0])


_PENDING: Final = int(ExecutionState.PENDING)
_STATE: Final = 6
_LABELS: Final = 12


def _record(row: tuple[Any, ...]) -> ExecutionRecord:
    values = list(row)
    values[_STATE] = ExecutionState(row[_STATE])
    values[_LABELS] = json.loads(row[_LABELS])
    return ExecutionRecord(*values)

"""How does an execution that was cut short go on after a restart?

It runs again from its start: being deterministic, with the outside commands of the journal given
at their steps, it meets every journaled event again. Those are compared, not written a second
time; what comes after them is new.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from orchestrator.engine.errors import JournalDivergedError
from orchestrator.engine.event_blocks import encode_block
from orchestrator.engine.run_commands import apply_command

if TYPE_CHECKING:
    from collections.abc import Sequence

    from orchestrator.domain.record import Rows
    from orchestrator.engine.ports import Run
    from orchestrator.engine.records import EventBlock, ExecutionRecord, JournaledCommand

_SLICE: Final = 10_000


def replay(
    task_uuid: str,
    run: Run,
    record: ExecutionRecord,
    blocks: Sequence[EventBlock],
    commands: Sequence[JournaledCommand],
) -> Rows:
    """Bring `run` to where its journal stands; return the events beyond it.

    `blocks` are the journaled events, as far as they were not trimmed. Raises
    JournalDivergedError when the run does not meet them again.
    """
    for command in commands:
        while run.steps < command.step and run.result is None:
            run.advance(command.step - run.steps)
        apply_command(run, command)
    # Not beyond the time of the journal: how far a clock goes from there is for its pace to say.
    steps = -1
    while run.record.last_sequence < record.last_sequence and run.steps > steps:
        steps = run.steps
        run.advance(_SLICE, record.elapsed_ms)
    rows = run.record.take()
    if rows.last_sequence < record.last_sequence:
        raise JournalDivergedError(task_uuid, rows.last_sequence + 1)
    for block in blocks:
        again = rows.between(block.first_sequence, block.last_sequence)
        if encode_block(again, run.tables) != block.payload:
            raise JournalDivergedError(task_uuid, block.first_sequence)
    return rows.between(record.last_sequence + 1, rows.last_sequence)

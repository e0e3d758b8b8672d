"""How does one execution go from its turn to its end: slices, journal, bell, pace?

The run itself works in slices in a worker thread, so that the event loop stays free for streams;
everything else here happens on the loop.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final, TypeVar

from orchestrator.domain.record import EXECUTION, Record, Rows, Tables
from orchestrator.domain.states import FINISHED_EXECUTION, ExecutionState
from orchestrator.engine.errors import NotInjectableError, NotSteppedError, UnknownTargetError
from orchestrator.engine.event_blocks import encode_blocks
from orchestrator.engine.pace import Pace
from orchestrator.engine.ports import Breakable
from orchestrator.engine.records import Advance
from orchestrator.engine.replay import replay
from orchestrator.engine.run_commands import (
    apply_command,
    grant,
    granted_ms,
    stamped,
    without_grants,
)
from orchestrator.simulate.scenario import ClockMode

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Executor

    from orchestrator.engine.bell import Bells
    from orchestrator.engine.journal import Journal
    from orchestrator.engine.ports import Clock, Run, RunOpener
    from orchestrator.simulate.commands import Command, FaultCommand

T = TypeVar("T")

SLICE_STEPS: Final = 2_000
"""Things that may happen before the journal is written and streams are looked at."""

ALL_BLOCKS: Final = 2**31

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What every execution runner works with."""

    journal: Journal
    opener: RunOpener
    bells: Bells
    clock: Clock
    workers: Executor


class ExecutionRunner:
    """Runs one accepted execution to its end, from wherever its journal stands."""

    def __init__(self, surroundings: Surroundings, task_uuid: str) -> None:
        self.task_uuid = task_uuid
        self._in = surroundings
        self._commands: list[tuple[Command, asyncio.Future[None]]] = []
        self._wake = asyncio.Event()
        self._opened = asyncio.Event()
        self._run: Run | None = None
        self._pace: Pace | None = None
        self._progress = 0
        self._is_closing = False

    async def run(self) -> ExecutionState | None:
        """Run to the end and return the final state; None when closed before it.

        An execution that cannot be run on (a bug, a journal that its replay contradicts) ends in
        error, visibly, instead of staying unfinished for ever.
        """
        try:
            return await self._run_to_end()
        except Exception as error:  # noqa: BLE001 - told in the log and to every watcher
            text = f"the execution cannot go on: {error}"
            _log.exception("execution %s cannot go on", self.task_uuid)
            return await self._in_thread(lambda: self._give_up(text))
        finally:
            self._opened.set()
            self._answer_commands()
            self._in.bells.ring(self.task_uuid)

    async def obey(self, command: Command) -> None:
        """Give the run a command; returns when it is journaled and has taken effect."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._commands.append((command, done))
        self._wake.set()
        await done

    async def inject(self, command: FaultCommand) -> int:
        """Break something; return the time at which it broke.

        Raises NotInjectableError or UnknownTargetError.
        """
        await self._opened.wait()
        run = self._run
        if run is None or run.result is not None or not isinstance(run, Breakable):
            raise NotInjectableError(self.task_uuid)
        if not run.knows(command):
            raise UnknownTargetError(self.task_uuid, command.uid, command.task_id)
        await self.obey(command)
        return run.now_ms

    async def allow(self, by_ms: int) -> int:
        """Let a stepped clock go on; return the time it may reach, which is journaled then.

        Raises NotSteppedError.
        """
        await self._opened.wait()
        run, pace = self._run, self._pace
        if run is None or pace is None or pace.mode is not ClockMode.STEPPED:
            raise NotSteppedError(self.task_uuid)
        until_ms = pace.allow(by_ms)
        kept = grant(run, until_ms)
        await self._in_thread(partial(self._in.journal.add_command, self.task_uuid, kept))
        self._wake.set()
        return until_ms

    def close(self) -> None:
        """Leave the execution as its journal has it, at the next boundary between slices."""
        self._is_closing = True
        self._wake.set()

    # -- on the loop ---------------------------------------------------------------------------

    async def _run_to_end(self) -> ExecutionState | None:
        run, pace = await self._in_thread(self._open)
        self._run, self._pace = run, pace
        self._opened.set()
        self._in.bells.ring(self.task_uuid)
        while run.result is None and not self._is_closing:
            self._wake.clear()
            if self._commands:
                await self._take_commands(run, pace)
            elif pace.is_due(run):
                await self._in_thread(lambda: self._slice(run, pace.horizon_ms()))
            else:
                await pace.wait(run, self._wake)
                continue
            self._in.bells.ring(self.task_uuid)
        return run.result

    async def _take_commands(self, run: Run, pace: Pace) -> None:
        while self._commands:
            command, done = self._commands[0]
            await self._in_thread(partial(self._obey, run, pace, command))
            del self._commands[0]
            if not done.done():
                done.set_result(None)

    def _answer_commands(self) -> None:
        """Answer stops that came too late: the execution is as it is."""
        for _, done in self._commands:
            if not done.done():
                done.set_result(None)
        self._commands = []

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._in.workers, work)

    # -- in a worker thread --------------------------------------------------------------------

    def _open(self) -> tuple[Run, Pace]:
        journal = self._in.journal
        record = journal.execution(self.task_uuid)
        run, mode, speed = self._in.opener.open(
            journal.message(self.task_uuid),
            journal.scenario_text(record.batch_id),
            task_uuid=self.task_uuid,
            batch_id=record.batch_id,
            labels=record.labels,
        )
        self._progress = record.progress
        commands = journal.commands(self.task_uuid)
        if record.last_sequence or commands:
            blocks = journal.events_after(self.task_uuid, record.trimmed_sequence, ALL_BLOCKS)
            rows = replay(self.task_uuid, run, record, blocks, without_grants(commands))
            self._keep(run, rows)
        return run, Pace(mode, speed, self._in.clock, run.now_ms, granted_ms(commands))

    def _slice(self, run: Run, until_ms: int | None) -> None:
        run.advance(SLICE_STEPS, until_ms)
        self._keep(run, run.record.take())

    def _obey(self, run: Run, pace: Pace, command: Command) -> None:
        kept = stamped(run, command, pace.horizon_ms() or run.now_ms)
        self._in.journal.add_command(self.task_uuid, kept)
        apply_command(run, kept)
        self._keep(run, run.record.take())

    def _keep(self, run: Run, rows: Rows) -> None:
        """Journal events and how the execution stands after them."""
        if not len(rows):
            return
        self._progress = max([self._progress, *rows.execution_progress.values()])
        self._in.journal.advance(
            self.task_uuid,
            Advance(
                blocks=encode_blocks(rows, run.tables),
                states=_states(rows),
                progress=self._progress,
                elapsed_ms=run.now_ms,
                error=run.error,
                ended=self._in.clock.now() if run.result is not None else None,
            ),
        )

    def _give_up(self, error: str) -> ExecutionState:
        record = self._in.journal.execution(self.task_uuid)
        if record.is_finished:
            return record.state
        states = [ExecutionState.ERROR]
        if record.state is ExecutionState.PENDING:
            states.insert(0, ExecutionState.RUNNING)
        end_without_run(self._in, self.task_uuid, states, error)
        return ExecutionState.ERROR


def end_without_run(
    surroundings: Surroundings, task_uuid: str, states: list[ExecutionState], error: str
) -> None:
    """Journal the end of an execution that does not run (any more): one event a state."""
    record = surroundings.journal.execution(task_uuid)
    events = Record(first_sequence=record.last_sequence + 1)
    for state in states:
        at = events.add(record.elapsed_ms, EXECUTION)
        events.said.execution_state[at] = int(state)
        if state in FINISHED_EXECUTION:
            events.said.execution_progress[at] = 100
            if error:
                events.said.errors[at] = error
    surroundings.journal.advance(
        task_uuid,
        Advance(
            blocks=encode_blocks(events.take(), Tables(uids=())),
            states=tuple(states),
            progress=100,
            elapsed_ms=record.elapsed_ms,
            error=error,
            ended=surroundings.clock.now(),
        ),
    )


def _states(rows: Rows) -> tuple[ExecutionState, ...]:
    return tuple(ExecutionState(state) for _, state in sorted(rows.execution_state.items()))

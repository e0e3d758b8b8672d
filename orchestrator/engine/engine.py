"""Who owns executions: accepts batches, runs them one message after another, answers for them?

Belongs to one event loop. Messages of a batch run in order, batches side by side; the first
message that does not end ready aborts those behind it, visibly.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Final

from orchestrator.domain.states import ExecutionState
from orchestrator.engine.errors import (
    ExecutionNotFoundError,
    NotInjectableError,
    NotSteppedError,
    ShuttingDownError,
)
from orchestrator.engine.execution_runner import ExecutionRunner, Surroundings, end_without_run
from orchestrator.simulate.commands import StopCommand

if TYPE_CHECKING:
    from collections.abc import Sequence

    from orchestrator.engine.records import BatchRecord, ExecutionRecord, Submission
    from orchestrator.simulate.commands import FaultCommand

ABORTED_ERROR: Final = "Task aborted: a message before it in its batch did not end ready"
STOPPED_ERROR: Final = "stopped before it started"

_log = logging.getLogger(__name__)


class Engine:
    """The executions of one journal.

    `max_running` bounds how many batches are worked on at the same time; the others wait in the
    order in which they came.
    """

    def __init__(self, surroundings: Surroundings, max_running: int = 64) -> None:
        self.bells = surroundings.bells
        self.journal = surroundings.journal
        self._in = surroundings
        self._slots = asyncio.Semaphore(max_running)
        self._batches: set[asyncio.Task[None]] = set()
        self._running: dict[str, ExecutionRunner] = {}
        self.is_closing = False

    def start(self) -> None:
        """Take up every batch that has not ended."""
        for batch_id in self.journal.unfinished_batches():
            self._begin(batch_id)

    async def submit(
        self, batch: BatchRecord, submissions: Sequence[Submission]
    ) -> list[ExecutionRecord]:
        """Keep a batch and begin it; the same batch again is answered as it stands.

        Raises BatchIdReusedError, TaskUuidTakenError or ShuttingDownError; nothing is kept then.
        """
        if self.is_closing:
            raise ShuttingDownError
        is_new = await asyncio.to_thread(self.journal.accept, batch, submissions)
        if is_new:
            _log.info("batch accepted batch_id=%s messages=%d", batch.batch_id, len(submissions))
            self._begin(batch.batch_id)
        return await asyncio.to_thread(self.journal.batch_executions, batch.batch_id)

    async def stop(self, task_uuid: str, command: StopCommand) -> ExecutionRecord:
        """Stop an execution and return it as it then stands; a finished one is left alone."""
        if self.is_closing:
            raise ShuttingDownError
        runner = self._running.get(task_uuid)
        if runner is not None:
            await runner.obey(command)
        elif self.journal.execution(task_uuid).state is ExecutionState.PENDING:
            end_without_run(self._in, task_uuid, [ExecutionState.STOPPED], STOPPED_ERROR)
            self.bells.ring(task_uuid)
        return self.journal.execution(task_uuid)

    async def advance_time(self, task_uuid: str, by_ms: int) -> int:
        """Let the stepped clock of a running execution go on; return the time it may reach."""
        runner = self._running.get(task_uuid)
        if runner is None:
            self.journal.execution(task_uuid)
            raise NotSteppedError(task_uuid)
        return await runner.allow(by_ms)

    async def inject(self, task_uuid: str, command: FaultCommand) -> int:
        """Break something in a running deployment; return the time at which it broke."""
        runner = self._running.get(task_uuid)
        if runner is None:
            self.journal.execution(task_uuid)
            raise NotInjectableError(task_uuid)
        return await runner.inject(command)

    async def aclose(self) -> None:
        """Leave every execution as its journal has it, and return when nothing works any more."""
        self.is_closing = True
        for runner in self._running.values():
            runner.close()
        self.bells.ring_all()
        await asyncio.gather(*self._batches, return_exceptions=True)
        self.bells.ring_all()

    def _begin(self, batch_id: str) -> None:
        task = asyncio.create_task(self._run_batch(batch_id), name=f"batch {batch_id}")
        self._batches.add(task)
        task.add_done_callback(self._batches.discard)

    async def _run_batch(self, batch_id: str) -> None:
        async with self._slots:
            executions = self.journal.batch_executions(batch_id)
            is_going_well = True
            for execution in executions:
                if self.is_closing:
                    return
                state = await self._run_execution(execution.task_uuid, is_wanted=is_going_well)
                if state is None:
                    return
                is_going_well = is_going_well and state is ExecutionState.READY

    async def _run_execution(self, task_uuid: str, *, is_wanted: bool) -> ExecutionState | None:
        """Run or abort one execution and return its final state; None when closed before it."""
        record = self.journal.execution(task_uuid)
        if record.is_finished:
            return record.state
        if not is_wanted:
            end_without_run(self._in, task_uuid, [ExecutionState.ABORTED], ABORTED_ERROR)
            self.bells.ring(task_uuid)
            return ExecutionState.ABORTED
        if record.stops and not await self._stop_other(record):
            return None if self.is_closing else ExecutionState.ERROR
        runner = self._running[task_uuid] = ExecutionRunner(self._in, task_uuid)
        try:
            state = await runner.run()
        finally:
            del self._running[task_uuid]
        outcome = state.name if state is not None else "left"
        _log.info("execution ended task_uuid=%s state=%s", task_uuid, outcome)
        return state

    async def _stop_other(self, record: ExecutionRecord) -> bool:
        """Stop the execution that a message names and wait for its end; False when it cannot be.

        An unknown one is answered too: with an error.
        """
        try:
            await self.stop(record.stops, StopCommand())
            while not self.is_closing:
                bell = self.bells.pending(record.stops)
                if self.journal.execution(record.stops).is_finished:
                    return True
                await bell.wait()
        except ExecutionNotFoundError as error:
            states = [ExecutionState.RUNNING, ExecutionState.ERROR]
            end_without_run(self._in, record.task_uuid, states, str(error))
            self.bells.ring(record.task_uuid)
        except ShuttingDownError:
            pass  # the answer waits for the next start
        return False

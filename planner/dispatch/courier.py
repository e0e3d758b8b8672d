"""How is one planned transaction brought to its end: sent, watched, stopped, recorded?"""

from __future__ import annotations

import asyncio
import logging
from contextlib import aclosing
from typing import TYPE_CHECKING, Final

from grpc import aio

from orchestrator.v1 import execution_pb2
from orchestrator.v1 import orchestrator_service_pb2 as pb
from planner.dispatch.connection import Orchestrator, is_lost, is_refusal
from planner.dispatch.reports import EventGap, read_columns
from planner.dispatch.windows import gathered
from planner.domain.errors import Unavailable
from planner.domain.transaction import Failure
from planner.services import progress

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from datetime import datetime

    from planner.domain.recording import Recording
    from planner.domain.reports import Report
    from planner.domain.transaction import Transaction
    from planner.services.bell import LocalBell
    from planner.services.ports import Store

logger = logging.getLogger(__name__)

PAUSE_S: Final = 0.2
"""Pause after an answer that says "not now"; an unreachable peer is gRPC's own backoff."""

LOOK_S: Final = 1.0
"""How often a stop is looked for without a ring: another process may have accepted it."""


class Courier:
    """Brings transactions to their end, one call a transaction.

    Whatever happens to it, calling it again carries on from what is recorded: batches are sent
    under the same id until confirmed, and events are watched from the recorded cursor.
    """

    def __init__(
        self,
        store: Store,
        bell: LocalBell,
        orchestrator: Orchestrator,
        plan_next: Callable[[str], Awaitable[object]],
        now: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._bell = bell
        self._orchestrator = orchestrator
        self._plan_next = plan_next
        self._now = now

    async def deliver(self, transaction: str) -> None:
        """Carry a planned transaction to its end."""
        while (recording := await self._open(transaction)) is not None:
            try:
                if not recording.step.is_planned:
                    await self._plan_next(transaction)
                elif await self._submit(recording.transaction):
                    await self._follow(recording)
            except aio.AioRpcError as error:
                await self._handle(transaction, error)
            except (EventGap, progress.CursorMoved, Unavailable) as error:
                logger.warning("transaction %s: reading again: %s", transaction, error)
                await asyncio.sleep(PAUSE_S)

    async def _open(self, transaction: str) -> Recording | None:
        return await asyncio.to_thread(progress.open_recording, self._store, transaction)

    async def _submit(self, transaction: Transaction) -> bool:
        """Send what is not confirmed; tell whether the orchestrator has everything."""
        batches = await asyncio.to_thread(progress.batches_to_send, self._store, transaction)
        for batch in batches:
            try:
                answer = await self._orchestrator.submit(batch)
            except aio.AioRpcError as error:
                if not is_refusal(error):
                    raise
                text = f"the orchestrator refused the messages: {error.details()}"
                await self._fail(transaction.id, Failure("MESSAGES_REFUSED", text))
                return False
            await asyncio.to_thread(
                progress.confirm_batch,
                self._store,
                self._bell,
                batch,
                answer.journal_id,
                self._now(),
            )
        return True

    async def _follow(self, recording: Recording) -> None:
        """Record the step's events until its execution ends, and pass a stop on meanwhile."""
        async with asyncio.TaskGroup() as group:
            stopper = group.create_task(self._pass_stop_on(recording))
            try:
                await self._watch(recording)
            except (aio.AioRpcError, EventGap, progress.CursorMoved, Unavailable) as error:
                # A group would wrap it; deliver() knows it by its own type.
                broken: Exception | None = error
            else:
                broken = None
            stopper.cancel()
        if broken is not None:
            raise broken

    async def _watch(self, recording: Recording) -> None:
        execution = recording.step.execution
        tables = execution_pb2.ExecutionTables()
        stream = self._orchestrator.watch(execution, recording.step.cursor)
        async with aclosing(gathered(stream)) as windows:
            async for window in windows:
                tables = next((part.opened.tables for part in window if _opens(part)), tables)
                columns = [part.columns for part in window if part.HasField("columns")]
                await asyncio.to_thread(self._record, recording, columns, tables)
        await self._orchestrator.acknowledge(execution, recording.step.cursor)

    def _record(
        self,
        recording: Recording,
        window: Sequence[execution_pb2.ExecutionEventColumns],
        tables: execution_pb2.ExecutionTables,
    ) -> None:
        """Record a window of events in one commit; runs in a thread of its own."""
        reports: list[Report] = []
        last = recording.step.cursor
        for columns in window:
            more, last = read_columns(columns, tables, last)
            reports += more
        if reports:
            progress.record_reports(self._store, self._bell, recording, reports, last, self._now())

    async def _pass_stop_on(self, recording: Recording) -> None:
        """Ask the orchestrator to stop as soon as a stop is accepted."""
        with self._bell.listen(recording.transaction.id) as news:
            while True:
                stop = await asyncio.to_thread(
                    progress.requested_stop, self._store, recording.transaction.id
                )
                if stop is not None:
                    break
                await news.wait(LOOK_S)
        request = pb.StopExecutionRequest(
            execution=recording.step.execution,
            force=stop.force,
            grace_period_ms=stop.grace_period_ms,
            erase=stop.erase,
        )
        while True:
            try:
                await self._orchestrator.stop(request)
            except aio.AioRpcError as error:
                logger.warning(
                    "transaction %s: stop: %s", recording.transaction.id, error.details()
                )
                await asyncio.sleep(PAUSE_S)
            else:
                return

    async def _handle(self, transaction: str, error: aio.AioRpcError) -> None:
        if is_lost(error):
            text = f"the orchestrator lost the execution: {error.details()}"
            await self._fail(transaction, Failure("EXECUTION_LOST", text))
            return
        logger.warning("transaction %s: %s %s", transaction, error.code(), error.details())
        await asyncio.sleep(PAUSE_S)

    async def _fail(self, transaction: str, failure: Failure) -> None:
        await asyncio.to_thread(
            progress.fail_transaction, self._store, self._bell, transaction, failure, self._now()
        )


def _opens(part: pb.WatchExecutionResponse) -> bool:
    return part.HasField("opened")

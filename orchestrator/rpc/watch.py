"""How does a watcher follow one execution, from any sequence to its end?"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from orchestrator.engine.errors import ShuttingDownError
from orchestrator.rpc.event_forms import columns_after, events_after
from orchestrator.rpc.executions import execution_message, timestamp
from orchestrator.v1 import execution_pb2
from orchestrator.v1 import orchestrator_service_pb2 as pb

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from orchestrator.engine.engine import Engine
    from orchestrator.engine.ports import Clock
    from orchestrator.engine.records import EventBlock, ExecutionRecord

BLOCKS_A_READ: Final = 16


class Watch:
    """One stream of events, read from the journal: bell first, then rows, then wait.

    Nothing is kept for a watcher but its cursor, so a slow one costs only itself.
    """

    def __init__(self, engine: Engine, clock: Clock, bookmark_seconds: float) -> None:
        self._engine = engine
        self._clock = clock
        self._bookmark_seconds = bookmark_seconds

    async def responses(
        self, task_uuid: str, after_sequence: int, form: pb.EventForm.ValueType
    ) -> AsyncIterator[pb.WatchExecutionResponse]:
        """Yield opened, events, bookmarks, finished.

        Raises what `Journal.events_after` raises, and ShuttingDownError when the service ends
        before the execution does.
        """
        journal = self._engine.journal
        await asyncio.to_thread(journal.events_after, task_uuid, after_sequence, 0)
        tables = execution_pb2.ExecutionTables.FromString(
            await asyncio.to_thread(journal.tables, task_uuid)
        )
        record = await asyncio.to_thread(journal.execution, task_uuid)
        is_columns = form == pb.EVENT_FORM_COLUMNS
        yield self._opened(record, tables if is_columns else None)
        cursor = after_sequence
        while True:
            bell = self._engine.bells.pending(task_uuid)
            record = await asyncio.to_thread(journal.execution, task_uuid)
            while blocks := await asyncio.to_thread(
                journal.events_after, task_uuid, cursor, BLOCKS_A_READ
            ):
                for block in blocks:
                    for response in _responses(block, cursor, tables, is_columns=is_columns):
                        yield response
                    cursor = block.last_sequence
            if record.is_finished and cursor >= record.last_sequence:
                yield pb.WatchExecutionResponse(
                    finished=pb.WatchFinished(execution=execution_message(record))
                )
                return
            if self._engine.is_closing:
                raise ShuttingDownError
            if not await self._rings(bell):
                yield self._bookmark(cursor)

    async def _rings(self, bell: asyncio.Event) -> bool:
        """Wait for news; False when it is time to say that there are none."""
        try:
            async with asyncio.timeout(self._bookmark_seconds):
                await bell.wait()
        except TimeoutError:
            return False
        return True

    def _opened(
        self, record: ExecutionRecord, tables: execution_pb2.ExecutionTables | None
    ) -> pb.WatchExecutionResponse:
        opened = pb.WatchOpened(
            journal_id=self._engine.journal.journal_id,
            execution=execution_message(record),
            tables=tables,
        )
        return pb.WatchExecutionResponse(opened=opened)

    def _bookmark(self, cursor: int) -> pb.WatchExecutionResponse:
        now = timestamp(self._clock.now())
        return pb.WatchExecutionResponse(bookmark=pb.Bookmark(last_sequence=cursor, time=now))


def _responses(
    block: EventBlock, cursor: int, tables: execution_pb2.ExecutionTables, *, is_columns: bool
) -> list[pb.WatchExecutionResponse]:
    if is_columns:
        return [pb.WatchExecutionResponse(columns=columns_after(block, cursor))]
    return [
        pb.WatchExecutionResponse(events=pb.ExecutionEvents(events=events))
        for events in events_after(block, cursor, tables)
    ]

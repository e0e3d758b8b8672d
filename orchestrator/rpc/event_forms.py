"""How do journaled blocks look to a watcher: as columns, or as one message an event?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from orchestrator.v1 import execution_pb2 as pb

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestrator.engine.records import EventBlock

EVENTS_A_MESSAGE: Final = 500

_COLUMNS: Final = (
    "uid",
    "task",
    "task_status",
    "node_progress",
    "execution_progress",
    "execution_state",
    "node_attributes",
    "error",
    "summary",
    "reply",
)


def columns_after(block: EventBlock, sequence: int) -> pb.ExecutionEventColumns:
    """Return the events of a block after a sequence, in columns."""
    columns = pb.ExecutionEventColumns.FromString(block.payload)
    skipped = sequence + 1 - block.first_sequence
    if skipped <= 0:
        return columns
    rest = pb.ExecutionEventColumns(first_sequence=sequence + 1, texts=columns.texts)
    deltas = list(columns.elapsed_ms_delta)
    rest.elapsed_ms_delta.extend([sum(deltas[: skipped + 1]), *deltas[skipped + 1 :]])
    for name in _COLUMNS:
        getattr(rest, name).extend(getattr(columns, name)[skipped:])
    return rest


def events_after(
    block: EventBlock, sequence: int, tables: pb.ExecutionTables
) -> Iterator[list[pb.ExecutionEvent]]:
    """Return the events of a block after a sequence, a bounded number at a time."""
    columns = pb.ExecutionEventColumns.FromString(block.payload)
    elapsed = 0
    events: list[pb.ExecutionEvent] = []
    for index, delta in enumerate(columns.elapsed_ms_delta):
        elapsed += delta
        if columns.first_sequence + index <= sequence:
            continue
        events.append(_event(columns, index, elapsed, tables))
        if len(events) == EVENTS_A_MESSAGE:
            yield events
            events = []
    if events:
        yield events


def _event(
    columns: pb.ExecutionEventColumns, index: int, elapsed: int, tables: pb.ExecutionTables
) -> pb.ExecutionEvent:
    event = pb.ExecutionEvent(
        sequence=columns.first_sequence + index,
        elapsed_ms=elapsed,
        task_status=columns.task_status[index],
        execution_state=columns.execution_state[index],
        node_attributes_json=_text(columns, columns.node_attributes[index]),
        error=_text(columns, columns.error[index]),
        summary_json=_text(columns, columns.summary[index]),
        reply_json=_text(columns, columns.reply[index]),
    )
    if uid := columns.uid[index]:
        event.uid = tables.uids[uid - 1]
    if task := columns.task[index]:
        event.task_id = tables.task_ids[task - 1]
    if progress := columns.node_progress[index]:
        event.node_progress_percent = progress - 1
    if progress := columns.execution_progress[index]:
        event.execution_progress_percent = progress - 1
    return event


def _text(columns: pb.ExecutionEventColumns, index: int) -> str:
    return columns.texts[index - 1] if index else ""

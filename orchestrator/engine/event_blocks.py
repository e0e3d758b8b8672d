"""How do the events of a run become blocks: the columns that are journaled, sent and resumed?

A block is a serialized `ExecutionEventColumns`; equal events give equal bytes, on which the check
of a replay rests.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from orchestrator.domain.record import EXECUTION
from orchestrator.domain.states import TaskStatus
from orchestrator.engine.packed_columns import column_field, number_field, text_field
from orchestrator.engine.records import EventBlock
from orchestrator.v1 import execution_pb2 as pb

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

    from orchestrator.domain.record import Rows, Tables

MAX_BLOCK_EVENTS: Final = 5_000
MAX_BLOCK_TEXT: Final = 512 * 1024

_FIELDS: Final = {field.name: field.number for field in pb.ExecutionEventColumns.DESCRIPTOR.fields}

_WIRE_STATUS: Final = bytes.maketrans(
    bytes(
        [
            TaskStatus.RUNNING,
            TaskStatus.SUCCESSFUL,
            TaskStatus.FAILED,
            TaskStatus.DEP_FAILED,
            TaskStatus.SKIPPED,
            TaskStatus.NOT_RUN,
        ]
    ),
    bytes(
        [
            pb.TASK_STATUS_RUNNING,
            pb.TASK_STATUS_SUCCESSFUL,
            pb.TASK_STATUS_FAILED,
            pb.TASK_STATUS_DEP_FAILED,
            pb.TASK_STATUS_SKIPPED,
            pb.TASK_STATUS_NOT_RUN,
        ]
    ),
)
"""From a TaskStatus to its number on the wire."""


def encode_tables(tables: Tables) -> bytes:
    """Serialize what resolves the indices of an execution's events."""
    message = pb.ExecutionTables(uids=tables.uids, task_ids=tables.task_ids)
    return message.SerializeToString(deterministic=True)


def encode_blocks(rows: Rows, tables: Tables) -> tuple[EventBlock, ...]:
    """Cut events into blocks of bounded size and serialize each."""
    return tuple(
        EventBlock(first, last, encode_block(rows.between(first, last), tables))
        for first, last in _cuts(rows)
    )


def encode_block(rows: Rows, tables: Tables) -> bytes:
    """Serialize a run of events as `ExecutionEventColumns`; equal runs give equal bytes."""
    subject = np.frombuffer(rows.subject, dtype=np.int32)
    elapsed = np.frombuffer(rows.elapsed_ms, dtype=np.int64)
    status = np.frombuffer(rows.status.translate(_WIRE_STATUS), dtype=np.uint8)
    texts: dict[str, int] = {}
    columns = {
        "elapsed_ms_delta": np.diff(elapsed, prepend=0),
        "uid": _uid_column(subject, tables),
        "task": _task_column(subject, tables),
        "task_status": status,
        "node_progress": np.frombuffer(rows.progress, dtype=np.int8) + 1,
        "execution_progress": _sparse(rows, {a: p + 1 for a, p in rows.execution_progress.items()}),
        "execution_state": _sparse(rows, rows.execution_state),
        "node_attributes": _sparse(rows, _interned(rows.attributes, texts)),
        "error": _sparse(rows, _interned(rows.errors, texts)),
        "summary": _sparse(rows, _interned(rows.summaries, texts)) + _phrases(rows, texts),
        "reply": _sparse(rows, _interned(rows.replies, texts)),
    }
    pieces = [number_field(_FIELDS["first_sequence"], rows.first_sequence)]
    pieces += [column_field(_FIELDS[name], column) for name, column in columns.items()]
    pieces += [text_field(_FIELDS["texts"], text) for text in texts]
    return b"".join(pieces)


def _cuts(rows: Rows) -> Iterator[tuple[int, int]]:
    """Return (first, last) sequences of blocks: few enough events, little enough text."""
    columns = (rows.attributes, rows.errors, rows.replies, rows.summaries)
    shared = len(rows.phrase) * max(map(len, rows.phrases), default=0)
    if shared + sum(sum(map(len, column.values())) for column in columns) <= MAX_BLOCK_TEXT:
        yield from _even_cuts(rows.first_sequence, 0, len(rows))
        return
    size_at: dict[int, int] = {}
    for column in (*columns[:-1], rows.all_summaries()):
        for at, text in column.items():
            size_at[at] = size_at.get(at, 0) + len(text)
    start, size = 0, 0
    for at, more in sorted(size_at.items()):
        if size and size + more > MAX_BLOCK_TEXT:
            yield from _even_cuts(rows.first_sequence, start, at)
            start, size = at, 0
        size += more
    yield from _even_cuts(rows.first_sequence, start, len(rows))


def _even_cuts(base: int, start: int, end: int) -> Iterator[tuple[int, int]]:
    for at in range(start, end, MAX_BLOCK_EVENTS):
        yield base + at, base + min(at + MAX_BLOCK_EVENTS, end) - 1


def _uid_column(subject: NDArray[np.int32], tables: Tables) -> NDArray[np.int64]:
    """Return 1 + node number per event, 0 where it speaks of no node."""
    uid = np.where(subject < EXECUTION, -1 - subject.astype(np.int64), 0)
    is_task = subject >= 0
    uid[is_task] = tables.node_of[subject[is_task]] + 1
    return uid


def _task_column(subject: NDArray[np.int32], tables: Tables) -> NDArray[np.int64]:
    """Return 1 + task number per event, 0 where it speaks of no task."""
    task = np.zeros(len(subject), dtype=np.int64)
    is_task = subject >= 0
    task[is_task] = tables.task_of[subject[is_task]] + 1
    return task


def _interned(column: Mapping[int, str], texts: dict[str, int]) -> dict[int, int]:
    """Return 1 + number of each text; `texts` numbers the distinct ones and takes up new ones."""
    for text in dict.fromkeys(column.values()):
        texts.setdefault(text, len(texts) + 1)
    return dict(zip(column, map(texts.__getitem__, column.values()), strict=True))


def _phrases(rows: Rows, texts: dict[str, int]) -> NDArray[np.int64]:
    """Return 1 + number of the summary that an event shares with others; 0 where it has none."""
    if not len(rows.phrase):
        return np.zeros(len(rows), dtype=np.int64)
    phrase = np.frombuffer(rows.phrase, dtype=np.uint8)
    number = np.zeros(len(rows.phrases) + 1, dtype=np.int64)
    for used in np.flatnonzero(np.bincount(phrase)).tolist():
        if used:
            number[used] = texts.setdefault(rows.phrases[used - 1], len(texts) + 1)
    return number[phrase]


def _sparse(rows: Rows, values: Mapping[int, int]) -> NDArray[np.int64]:
    """Spread values over a column with one entry an event."""
    column = np.zeros(len(rows), dtype=np.int64)
    column[list(values)] = list(values.values())
    return column

"""How does a run write down what happens: event rows in columns, cheap enough for millions.

Dense columns have one entry an event; what few events speak of sits in dictionaries keyed by the
event's index. An event has no text of its own unless something has to be said.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeVar

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

T = TypeVar("T")

EXECUTION: Final = -1
"""Subject of an event about the execution as a whole."""

NO_STATUS: Final = 0
"""Column value of an event that does not speak of a task's status."""

NO_PROGRESS: Final = -1
"""Column value of an event that does not speak of a node's progress."""


def node_subject(node: int) -> int:
    """Return the subject of an event about node number `node` as a whole."""
    return -2 - node


@dataclass(slots=True)
class Rows:
    """A run of consecutive events; the first has sequence `first_sequence`.

    `subject` is a task instance's number, EXECUTION, or `node_subject(…)`; `status` a TaskStatus
    or NO_STATUS; `progress` 0 to 100 or NO_PROGRESS. The dictionaries are keyed by the index in
    these columns.
    """

    first_sequence: int
    elapsed_ms: list[int] = field(default_factory=list)
    subject: list[int] = field(default_factory=list)
    status: list[int] = field(default_factory=list)
    progress: list[int] = field(default_factory=list)
    execution_progress: dict[int, int] = field(default_factory=dict)
    execution_state: dict[int, int] = field(default_factory=dict)
    attributes: dict[int, str] = field(default_factory=dict)
    errors: dict[int, str] = field(default_factory=dict)
    summaries: dict[int, str] = field(default_factory=dict)
    replies: dict[int, str] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.subject)

    @property
    def last_sequence(self) -> int:
        """Sequence of the last event; one less than the first where there is none."""
        return self.first_sequence + len(self.subject) - 1

    def between(self, first: int, last: int) -> Rows:
        """Return the events with sequences `first` to `last`, both inclusive."""
        start, end = first - self.first_sequence, last - self.first_sequence + 1

        def sparse(column: dict[int, T]) -> dict[int, T]:
            return {at - start: value for at, value in column.items() if start <= at < end}

        return Rows(
            first_sequence=first,
            elapsed_ms=self.elapsed_ms[start:end],
            subject=self.subject[start:end],
            status=self.status[start:end],
            progress=self.progress[start:end],
            execution_progress=sparse(self.execution_progress),
            execution_state=sparse(self.execution_state),
            attributes=sparse(self.attributes),
            errors=sparse(self.errors),
            summaries=sparse(self.summaries),
            replies=sparse(self.replies),
        )


@dataclass(frozen=True, slots=True)
class Tables:
    """What the subjects of an execution's events stand for; fixed before it starts.

    Instance i is task ``task_ids[task_of[i]]`` on node ``uids[node_of[i]]``.
    """

    uids: tuple[str, ...]
    task_ids: tuple[str, ...] = ()
    node_of: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    task_of: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, dtype=np.int64))


class Record:
    """The events of one run that were not taken yet; sequences rise by exactly one from 1."""

    __slots__ = ("rows",)

    def __init__(self, first_sequence: int = 1) -> None:
        self.rows = Rows(first_sequence=first_sequence)

    def add(
        self,
        elapsed_ms: int,
        subject: int,
        status: int = NO_STATUS,
        progress: int = NO_PROGRESS,
    ) -> int:
        """Append an event; return its index, for what the sparse columns say about it."""
        rows = self.rows
        rows.elapsed_ms.append(elapsed_ms)
        rows.subject.append(subject)
        rows.status.append(status)
        rows.progress.append(progress)
        return len(rows.subject) - 1

    def take(self) -> Rows:
        """Hand over all events since the last call and begin with an empty run of events.

        The dense columns stay the same lists, so that a writer may hold on to their `append`.
        """
        rows = self.rows
        taken = Rows(
            first_sequence=rows.first_sequence,
            elapsed_ms=rows.elapsed_ms.copy(),
            subject=rows.subject.copy(),
            status=rows.status.copy(),
            progress=rows.progress.copy(),
            execution_progress=rows.execution_progress,
            execution_state=rows.execution_state,
            attributes=rows.attributes,
            errors=rows.errors,
            summaries=rows.summaries,
            replies=rows.replies,
        )
        for column in (rows.elapsed_ms, rows.subject, rows.status, rows.progress):
            column.clear()
        rows.first_sequence = taken.last_sequence + 1
        rows.execution_progress, rows.execution_state = {}, {}
        rows.attributes, rows.errors, rows.summaries, rows.replies = {}, {}, {}, {}
        return taken

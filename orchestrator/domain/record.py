"""How does a run write down what happens: event rows in columns, cheap enough for millions.

Dense columns have one entry an event; what few events speak of sits in dictionaries keyed by the
event's index. An event has no text of its own unless something has to be said. While a run goes
on, a start is one integer and an end two; the columns are made of them when events are taken.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Final, NamedTuple, TypeVar

import numpy as np

from orchestrator.domain.states import TaskStatus

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

T = TypeVar("T")

EXECUTION: Final = -1
"""Subject of an event about the execution as a whole."""

NO_STATUS: Final = 0
"""Column value of an event that does not speak of a task's status."""

NO_PROGRESS: Final = -1
"""Column value of an event that does not speak of a node's progress."""

_APART: Final = 1 << 40
"""From here on the entries of a tape stand for events apart, by their number."""


def node_subject(node: int) -> int:
    """Return the subject of an event about node number `node` as a whole."""
    return -2 - node


@dataclass(slots=True)
class Rows:
    """A run of consecutive events; the first has sequence `first_sequence`.

    `subject` is a task instance's number, EXECUTION, or `node_subject(…)`; `status` a TaskStatus
    or NO_STATUS; `progress` 0 to 100 or NO_PROGRESS. The dictionaries are keyed by the index in
    these columns. Summaries that many events share stand in `phrases`, and `phrase` says which one
    an event has, from 1, or 0; it is empty where no event has one.
    """

    first_sequence: int
    elapsed_ms: array[int] = field(default_factory=partial(array, "q"))
    subject: array[int] = field(default_factory=partial(array, "i"))
    status: bytearray = field(default_factory=bytearray)
    progress: array[int] = field(default_factory=partial(array, "b"))
    phrase: array[int] = field(default_factory=partial(array, "B"))
    phrases: tuple[str, ...] = ()
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

    def all_summaries(self) -> dict[int, str]:
        """Return the summary of every event that has one."""
        shared = {at: self.phrases[number - 1] for at, number in enumerate(self.phrase) if number}
        return shared | self.summaries

    def between(self, first: int, last: int) -> Rows:
        """Return the events with sequences `first` to `last`, both inclusive."""
        start, end = first - self.first_sequence, last - self.first_sequence + 1
        if start == 0 and end == len(self):
            return self

        def sparse(column: dict[int, T]) -> dict[int, T]:
            return {at - start: value for at, value in column.items() if start <= at < end}

        return Rows(
            first_sequence=first,
            elapsed_ms=self.elapsed_ms[start:end],
            subject=self.subject[start:end],
            status=self.status[start:end],
            progress=self.progress[start:end],
            phrase=self.phrase[start:end],
            phrases=self.phrases,
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


class _Apart(NamedTuple):
    """An event that is neither a task's start nor its end."""

    subject: int
    progress: int


class Record:
    """The events of one run that were not taken yet; sequences rise by exactly one from 1.

    `statuses` is shared with whoever owns the tasks: the status of an instance that has ended is
    told from there. Each of `derivations` fills in what follows from all events together before
    they are handed over.

    `tape` and `times` are for a writer of many events, who may hold on to them: an instance on
    the tape has started, its complement has ended; the time of each end goes to `times`, and a
    start happens at the time of what stands before it. `said` holds the sparse columns.
    """

    __slots__ = ("_apart", "_statuses", "derivations", "said", "tape", "times")

    def __init__(self, first_sequence: int = 1, statuses: bytearray | None = None) -> None:
        self.said = Rows(first_sequence=first_sequence)
        self.tape: list[int] = []
        self.times: list[int] = []
        self._apart: list[_Apart] = []
        self._statuses = bytearray() if statuses is None else statuses
        self.derivations: list[Callable[[Rows], None]] = []

    @property
    def newest(self) -> int:
        """Index of the newest event, for what the sparse columns say about it."""
        return len(self.tape) - 1

    @property
    def last_sequence(self) -> int:
        """Sequence of the newest event, taken or not; 0 before the first of all."""
        return self.said.first_sequence + len(self.tape) - 1

    def add(self, elapsed_ms: int, subject: int, progress: int = NO_PROGRESS) -> int:
        """Append an event about a node or the execution; return its index."""
        self.times.append(elapsed_ms)
        self.tape.append(_APART + len(self._apart))
        self._apart.append(_Apart(subject, progress))
        return len(self.tape) - 1

    def take(self) -> Rows:
        """Hand over all events since the last call and begin with an empty run of events."""
        taken = self.said
        self._fill_columns(taken)
        for derive in self.derivations:
            derive(taken)
        self.said = Rows(first_sequence=taken.last_sequence + 1)
        self.tape.clear()
        self.times.clear()
        self._apart.clear()
        return taken

    def _fill_columns(self, rows: Rows) -> None:
        """Make the dense columns of the tape."""
        tape = np.array(self.tape, dtype=np.int64)
        is_start = (tape >= 0) & (tape < _APART)
        subject = np.where(is_start, tape, ~tape)
        status = np.full(len(tape), int(TaskStatus.RUNNING), dtype=np.uint8)
        has_ended = np.flatnonzero(tape < 0)
        status[has_ended] = np.frombuffer(self._statuses, dtype=np.uint8)[subject[has_ended]]
        progress = np.full(len(tape), NO_PROGRESS, dtype=np.int8)
        apart = np.flatnonzero(tape >= _APART)
        status[apart] = NO_STATUS
        subject[apart] = [event.subject for event in self._apart]
        progress[apart] = [event.progress for event in self._apart]
        times = np.array(self.times, dtype=np.int64)
        rows.elapsed_ms = array("q", times[np.cumsum(~is_start) - 1].tobytes())
        rows.subject = array("i", subject.astype(np.int32).tobytes())
        rows.status = bytearray(status.tobytes())
        rows.progress = array("b", progress.tobytes())

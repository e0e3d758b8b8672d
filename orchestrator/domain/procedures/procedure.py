"""What is a procedure: a generator that waits in virtual time and reports what it does?

A procedure yields how long it wants to wait, in milliseconds, and is resumed then, or earlier with
True when a stop was asked for. It asks the fleet only through `Nodes`, so it stays pure: the same
fleet and the same stops give the same reports.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from orchestrator.domain.canonical import canonical_json
from orchestrator.domain.record import EXECUTION, NO_PROGRESS, Record, node_subject
from orchestrator.domain.states import ExecutionState

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Steps = Generator[int, bool, "Ending"]


@dataclass(frozen=True, slots=True)
class Ending:
    """How a procedure ended: its state, why where it is not READY, what the reply carries."""

    state: ExecutionState = ExecutionState.READY
    error: str = ""
    reply: Mapping[str, Any] | None = None


class Nodes(Protocol):
    """The fleet as a procedure sees it."""

    def answers(self, uid: str, now_ms: int) -> bool:
        """Tell whether a node answers now."""

    def fact(self, uid: str, name: str, default: Any = None) -> Any:
        """Return what the scenario says of a node."""

    def duration_ms(self, uid: str, task: str, kind: str, attempt: int = 0) -> int:
        """Return how long a piece of work takes on a node."""

    def failure(self, uid: str, task: str, kind: str, attempt: int = 0) -> str | None:
        """Return why a piece of work fails on a node; None when it does not."""


Procedure = Callable[[Nodes, "Journaled"], Steps]


class Journaled:
    """What a procedure reports; sets the clock of its events.

    `now_ms` is kept by whoever drives the procedure. Progress of a node and of the whole never
    falls.
    """

    def __init__(self, uids: Iterable[str]) -> None:
        self.record = Record()
        self.now_ms = 0
        self.uids = tuple(dict.fromkeys(uids))
        self._number = {uid: number for number, uid in enumerate(self.uids)}
        self._progress = dict.fromkeys(self.uids, 0)
        self._overall = 0

    def state(self, state: ExecutionState) -> None:
        """Tell the execution's new state."""
        index = self.record.add(self.now_ms, EXECUTION)
        self.record.said.execution_state[index] = int(state)

    def node(
        self,
        uid: str,
        progress: int | None = None,
        *,
        error: str = "",
        **attributes: Any,
    ) -> None:
        """Tell what a node becomes."""
        if progress is not None:
            progress = self._progress[uid] = max(progress, self._progress[uid])
        subject = node_subject(self._number[uid])
        shown = NO_PROGRESS if progress is None else progress
        index = self.record.add(self.now_ms, subject, shown)
        rows = self.record.said
        if attributes:
            rows.attributes[index] = canonical_json(attributes)
        if error:
            rows.errors[index] = error
        self._note_overall(index)

    def progress(self, percent: int) -> None:
        """Tell the execution's progress, where nodes do not say it."""
        if percent > self._overall:
            self._overall = percent
            index = self.record.add(self.now_ms, EXECUTION)
            self.record.said.execution_progress[index] = percent

    def reply(self, payload: Mapping[str, Any]) -> None:
        """Tell a part of the reference's reply before its end."""
        self.record.said.replies[self.record.add(self.now_ms, EXECUTION)] = canonical_json(payload)

    def end(self, ending: Ending) -> None:
        """Tell the end, always at 100 percent."""
        index = self.record.add(self.now_ms, EXECUTION)
        rows = self.record.said
        rows.execution_progress[index] = 100
        rows.execution_state[index] = int(ending.state)
        if ending.error:
            rows.errors[index] = ending.error
        if ending.reply is not None:
            rows.replies[index] = canonical_json(dict(ending.reply))

    def _note_overall(self, index: int) -> None:
        mean = sum(self._progress.values()) // max(len(self._progress), 1)
        if mean > self._overall:
            self._overall = mean
            self.record.said.execution_progress[index] = mean


def pause(duration_ms: int, reports: Journaled) -> Generator[int, bool, bool]:
    """Wait a while; return True, at once, when a stop is asked for meanwhile."""
    until = reports.now_ms + duration_ms
    while reports.now_ms < until:
        if (yield until - reports.now_ms):
            return True
    return False

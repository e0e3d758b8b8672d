"""How does a procedure run in virtual time?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.domain.procedures.procedure import Ending, Journaled
from orchestrator.domain.record import Record, Tables
from orchestrator.domain.states import ExecutionState

if TYPE_CHECKING:
    from collections.abc import Sequence

    from orchestrator.domain.procedures.procedure import Nodes, Procedure, Steps
    from orchestrator.simulate.commands import StopCommand


class ProcedureRun:
    """One execution of a method that is no task graph; the same inputs give the same events."""

    def __init__(self, procedure: Procedure, nodes: Nodes, uids: Sequence[str]) -> None:
        self._reports = Journaled(uids)
        self._steps: Steps = procedure(nodes, self._reports)
        self._due_ms: int | None = 0
        self._has_begun = False
        self.tables = Tables(self._reports.uids)
        self.now_ms = 0
        self.steps = 0
        self.result: ExecutionState | None = None
        self.error = ""

    @property
    def record(self) -> Record:
        """Where the events are."""
        return self._reports.record

    def next_due_ms(self) -> int | None:
        """Return when the procedure goes on; None when it has ended."""
        return self._due_ms

    def advance(self, max_steps: int, until_ms: int | None = None) -> None:
        """Let the procedure go on, up to a number of steps and a time (inclusive)."""
        last = self.steps + max_steps
        while self._due_ms is not None and self.steps < last:
            if until_ms is not None and self._due_ms > until_ms:
                return
            self.now_ms = self._due_ms
            self._resume(is_stop=False)

    def stop(self, command: StopCommand, now_ms: int) -> None:
        """Ask the procedure to stop; what it has begun it leaves as it is."""
        del command  # a procedure has no tasks to cut off
        if self._due_ms is None:
            return
        self.now_ms = max(self.now_ms, min(now_ms, self._due_ms))
        if not self._has_begun:
            self._resume(is_stop=False)
        self._reports.now_ms = self.now_ms
        self._reports.state(ExecutionState.STOPPING)
        self._resume(is_stop=True)

    def _resume(self, *, is_stop: bool) -> None:
        self.steps += 1
        self._reports.now_ms = self.now_ms
        try:
            if self._has_begun:
                wait = self._steps.send(is_stop)
            else:
                self._has_begun = True
                wait = next(self._steps)
        except StopIteration as stop:
            self._end(stop.value)
        else:
            self._due_ms = self.now_ms + wait

    def _end(self, ending: Ending) -> None:
        self._due_ms = None
        self.result, self.error = ending.state, ending.error
        self._reports.end(ending)

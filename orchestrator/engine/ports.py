"""What does the engine need from the rooms around it?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orchestrator.domain.record import Record, Tables
    from orchestrator.domain.states import ExecutionState
    from orchestrator.simulate.commands import FaultCommand, StopCommand
    from orchestrator.simulate.scenario import ClockMode


class Run(Protocol):
    """One execution on its fleet, in virtual time.

    Deterministic: the same message, scenario and commands at the same steps give the same events.
    """

    @property
    def tables(self) -> Tables:
        """What the subjects of its events stand for."""

    @property
    def record(self) -> Record:
        """The events that were not taken yet."""

    @property
    def now_ms(self) -> int:
        """The time of the last thing that happened."""

    @property
    def steps(self) -> int:
        """How many things have happened."""

    @property
    def result(self) -> ExecutionState | None:
        """The final state; None until it has ended."""

    @property
    def error(self) -> str:
        """Why it did not end ready."""

    def next_due_ms(self) -> int | None:
        """Return when the next thing happens; None when nothing does."""

    def advance(self, max_steps: int, until_ms: int | None = None) -> None:
        """Let happen what is due, up to a number of steps and a time (inclusive)."""

    def stop(self, command: StopCommand, now_ms: int) -> None:
        """Stop now; one step."""


@runtime_checkable
class Breakable(Protocol):
    """A run into which faults can be put while it goes on."""

    def knows(self, command: FaultCommand) -> bool:
        """Tell whether what a fault names is there."""

    def inject(self, command: FaultCommand, now_ms: int) -> None:
        """Break something now; one step."""


class RunOpener(Protocol):
    """Builds the run of an accepted message. Called in a worker thread."""

    def open(
        self,
        message: bytes,
        scenario_text: str,
        *,
        task_uuid: str,
        batch_id: str,
        labels: Mapping[str, str],
    ) -> tuple[Run, ClockMode, float]:
        """Return the run, how its time passes, and its virtual seconds in a real one."""


class Clock(Protocol):
    """The real time; a parameter, so that tests own it."""

    def now(self) -> float:
        """Return seconds since the epoch."""

    def monotonic(self) -> float:
        """Return seconds that never go back."""

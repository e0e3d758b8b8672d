"""What does the engine remember of batches and executions?"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from orchestrator.domain.states import FINISHED_EXECUTION, ExecutionState

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Submission:
    """One message to accept: its id, its method, its bytes, the names its events will use.

    `stops` is the execution that it has to stop before it answers; empty for most.
    """

    task_uuid: str
    method: str
    message: bytes
    tables: bytes
    stops: str = ""


@dataclass(frozen=True, slots=True)
class BatchRecord:
    """An ordered set of messages; `digest` tells whether a second attempt is the same.

    `scenario_text` is the scenario as it was when the batch was accepted. `created` is in seconds
    since the epoch.
    """

    batch_id: str
    digest: bytes
    labels: Mapping[str, str] = field(default_factory=dict)
    scenario: str = ""
    scenario_text: str = ""
    created: float = 0.0


@dataclass(frozen=True, slots=True)
class ExecutionRecord:
    """An execution as journaled, with what its batch says of it."""

    task_uuid: str
    batch_id: str
    batch_number: int
    position: int
    method: str
    stops: str
    state: ExecutionState
    progress: int
    error: str
    last_sequence: int
    trimmed_sequence: int
    elapsed_ms: int
    labels: Mapping[str, str]
    scenario: str
    created: float
    ended: float | None

    @property
    def is_finished(self) -> bool:
        """Tell whether it has reached a final state."""
        return self.state in FINISHED_EXECUTION


@dataclass(frozen=True, slots=True)
class EventBlock:
    """A run of journaled events in the form they are sent in (`ExecutionEventColumns`)."""

    first_sequence: int
    last_sequence: int
    payload: bytes


@dataclass(frozen=True, slots=True)
class Advance:
    """What the journal learns at once: new events and how the execution stands after them.

    `states` are the changes of state among these events, in order; none leaves it as it is.
    """

    blocks: tuple[EventBlock, ...]
    states: tuple[ExecutionState, ...]
    progress: int
    elapsed_ms: int
    error: str = ""
    ended: float | None = None


@dataclass(frozen=True, slots=True)
class JournaledCommand:
    """An outside command and the step of the run at which it took effect."""

    step: int
    at_ms: int
    kind: str
    payload: str

"""What is written to the event log of a transaction?

Tuples, because a deployment makes hundreds of thousands of them. Sequence numbers and times are
given by the log.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from planner.domain.states import (
        NodeErrorType,
        NodeStatus,
        StepState,
        TaskState,
        TransactionState,
    )
    from planner.domain.transaction import Failure, StepKind


class TransactionChanged(NamedTuple):
    """The transaction changed; ``state`` is None where only progress or activity did."""

    state: TransactionState | None
    progress: int
    activity: str = ""
    failure: Failure | None = None


class StepChanged(NamedTuple):
    """A step changed; ``state`` is None where only its progress did."""

    step: int
    kind: StepKind
    state: StepState | None
    progress: int
    failure: Failure | None = None


class TaskChanged(NamedTuple):
    """A task run changed; ``offset_ms`` is on the step's clock."""

    step: int
    uid: str
    task: str
    state: TaskState
    offset_ms: int
    error: str = ""


class NodeChanged(NamedTuple):
    """A node changed: what it is afterwards."""

    uid: str
    status: NodeStatus
    progress: int
    error_type: NodeErrorType | None = None
    error_message: str = ""


Event = TransactionChanged | StepChanged | TaskChanged | NodeChanged


class EventBlock(NamedTuple):
    """Consecutive events recorded by one commit; the first has ``first_sequence``."""

    first_sequence: int
    time_ms: int
    events: tuple[Event, ...]

    @property
    def last_sequence(self) -> int:
        """Sequence of the last event."""
        return self.first_sequence + len(self.events) - 1

"""What does the orchestrator tell of an execution, in the planner's words?"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from planner.domain.states import TaskState


class ExecutionState(StrEnum):
    """The life of an execution, as far as the planner acts on it."""

    RUNNING = "running"
    STOPPING = "stopping"
    READY = "ready"
    ERROR = "error"
    STOPPED = "stopped"
    ABORTED = "aborted"


class Report(NamedTuple):
    """One event of an execution; fields that it does not speak of are None or empty.

    ``elapsed_ms`` is on the execution's own clock. ``node_attributes`` are the reference's
    (dossier 9.7): status, error_type, pending_addition …
    """

    elapsed_ms: int
    uid: str = ""
    task: str = ""
    task_state: TaskState | None = None
    node_progress: int | None = None
    node_attributes: Mapping[str, Any] | None = None
    execution_state: ExecutionState | None = None
    execution_progress: int | None = None
    error: str = ""

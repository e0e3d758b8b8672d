"""What does a planned task graph look like: instances, edges and barriers as integer arrays.

A plan for 1,000 nodes and 200 tasks is a few arrays and name tables, not 200,000 dicts
(architecture law 7). Vertices are numbered: first the task instances ``0 … I-1``, then the
barriers ``I … I+B-1``. A barrier stands for "each of these before each of those" with N+M edges
instead of NxM; it has no name, no node and no report.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SYNC_NODE: Final = "null"
"""The node of stages, behind which no machine stands; its key in the reference's JSON."""

MASTER_NODE: Final = "master"
"""The node that runs the planner and the orchestrator themselves."""


@dataclass(frozen=True, slots=True)
class TaskDefinition:
    """What instances with equal content share: everything but place and edges.

    ``parameters`` is canonical JSON text (sorted keys, no spaces) of an object, or None where
    the reference form has no such key (skipped tasks; the older, task-based form).
    """

    type: str
    fail_on_error: bool | None
    parameters: str | None


@dataclass(frozen=True, slots=True)
class Edges:
    """Relations in compressed sparse rows: row v holds ``targets[starts[v]:starts[v + 1]]``.

    ``starts`` has one entry more than there are vertices; rows are sorted and free of repeats.
    """

    starts: NDArray[np.int64]
    targets: NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class FaultToleranceGroup:
    """How many of these nodes may fail before the run is stopped."""

    name: str
    uids: tuple[str, ...]
    fault_tolerance: int


@dataclass(frozen=True, slots=True)
class TaskGraph:
    """A whole planned graph; equal input gives equal arrays, byte for byte.

    ``requires`` row v lists the vertices that v waits for, ``required_for`` row v those that wait
    for v: the two spellings the reference keeps apart. A barrier made from a ``requires`` side
    has edges only in ``requires``, one made from a ``required_for`` side only there.
    Instances are sorted by node (order of ``uids``), then by task (order of ``task_ids``).
    ``uids`` is sorted by number, then words, and always contains SYNC_NODE.
    """

    uids: tuple[str, ...]
    task_ids: tuple[str, ...]
    definitions: tuple[TaskDefinition, ...]
    reasons: tuple[Reason, ...]
    node: NDArray[np.int32]
    task: NDArray[np.int32]
    definition: NDArray[np.int32]
    reason: NDArray[np.int32]
    barriers: int
    requires: Edges
    required_for: Edges
    fault_tolerance_groups: tuple[FaultToleranceGroup, ...]
    directory: tuple[tuple[str, str], ...] = ()
    """The older form's tasks_directory: (task id, canonical JSON of its entry), sorted by id."""

    @property
    def instances(self) -> int:
        """Count the (node, task) pairs."""
        return len(self.node)


@dataclass(frozen=True, slots=True)
class Reason:
    """Why an instance runs or is skipped, in words a program can branch on and a person can read."""

    code: str
    text: str

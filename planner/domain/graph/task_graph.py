"""What does a planned task graph look like: instances, edges and barriers as integer arrays.

A plan for 1,000 nodes and 200 tasks is a few arrays and name tables, not 200,000 dicts
(architecture law 7). Vertices are numbered: first the task instances ``0 … I-1``, then the
barriers ``I … I+B-1``. A barrier stands for "each of these before each of those" with N+M edges
instead of NxM; it has no name, no node and no report.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

SYNC_NODE: Final = "null"
"""The node of stages, behind which no machine stands; its key in the reference's JSON."""

MASTER_NODE: Final = "master"
"""The node that runs the planner and the orchestrator themselves."""

SKIPPED_TYPE: Final = "skipped"
"""The type of instances that only carry edges."""


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
class Reason:
    """Why an instance runs or is skipped: a word for programs and one sentence for people."""

    code: str
    text: str


class BarrierExpansion:
    """Reads rows of edges with every barrier replaced by what stands behind it."""

    def __init__(self, rows: Edges, instances: int, barriers: int) -> None:
        self._rows = rows
        self._instances = instances
        self._behind = [
            rows.targets[rows.starts[v] : rows.starts[v + 1]]
            for v in range(instances, instances + barriers)
        ]

    def row(self, instance: int) -> NDArray[np.int32]:
        """Return the instances that one instance is linked to, rising and free of repeats."""
        found = self._rows.targets[self._rows.starts[instance] : self._rows.starts[instance + 1]]
        plain = int(np.searchsorted(found, self._instances))
        if plain == len(found):
            return found
        parts = [found[:plain]]
        parts += [self._behind[barrier - self._instances] for barrier in found[plain:].tolist()]
        return np.unique(np.concatenate(parts))

    def count(self) -> int:
        """Count the edges of all instances; rows behind the same barriers are counted together."""
        starts = self._rows.starts[: self._instances + 1]
        total = int(starts[-1])
        for barriers, rows in self._by_barriers().items():
            behind = np.unique(np.concatenate([self._behind[number] for number in barriers]))
            spans = [self._rows.targets[starts[row] : starts[row + 1]] for row in rows]
            plain = np.concatenate(spans)
            plain = plain[plain < self._instances]
            repeated = int(np.isin(plain, behind).sum())
            total += len(rows) * (len(behind) - len(barriers)) - repeated
        return total

    def _by_barriers(self) -> dict[tuple[int, ...], list[int]]:
        starts = self._rows.starts[: self._instances + 1]
        targets = self._rows.targets[: starts[-1]]
        places = np.flatnonzero(targets >= self._instances)
        owners = np.searchsorted(starts, places, side="right") - 1
        found: dict[int, list[int]] = {}
        for row, barrier in zip(owners.tolist(), targets[places].tolist(), strict=True):
            found.setdefault(row, []).append(barrier - self._instances)
        grouped: dict[tuple[int, ...], list[int]] = {}
        for row, barriers in found.items():
            grouped.setdefault(tuple(barriers), []).append(row)
        return grouped


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

    @property
    def skipped(self) -> int:
        """Count the pairs that only carry edges."""
        is_skipped = np.array([d.type == SKIPPED_TYPE for d in self.definitions], dtype=bool)
        return int(is_skipped[self.definition].sum()) if len(self.node) else 0

    @property
    def dependencies(self) -> int:
        """Count the edges of the reference form: both lists, those behind barriers included."""
        return sum(
            BarrierExpansion(rows, self.instances, self.barriers).count()
            for rows in (self.requires, self.required_for)
        )

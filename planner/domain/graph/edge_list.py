"""How do edges, drawn in bulk, become sorted rows with barriers where all meet all?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from planner.domain.graph.task_graph import Edges

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    Vertices = NDArray[np.int64]

BARRIER_SAVES: Final = 32
"""Fewest edges that a barrier must save to be worth a vertex."""


@dataclass(slots=True)
class _Crossing:
    """Vertices that all wait for (or precede) the same targets."""

    targets: Vertices
    sources: list[Vertices]


class EdgeList:
    """Edges of one direction; ``draw`` takes pairs, ``cross`` a full product of two sets."""

    def __init__(self, barrier_saves: int = BARRIER_SAVES) -> None:
        self._pairs: list[tuple[Vertices, Vertices]] = []
        self._crossings: dict[bytes, _Crossing] = {}
        self._barrier_saves = barrier_saves

    def draw(self, sources: Vertices, targets: Vertices) -> None:
        """Add an edge for each pair of equal position; one target may serve all sources."""
        if len(sources) and len(targets):
            self._pairs.append((sources, np.broadcast_to(targets, sources.shape)))

    def cross(self, sources: Vertices, targets: Vertices) -> None:
        """Add an edge from every source to every target. The two sets must be disjoint.

        Then a barrier adds no cycle: whatever leads from a source round to a target could
        take the direct edge as well (decision 10).
        """
        if not len(sources) or not len(targets):
            return
        targets = np.sort(targets)
        crossing = self._crossings.setdefault(targets.tobytes(), _Crossing(targets, []))
        crossing.sources.append(sources)

    def settle(self) -> list[tuple[Vertices, Vertices]]:
        """Decide which products get a barrier and return those, in the order of their targets.

        The other products become plain edges.
        """
        barriers = []
        for crossing in self._crossings.values():
            sources = np.unique(np.concatenate(crossing.sources))
            targets = crossing.targets
            saved = len(sources) * len(targets) - len(sources) - len(targets)
            if saved >= self._barrier_saves:
                barriers.append((sources, targets))
            else:
                self.draw(np.repeat(sources, len(targets)), np.tile(targets, len(sources)))
        self._crossings.clear()
        return sorted(barriers, key=lambda b: (b[1].tolist(), b[0].tolist()))

    def rows(self, vertices: int, barriers: Iterable[tuple[int, Vertices, Vertices]]) -> Edges:
        """Return all edges as rows of ``vertices``, each (barrier, sources, targets) included."""
        pairs = list(self._pairs)
        for barrier, sources, targets in barriers:
            pairs.append((sources, np.full(len(sources), barrier)))
            pairs.append((np.full(len(targets), barrier), targets))
        return _rows(vertices, pairs)


def join(first: EdgeList, second: EdgeList, instances: int) -> tuple[int, Edges, Edges]:
    """Number the barriers of both directions and return their count and both sets of rows."""
    ours, theirs = first.settle(), second.settle()
    vertices = instances + len(ours) + len(theirs)
    numbered = [(instances + i, *sets) for i, sets in enumerate((*ours, *theirs))]
    return (
        vertices - instances,
        first.rows(vertices, numbered[: len(ours)]),
        second.rows(vertices, numbered[len(ours) :]),
    )


def _rows(vertices: int, pairs: Sequence[tuple[Vertices, Vertices]]) -> Edges:
    starts = np.zeros(vertices + 1, dtype=np.int64)
    if not pairs:
        return Edges(starts, np.zeros(0, dtype=np.int32))
    keys = np.concatenate([sources * vertices + targets for sources, targets in pairs])
    keys = np.unique(keys)
    np.cumsum(np.bincount(keys // vertices, minlength=vertices), out=starts[1:])
    return Edges(starts, (keys % vertices).astype(np.int32))

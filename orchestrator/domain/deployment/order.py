"""In which order can the vertices of a graph run, and which path shows that there is none?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from orchestrator.domain.deployment.wiring import distinct

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from orchestrator.domain.deployment.wiring import Wiring

WIDE: Final = 16
"""From this many vertices on, whole-array operations cost less than a loop."""


def topological_levels(wiring: Wiring) -> list[NDArray[np.int64]]:
    """Return the vertices in levels, each behind everything it waits for; fewer with a cycle.

    What is missing from the answer lies on a cycle or behind one. O(vertices + edges), no
    recursion; wide levels are taken whole, narrow ones vertex by vertex.
    """
    waiting = wiring.open.copy()
    level = np.flatnonzero(waiting == 0)
    levels = []
    while len(level):
        levels.append(level)
        step = _release_narrow if len(level) < WIDE else _release_wide
        level = step(wiring, waiting, level)
    return levels


def rows_of(wiring: Wiring, level: NDArray[np.int64]) -> tuple[NDArray[np.int64], ...]:
    """Return the targets of several vertices, one row after another, and each row's length."""
    begin = wiring.starts[level]
    counts = wiring.starts[level + 1] - begin
    ends = np.cumsum(counts)
    at = np.repeat(begin - (ends - counts), counts) + np.arange(ends[-1])
    return wiring.targets[at], counts


def _release_wide(
    wiring: Wiring, waiting: NDArray[np.int64], level: NDArray[np.int64]
) -> NDArray[np.int64]:
    targets, _ = rows_of(wiring, level)
    np.subtract.at(waiting, targets, 1)
    return distinct(targets[waiting[targets] == 0])


def _release_narrow(
    wiring: Wiring, waiting: NDArray[np.int64], level: NDArray[np.int64]
) -> NDArray[np.int64]:
    starts, released = wiring.starts, []
    for vertex in level:
        for target in wiring.targets[starts[vertex] : starts[vertex + 1]]:
            waiting[target] -= 1
            if not waiting[target]:
                released.append(target)
    return np.array(sorted(released), dtype=np.int64)


def find_cycle(wiring: Wiring, levels: list[NDArray[np.int64]]) -> list[int]:
    """Return the instances of one cycle among the vertices missing from `levels`, first repeated.

    The path follows the edges; barriers on it are left out, as nobody knows their names.
    """
    left = set(range(wiring.vertices)).difference(*(level.tolist() for level in levels))
    starts, targets = wiring.starts, wiring.targets
    # Each vertex left waits for another one that is left, so walking back ends in a cycle.
    needed_by: dict[int, int] = {}
    for vertex in sorted(left, reverse=True):
        for target in targets[starts[vertex] : starts[vertex + 1]].tolist():
            if target in left:
                needed_by[target] = vertex
    seen: dict[int, int] = {}
    vertex = min(left)
    while vertex not in seen:
        seen[vertex] = len(seen)
        vertex = needed_by[vertex]
    path = [v for v, place in seen.items() if place >= seen[vertex]][::-1]
    instances = [v for v in path if v < wiring.instances]
    lead = instances.index(min(instances))
    turned = instances[lead:] + instances[:lead]
    return [*turned, turned[0]]

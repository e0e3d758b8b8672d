"""Does a planned graph have a cycle, and along which path?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.domain.graph.task_graph import TaskGraph


def find_cycle(graph: TaskGraph) -> list[int]:
    """Return the instances of one cycle, each waiting for the next, or an empty list.

    Barriers count as what they stand for and are not named. Linear in the stored edges: waves
    of instances that wait for nobody are taken away until only cycles and their tails remain.
    """
    waits, awaited = _both_directions(graph)
    vertices = graph.instances + graph.barriers
    order = np.argsort(awaited, kind="stable")
    starts = np.concatenate(([0], np.cumsum(np.bincount(awaited, minlength=vertices))))
    followers = waits[order]
    open_waits = np.bincount(waits, minlength=vertices)
    ready = np.flatnonzero(open_waits == 0)
    is_left = np.ones(vertices, dtype=bool)
    while len(ready):
        is_left[ready] = False
        freed = _rows(followers, starts, ready)
        np.subtract.at(open_waits, freed, 1)
        candidates = np.unique(freed)
        ready = candidates[open_waits[candidates] == 0]
    if not is_left.any():
        return []
    keep = is_left[waits] & is_left[awaited]
    return _walk(waits[keep], awaited[keep], graph.instances)


def _both_directions(graph: TaskGraph) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return every edge as (who waits, who is awaited); each edge once per spelling."""
    counts = np.diff(graph.requires.starts)
    waits = np.repeat(np.arange(len(counts)), counts)
    awaited = graph.requires.targets.astype(np.int64)
    counts = np.diff(graph.required_for.starts)
    sources = np.repeat(np.arange(len(counts)), counts)
    targets = graph.required_for.targets.astype(np.int64)
    return np.concatenate((waits, targets)), np.concatenate((awaited, sources))


def _rows(
    values: NDArray[np.int64], starts: NDArray[np.int64], rows: NDArray[np.int64]
) -> NDArray[np.int64]:
    lengths = starts[rows + 1] - starts[rows]
    ends = np.cumsum(lengths)
    if not len(ends) or not ends[-1]:
        return np.zeros(0, dtype=np.int64)
    within = np.arange(ends[-1]) - np.repeat(ends - lengths, lengths)
    found: NDArray[np.int64] = values[np.repeat(starts[rows], lengths) + within]
    return found


def _walk(waits: NDArray[np.int64], awaited: NDArray[np.int64], instances: int) -> list[int]:
    """Follow the lowest awaited vertex from the lowest one until a vertex comes up again."""
    lowest: dict[int, int] = {}
    for vertex, target in sorted(zip(waits.tolist(), awaited.tolist(), strict=True)):
        lowest.setdefault(vertex, target)
    # Whatever is left waits for something that is left, so the walk never ends by itself.
    vertex = min(lowest)
    seen: dict[int, int] = {}
    path: list[int] = []
    while vertex not in seen:
        seen[vertex] = len(path)
        path.append(vertex)
        vertex = lowest[vertex]
    return [v for v in path[seen[vertex] :] if v < instances]

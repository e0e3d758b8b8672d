"""Which vertex unblocks which: the edges of a task graph, turned round and numbered for the run.

Instances are renumbered by node in visit order, keeping their order within a node; barriers keep
their place behind them. Both spellings of an edge (`requires`, `required_for`) become one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from orchestrator.domain.deployment.structure import visit_order

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from orchestrator.domain.message import Edges, TaskGraph


@dataclass(frozen=True, slots=True)
class Wiring:
    """The numbered graph: successors in compressed sparse rows, and what stands where.

    `origin[i]` is the number that instance i has in the message. `node` indexes `uids` (visit
    order); a node's instances are ``first[n]:first[n + 1]``. `open` counts, per vertex, the
    vertices it waits for.
    """

    uids: tuple[str, ...]
    origin: NDArray[np.int64]
    node: NDArray[np.int64]
    first: NDArray[np.int64]
    starts: NDArray[np.int64]
    targets: NDArray[np.int64]
    open: NDArray[np.int64]

    @property
    def instances(self) -> int:
        """Count the (node, task) pairs."""
        return len(self.node)

    @property
    def vertices(self) -> int:
        """Count instances and barriers."""
        return len(self.open)


def wire(graph: TaskGraph) -> Wiring:
    """Number and turn round the edges of a structurally valid graph, in O(E log E).

    An edge from an instance to itself is dropped (reference case A17), also where it leads
    through a barrier.
    """
    order = np.asarray(visit_order(graph.uids), dtype=np.int64)
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    visited = place[graph.node]
    origin = np.argsort(visited, kind="stable")
    node = visited[origin]
    number = np.empty(graph.vertices, dtype=np.int64)
    number[origin] = np.arange(graph.instances)
    number[graph.instances :] = np.arange(graph.instances, graph.vertices)
    keys = _edge_keys(graph, number)
    keys = _without_loops_through_barriers(keys, graph.instances, graph.vertices)
    source, target = np.divmod(keys, max(graph.vertices, 1))
    return Wiring(
        uids=tuple(graph.uids[index] for index in order.tolist()),
        origin=origin,
        node=node,
        first=np.searchsorted(node, np.arange(len(order) + 1)),
        starts=np.searchsorted(source, np.arange(graph.vertices + 1)),
        targets=target,
        open=np.bincount(target, minlength=graph.vertices),
    )


def _edge_keys(graph: TaskGraph, number: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return source x vertices + target of each distinct edge, sorted; no self edges."""
    waits, needed = _pairs(graph.requires, graph.vertices)
    needs, wanted = _pairs(graph.required_for, graph.vertices)
    source = number[np.concatenate((needed, needs))]
    target = number[np.concatenate((waits, wanted))]
    proper = source != target
    return distinct(source[proper] * graph.vertices + target[proper])


def distinct(values: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the distinct values in order; by sorting, which costs less than numpy's hashing."""
    in_order = np.sort(values)
    is_new = np.ones(len(values), dtype=np.bool_)
    np.not_equal(in_order[1:], in_order[:-1], out=is_new[1:])
    return in_order[is_new]


def _pairs(edges: Edges, vertices: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return (row, target) of each entry; an unset side has none."""
    if not len(edges.starts):
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    return np.repeat(np.arange(vertices), np.diff(edges.starts)), edges.targets


def _without_loops_through_barriers(
    keys: NDArray[np.int64], instances: int, vertices: int
) -> NDArray[np.int64]:
    """Cut the one logical self edge of an instance that stands on both sides of a barrier.

    Such a barrier means "each of these before each of those, itself left out": the instance is
    taken off both sides and gets the edges of its own directly. A second instance on both sides
    would be a cycle, which is left for the search for cycles to name.
    """
    source, target = np.divmod(keys, max(vertices, 1))
    mirrored = np.intersect1d(keys, target * vertices + source, assume_unique=True)
    sides = mirrored[mirrored % vertices >= instances]
    sides = sides[sides // vertices < instances]
    if not len(sides):
        return keys
    shared, barrier = np.divmod(sides, vertices)
    alone = np.isin(barrier, np.flatnonzero(np.bincount(barrier) == 1))
    added = [np.empty(0, dtype=np.int64)]
    removed = [np.empty(0, dtype=np.int64)]
    for v, b in zip(shared[alone].tolist(), barrier[alone].tolist(), strict=True):
        before = source[(target == b) & (source != v)]
        after = target[(source == b) & (target != v)]
        added += [before * vertices + v, v * vertices + after]
        removed.append(np.array([v * vertices + b, b * vertices + v]))
    kept = keys[~np.isin(keys, np.concatenate(removed))]
    return np.unique(np.concatenate((kept, *added)))

"""Which tasks run where, told by groups of nodes that a task treats alike?"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from planner.domain.graph.task_graph import TaskGraph

SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class TaskGroup:
    """A task on nodes where it has one type and one reason."""

    step: str
    task: str
    type: str
    runs: bool
    reason: str
    explanation: str
    uids: tuple[str, ...]


def group_tasks(
    step: str, graph: TaskGraph, *, task: str = "", uid: str = ""
) -> Iterator[TaskGroup]:
    """Group the instances of a graph by task, type and reason, in order of the tasks.

    Narrowed to one task or one node where a name is given.
    """
    types = [definition.type for definition in graph.definitions]
    kinds = sorted(set(types))
    kind_of = np.array([kinds.index(name) for name in types], dtype=np.int64)
    chosen = np.flatnonzero(_chosen(graph, task, uid))
    kind = kind_of[graph.definition[chosen]]
    reason = graph.reason[chosen]
    order = np.lexsort((graph.node[chosen], reason, kind, graph.task[chosen]))
    keys = np.stack((graph.task[chosen], kind, reason), axis=1)[order]
    nodes = graph.node[chosen][order]
    starts = np.flatnonzero(np.any(keys[1:] != keys[:-1], axis=1)) + 1
    bounds = [0, *starts.tolist(), len(order)]
    for start, stop in itertools.pairwise(bounds):
        if start == stop:
            continue
        task_index, kind_index, reason_index = keys[start].tolist()
        why = graph.reasons[reason_index]
        yield TaskGroup(
            step=step,
            task=graph.task_ids[task_index],
            type=kinds[kind_index],
            runs=kinds[kind_index] != SKIPPED,
            reason=why.code,
            explanation=why.text,
            uids=tuple(graph.uids[node] for node in nodes[start:stop].tolist()),
        )


def _chosen(graph: TaskGraph, task: str, uid: str) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    chosen = np.ones(graph.instances, dtype=np.bool_)
    if task:
        chosen &= np.isin(graph.task, [i for i, name in enumerate(graph.task_ids) if name == task])
    if uid:
        chosen &= np.isin(graph.node, [i for i, name in enumerate(graph.uids) if name == uid])
    return chosen

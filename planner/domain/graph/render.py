"""How does a task graph look in the reference's JSON, piece by piece?"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from planner.domain.graph.task_graph import SYNC_NODE, BarrierExpansion

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from planner.domain.graph.task_graph import TaskDefinition, TaskGraph


def render_text(graph: TaskGraph) -> Iterator[str]:
    """Yield the reference form as canonical JSON text, a node at a time (dossier 7.2, 8.6).

    Memory is bounded by one node's tasks; time is linear in the logical edges. Joined, the
    pieces are one object with tasks_graph, tasks_directory and tasks_metadata.
    """
    entries = [f"{_quoted(task)}:{entry}" for task, entry in graph.directory]
    yield f'{{"tasks_directory":{{{",".join(entries)}}},"tasks_graph":'
    yield from render_graph_text(graph)
    groups = [
        {"fault_tolerance": g.fault_tolerance, "name": g.name, "node_ids": list(g.uids)}
        for g in graph.fault_tolerance_groups
    ]
    metadata = json.dumps({"fault_tolerance_groups": groups}, sort_keys=True, separators=(",", ":"))
    yield f',"tasks_metadata":{metadata}}}'


def render_graph_text(graph: TaskGraph) -> Iterator[str]:
    """Yield the tasks_graph alone: canonical JSON of uid to list of tasks, a node at a time.

    Nodes without tasks are left out, but for the sync node under "null".
    """
    yield "{"
    separator = ""
    for uid, text in _nodes_by_key(graph):
        yield f"{separator}{_quoted(uid)}:{text}"
        separator = ","
    yield "}"


def render(graph: TaskGraph) -> dict[str, Any]:
    """Return the whole reference form as plain data; for graphs that fit in memory."""
    document: dict[str, Any] = json.loads("".join(render_text(graph)))
    return document


def render_node(graph: TaskGraph, uid: str) -> list[dict[str, Any]]:
    """Return the tasks of one node in the reference form; none for a node that has none."""
    if uid not in graph.uids:
        return []
    tasks: list[dict[str, Any]] = json.loads(_Renderer(graph).node(graph.uids.index(uid)))
    return tasks


class _Renderer:
    def __init__(self, graph: TaskGraph) -> None:
        self._graph = graph
        self._requires = BarrierExpansion(graph.requires, graph.instances, graph.barriers)
        self._required_for = BarrierExpansion(graph.required_for, graph.instances, graph.barriers)
        self._names = names = [_quoted(task) for task in graph.task_ids]
        nodes = ["null" if uid == SYNC_NODE else _quoted(uid) for uid in graph.uids]
        # Every edge is one of these texts, and there are far more edges than instances.
        self._links = [
            f'{{"name":{names[task]},"node_id":{nodes[node]}}}'
            for task, node in zip(graph.task.tolist(), graph.node.tolist(), strict=True)
        ]
        self._definitions = [_definition_text(d) for d in graph.definitions]
        counts = np.bincount(graph.node, minlength=len(graph.uids))
        self._starts = np.concatenate(([0], np.cumsum(counts)))

    def node(self, position: int) -> str:
        """Return the JSON list of a node's tasks."""
        start, stop = int(self._starts[position]), int(self._starts[position + 1])
        return f"[{','.join(self._instance(i) for i in range(start, stop))}]"

    def has_tasks(self, position: int) -> bool:
        """Tell whether a node has any task."""
        return bool(self._starts[position] < self._starts[position + 1])

    def _instance(self, instance: int) -> str:
        critical, payload = self._definitions[self._graph.definition[instance]]
        name = self._names[self._graph.task[instance]]
        before = self._edges("requires", self._requires.row(instance))
        after = self._edges("required_for", self._required_for.row(instance))
        return f'{{{critical}"id":{name},{payload[0]}{after}{before}{payload[1]}}}'

    def _edges(self, field: str, row: NDArray[np.int32]) -> str:
        if not len(row):
            return ""
        links = self._links
        return f'"{field}":[{",".join([links[i] for i in row.tolist()])}],'


def _definition_text(definition: TaskDefinition) -> tuple[str, tuple[str, str]]:
    critical = definition.fail_on_error
    first = "" if critical is None else f'"fail_on_error":{"true" if critical else "false"},'
    parameters = definition.parameters
    middle = "" if parameters is None else f'"parameters":{parameters},'
    return first, (middle, f'"type":{_quoted(definition.type)}')


def _nodes_by_key(graph: TaskGraph) -> Iterator[tuple[str, str]]:
    renderer = _Renderer(graph)
    for position in sorted(range(len(graph.uids)), key=lambda p: graph.uids[p]):
        uid = graph.uids[position]
        if uid == SYNC_NODE or renderer.has_tasks(position):
            yield uid, renderer.node(position)


def _quoted(text: str) -> str:
    return json.dumps(text)

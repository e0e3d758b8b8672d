"""Builds task graphs and messages for tests."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from orchestrator.domain.message import (
    Edges,
    FaultToleranceGroup,
    TaskDefinition,
    TaskDeploy,
    TaskGraph,
)
from orchestrator.v1 import message_pb2 as pb

if TYPE_CHECKING:
    from collections.abc import Iterable

PUPPET = TaskDefinition("puppet", parameters='{"puppet_manifest":"site.pp"}')


@dataclass
class GraphBuilder:
    """Collects tasks by name; vertices are numbered in the order in which they come."""

    tasks: list[tuple[str, str, TaskDefinition]] = field(default_factory=list)
    barriers: int = 0
    before: list[tuple[int, int]] = field(default_factory=list)

    def task(self, uid: str, name: str, definition: TaskDefinition = PUPPET) -> int:
        """Add a task and return its number."""
        self.tasks.append((uid, name, definition))
        return len(self.tasks) - 1

    def edge(self, first: int, then: int) -> None:
        """Let `then` wait for `first`."""
        self.before.append((first, then))

    def build(self, *, extra_uids: Iterable[str] = ("null",)) -> TaskGraph:
        """Return the graph; every edge stands on the `requires` side."""
        uids = list(dict.fromkeys([*(uid for uid, _, _ in self.tasks), *extra_uids]))
        names = list(dict.fromkeys(name for _, name, _ in self.tasks))
        definitions = list(dict.fromkeys(definition for _, _, definition in self.tasks))
        vertices = len(self.tasks) + self.barriers
        return TaskGraph(
            uids=tuple(uids),
            task_ids=tuple(names),
            definitions=tuple(definitions),
            node=_column(uids.index(uid) for uid, _, _ in self.tasks),
            task=_column(names.index(name) for _, name, _ in self.tasks),
            definition=_column(definitions.index(d) for _, _, d in self.tasks),
            barriers=self.barriers,
            requires=rows([(then, first) for first, then in self.before], vertices),
            required_for=rows([], vertices),
        )


def rows(pairs: list[tuple[int, int]], vertices: int) -> Edges:
    """Return (row, target) pairs in compressed sparse rows."""
    pairs = sorted(set(pairs))
    counts = np.bincount([row for row, _ in pairs], minlength=vertices) if pairs else [0] * vertices
    starts = np.concatenate(([0], np.cumsum(counts))).astype(np.int64)
    return Edges(starts, _column(target for _, target in pairs))


def lattice(nodes: int, tasks: int, definition: TaskDefinition = PUPPET) -> TaskGraph:
    """Return a chain on each node; every 20th task also waits for the same one of node 1."""
    count = nodes * tasks
    vertex = np.arange(count)
    place = vertex % tasks
    chained = vertex[place > 0]
    crossing = vertex[(place > 0) & (place % 20 == 0) & (vertex >= tasks)]
    row = np.concatenate((chained, crossing))
    target = np.concatenate((chained - 1, crossing % tasks))
    order = np.lexsort((target, row))
    starts = np.searchsorted(row[order], np.arange(count + 1))
    empty = Edges(np.zeros(count + 1, dtype=np.int64), np.empty(0, dtype=np.int64))
    return TaskGraph(
        uids=(*(str(number + 1) for number in range(nodes)), "null"),
        task_ids=tuple(f"task-{number}" for number in range(tasks)),
        definitions=(definition,),
        node=vertex // tasks,
        task=place,
        definition=np.zeros(count, dtype=np.int64),
        barriers=0,
        requires=Edges(starts, target[order]),
        required_for=empty,
    )


def tolerant(graph: TaskGraph, **options: Any) -> TaskDeploy:
    """Return a deployment in which every node may fail."""
    group = FaultToleranceGroup("all", graph.uids, len(graph.uids))
    return TaskDeploy(graph, fault_tolerance_groups=(group,), **options)


def deploy_message(task_uuid: str, graph: TaskGraph, **options: Any) -> pb.Message:
    """Return a deployment as it travels."""
    columns = pb.TaskGraph(
        uids=graph.uids,
        task_ids=graph.task_ids,
        definitions=[
            pb.TaskDefinition(
                type=d.type, fail_on_error=d.fail_on_error, parameters_json=d.parameters
            )
            for d in graph.definitions
        ],
        node=graph.node.tolist(),
        task=graph.task.tolist(),
        definition=graph.definition.tolist(),
        barriers=graph.barriers,
        requires=_edges(graph.requires),
        required_for=_edges(graph.required_for),
    )
    return pb.Message(task_uuid=task_uuid, task_deploy=pb.TaskDeployArgs(graph=columns, **options))


def provision_message(task_uuid: str, *uids: str, **options: Any) -> pb.Message:
    """Return a provisioning as it travels."""
    nodes = [pb.ProvisionNode(uid=uid) for uid in uids]
    args = pb.ProvisionArgs(nodes=nodes, **options)
    return pb.Message(task_uuid=task_uuid, image_provision=args)


def _edges(edges: Edges) -> pb.Edges:
    return pb.Edges(starts=edges.starts.tolist(), targets=edges.targets.tolist())


def _column(values: Iterable[int]) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.fromiter(values, dtype=np.int64)

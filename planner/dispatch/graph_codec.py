"""How does a task graph travel: name tables and integer arrays?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.domain.graph.task_graph import (
    Edges,
    FaultToleranceGroup,
    TaskDefinition,
    TaskGraph,
)

if TYPE_CHECKING:
    from orchestrator.v1 import message_pb2 as pb


def write_graph(graph: TaskGraph, wire: pb.TaskGraph) -> None:
    """Write a graph; equal graphs are equal bytes."""
    wire.uids.extend(graph.uids)
    wire.task_ids.extend(graph.task_ids)
    for definition in graph.definitions:
        wire.definitions.add(
            type=definition.type,
            fail_on_error=definition.fail_on_error,
            parameters_json=definition.parameters,
        )
    wire.node.extend(graph.node.tolist())
    wire.task.extend(graph.task.tolist())
    wire.definition.extend(graph.definition.tolist())
    wire.barriers = graph.barriers
    _write_edges(graph.requires, wire.requires)
    _write_edges(graph.required_for, wire.required_for)
    for task_id, entry in graph.directory:
        wire.directory.add(task_id=task_id, entry_json=entry)


def _write_edges(edges: Edges, wire: pb.Edges) -> None:
    wire.starts.extend(edges.starts.tolist())
    wire.targets.extend(edges.targets.tolist())


def read_graph(args: pb.TaskDeployArgs) -> TaskGraph:
    """Read a graph, with the fault tolerance groups that travel beside it."""
    wire = args.graph
    return TaskGraph(
        uids=tuple(wire.uids),
        task_ids=tuple(wire.task_ids),
        definitions=tuple(_read_definition(definition) for definition in wire.definitions),
        # Why a task runs is the plan's knowledge; it does not travel.
        reasons=(),
        node=np.array(wire.node, dtype=np.int32),
        task=np.array(wire.task, dtype=np.int32),
        definition=np.array(wire.definition, dtype=np.int32),
        reason=np.zeros(len(wire.node), dtype=np.int32),
        barriers=wire.barriers,
        requires=_read_edges(wire.requires),
        required_for=_read_edges(wire.required_for),
        fault_tolerance_groups=tuple(
            FaultToleranceGroup(group.name, tuple(group.uids), group.fault_tolerance)
            for group in args.fault_tolerance_groups
        ),
        directory=tuple((entry.task_id, entry.entry_json) for entry in wire.directory),
    )


def _read_definition(wire: pb.TaskDefinition) -> TaskDefinition:
    return TaskDefinition(
        type=wire.type,
        fail_on_error=wire.fail_on_error if wire.HasField("fail_on_error") else None,
        parameters=wire.parameters_json if wire.HasField("parameters_json") else None,
    )


def _read_edges(wire: pb.Edges) -> Edges:
    return Edges(
        starts=np.array(wire.starts, dtype=np.int64),
        targets=np.array(wire.targets, dtype=np.int32),
    )

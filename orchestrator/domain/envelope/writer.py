"""How does a message read in the reference's JSON?

The rendering is lossless and canonical: equal messages give equal bytes, and reading it gives a
message that runs the same. Barriers are spelled out as the edges they stand for.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from orchestrator.domain.canonical import canonical_json
from orchestrator.domain.envelope.reader import API_VERSION
from orchestrator.domain.message import (
    SYNC_NODE,
    DumpEnvironment,
    Edges,
    ExecuteTasks,
    GranularDeploy,
    NetworkCheck,
    Provision,
    RemoveNodes,
    RepositoryCheck,
    ResetEnvironment,
    StopDeployTask,
    TaskDeploy,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from orchestrator.domain.message import (
        FaultToleranceGroup,
        Message,
        NodeEntry,
        TaskGraph,
        Work,
    )

Json = dict[str, Any]


def reference_json(message: Message) -> str:
    """Return the canonical JSON text of a message's envelope."""
    return canonical_json(envelope(message))


def envelope(message: Message) -> Json:
    """Return the envelope of a message."""
    written: Json = {
        "api_version": API_VERSION,
        "method": message.method,
        "respond_to": message.respond_to,
        "args": {"task_uuid": message.task_uuid, **_arguments(message.work)},
    }
    if message.subtasks:
        written["subtasks"] = [envelope(subtask) for subtask in message.subtasks]
    return written


def _arguments(work: Work) -> Json:
    match work:
        case TaskDeploy():
            args = _task_deploy(work)
        case Provision():
            args = {"provisioning_info": _provisioning_info(work)}
        case GranularDeploy():
            args = {
                "deployment_info": json.loads(work.deployment_info),
                "pre_deployment": json.loads(work.pre_deployment),
                "post_deployment": json.loads(work.post_deployment),
            }
        case ExecuteTasks():
            args = {"tasks": json.loads(work.tasks)}
        case DumpEnvironment():
            args = {"settings": json.loads(work.settings)}
        case _:
            args = _arguments_with_nodes(work)
    return args


def _arguments_with_nodes(
    work: StopDeployTask | RemoveNodes | ResetEnvironment | NetworkCheck | RepositoryCheck,
) -> Json:
    args: Json = {"nodes": _nodes(work.nodes)}
    match work:
        case StopDeployTask():
            args |= {"stop_task_uuid": work.stop_task_uuid, "engine": json.loads(work.engine)}
        case RemoveNodes():
            args |= {"check_ceph": work.check_ceph, "engine": json.loads(work.engine)}
        case ResetEnvironment():
            args |= {"engine": json.loads(work.engine)}
        case RepositoryCheck() if work.urls:
            args |= {"urls": list(work.urls)}
        case _:
            pass
    return args


def _nodes(nodes: Iterable[NodeEntry]) -> list[Json]:
    return [{**json.loads(node.attributes), "uid": node.uid} for node in nodes]


def _provisioning_info(work: Provision) -> Json:
    return {
        "nodes": _nodes(work.nodes),
        "engine": json.loads(work.engine),
        "pre_provision": json.loads(work.pre_provision),
        "fault_tolerance": [
            {"uids": list(rule.uids), "percentage": rule.percentage}
            for rule in work.fault_tolerance
        ],
    }


def _task_deploy(work: TaskDeploy) -> Json:
    metadata: Json = {
        "fault_tolerance_groups": [_group(group) for group in work.fault_tolerance_groups],
        "node_statuses_transitions": {
            name: json.loads(getattr(work.transitions, name))
            for name in ("successful", "failed", "stopped")
        },
    }
    if work.subgraphs:
        metadata["subgraphs"] = [
            {"start": list(subgraph.start), "end": list(subgraph.end)}
            for subgraph in work.subgraphs
        ]
    return {
        "tasks_graph": _tasks_graph(work.graph),
        "tasks_directory": {name: json.loads(entry) for name, entry in work.graph.directory},
        "tasks_metadata": metadata,
        "dry_run": work.dry_run,
        "noop_run": work.noop_run,
        "debug": work.debug,
    }


def _group(group: FaultToleranceGroup) -> Json:
    return {
        "name": group.name,
        "node_ids": list(group.uids),
        "fault_tolerance": group.fault_tolerance,
    }


def _tasks_graph(graph: TaskGraph) -> Json:
    rows: Json = {uid: [] for uid in graph.uids}
    requires, required_for = (
        _Relations(graph, graph.requires),
        _Relations(graph, graph.required_for),
    )
    for instance in range(graph.instances):
        definition = graph.definitions[int(graph.definition[instance])]
        task: Json = {"id": graph.task_ids[int(graph.task[instance])]}
        if definition.type:
            task["type"] = definition.type
        if definition.fail_on_error is not None:
            task["fail_on_error"] = definition.fail_on_error
        if definition.parameters is not None:
            task["parameters"] = json.loads(definition.parameters)
        for key, own, other in (
            ("requires", requires, required_for),
            ("required_for", required_for, requires),
        ):
            if targets := own.behind(instance, other):
                task[key] = [_reference(graph, target) for target in targets]
        rows[graph.uids[int(graph.node[instance])]].append(task)
    return rows


def _reference(graph: TaskGraph, instance: int) -> Json:
    uid = graph.uids[int(graph.node[instance])]
    name = graph.task_ids[int(graph.task[instance])]
    return {"name": name, "node_id": None if uid == SYNC_NODE else uid}


class _Relations:
    """One side of the edges, with barriers looked through."""

    def __init__(self, graph: TaskGraph, edges: Edges) -> None:
        self._instances = graph.instances
        self._starts = edges.starts.tolist() or [0] * (graph.vertices + 1)
        self._targets: list[int] = edges.targets.tolist()
        self._sources: dict[int, list[int]] = {}
        for instance in range(self._instances):
            for target in self.row(instance):
                if target >= self._instances:
                    self._sources.setdefault(target, []).append(instance)

    def row(self, vertex: int) -> list[int]:
        """Return what stands in a vertex's row."""
        start, end = self._starts[vertex], self._starts[vertex + 1]
        return self._targets[start:end]

    def behind(self, instance: int, other: _Relations) -> list[int]:
        """Return the instances that an instance names, directly or through barriers, in order.

        A barrier may name its far side in its own row or be named by it on the other side.
        """
        named: set[int] = set()
        for target in self.row(instance):
            if target < self._instances:
                named.add(target)
            else:
                named.update(self.row(target), other.named_by(target))
        return sorted(named - {instance})

    def named_by(self, barrier: int) -> list[int]:
        """Return the instances whose row names a barrier."""
        return self._sources.get(barrier, [])

"""How do messages become what travels, and what travels messages again?"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from orchestrator.v1 import message_pb2 as pb
from planner.domain.documents import canonical
from planner.domain.graph.task_graph import (
    Edges,
    FaultToleranceGroup,
    TaskDefinition,
    TaskGraph,
)
from planner.domain.messages import (
    Message,
    Method,
    NodeTransitions,
    ProvisionMessage,
    ProvisionNode,
    ProvisionTolerance,
    TaskDeployMessage,
)
from planner.domain.redaction import redact_text
from planner.domain.reference_message import render_message

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


class WireCodec:
    """Encodes messages as serialized ``orchestrator.v1.Message``; equal input, equal bytes."""

    def encode(self, message: Message, execution: str) -> bytes:
        """Encode a message under the id of its execution."""
        wire = pb.Message(task_uuid=execution, api_version="1", respond_to=message.respond_to)
        if isinstance(message, TaskDeployMessage):
            _write_task_deploy(message, wire.task_deploy)
        elif message.method is Method.NATIVE_PROVISION:
            _write_provision(message, wire.native_provision)
        else:
            _write_provision(message, wire.image_provision)
        return wire.SerializeToString(deterministic=True)

    def reference_json(self, data: bytes, *, include_secrets: bool) -> Iterator[str]:
        """Write an encoded message as the reference's envelope, in pieces of text."""
        wire = pb.Message.FromString(data if include_secrets else self.redacted(data))
        return render_message(_read(wire), wire.task_uuid)

    def redacted(self, data: bytes) -> bytes:
        """Return the encoded message with its secrets replaced."""
        wire = pb.Message.FromString(data)
        method = wire.WhichOneof("method")
        if method == "task_deploy":
            for definition in wire.task_deploy.graph.definitions:
                if definition.HasField("parameters_json"):
                    definition.parameters_json = redact_text(definition.parameters_json)
            for entry in wire.task_deploy.graph.directory:
                entry.entry_json = redact_text(entry.entry_json)
        else:
            args = getattr(wire, method or "image_provision")
            args.engine_json = redact_text(args.engine_json)
            args.pre_provision_json = redact_text(args.pre_provision_json)
            for node in args.nodes:
                node.attributes_json = redact_text(node.attributes_json)
        return wire.SerializeToString(deterministic=True)


def _write_provision(message: ProvisionMessage, wire: pb.ProvisionArgs) -> None:
    wire.engine_json = canonical(message.engine)
    wire.pre_provision_json = canonical(list(message.pre_provision))
    for node in message.nodes:
        wire.nodes.add(uid=node.uid, attributes_json=canonical(node.attributes))
    for rule in message.tolerance:
        wire.fault_tolerance.add(uids=rule.uids, percentage=rule.percentage)


def _write_task_deploy(message: TaskDeployMessage, wire: pb.TaskDeployArgs) -> None:
    wire.dry_run = message.dry_run
    wire.noop_run = message.noop_run
    wire.debug = message.debug
    for group in message.graph.fault_tolerance_groups:
        wire.fault_tolerance_groups.add(
            name=group.name, uids=group.uids, fault_tolerance=group.fault_tolerance
        )
    transitions = message.transitions
    for field in ("successful", "failed", "stopped"):
        attributes: Mapping[str, Any] | None = getattr(transitions, field)
        if attributes is not None:
            setattr(wire.node_statuses_transitions, f"{field}_json", canonical(attributes))
    _write_graph(message.graph, wire.graph)


def _write_graph(graph: TaskGraph, wire: pb.TaskGraph) -> None:
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


def _read(wire: pb.Message) -> Message:
    method = wire.WhichOneof("method")
    if method == "task_deploy":
        return _read_task_deploy(wire)
    return _read_provision(getattr(wire, str(method)), Method(str(method)))


def _read_provision(wire: pb.ProvisionArgs, method: Method) -> ProvisionMessage:
    return ProvisionMessage(
        method=method,
        engine=json.loads(wire.engine_json),
        nodes=tuple(
            ProvisionNode(node.uid, json.loads(node.attributes_json)) for node in wire.nodes
        ),
        tolerance=tuple(
            ProvisionTolerance(tuple(rule.uids), int(rule.percentage))
            for rule in wire.fault_tolerance
        ),
        pre_provision=tuple(json.loads(wire.pre_provision_json)),
    )


def _read_task_deploy(message: pb.Message) -> TaskDeployMessage:
    wire = message.task_deploy
    transitions = {
        field: json.loads(getattr(wire.node_statuses_transitions, f"{field}_json"))
        if wire.node_statuses_transitions.HasField(f"{field}_json")  # type: ignore[arg-type]
        else None
        for field in ("successful", "failed", "stopped")
    }
    return TaskDeployMessage(
        graph=_read_graph(wire),
        transitions=NodeTransitions(**transitions),
        respond_to=message.respond_to,
        dry_run=wire.dry_run,
        noop_run=wire.noop_run,
        debug=wire.debug,
    )


def _read_graph(args: pb.TaskDeployArgs) -> TaskGraph:
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

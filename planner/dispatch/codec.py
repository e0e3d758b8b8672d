"""How do messages become what travels, and what travels messages again?"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from orchestrator.v1 import message_pb2 as pb
from planner.dispatch.graph_codec import read_graph, write_graph
from planner.domain.documents import canonical
from planner.domain.messages import (
    ExecuteTasksMessage,
    GranularDeployMessage,
    Message,
    Method,
    NodeTransitions,
    ProvisionMessage,
    ProvisionNode,
    ProvisionTolerance,
    RemovedNode,
    RemoveNodesMessage,
    TaskDeployMessage,
)
from planner.domain.redaction import redact_text
from planner.domain.reference_message import render_message
from planner.domain.transaction import Subgraph

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from google.protobuf.message import Message as ProtoMessage

JSON_FIELD: Final = "_json"
"""Ends the name of every field of the contract that holds JSON."""


class WireCodec:
    """Encodes messages as serialized ``orchestrator.v1.Message``; equal input, equal bytes."""

    def encode(self, message: Message, execution: str) -> bytes:
        """Encode a message under the id of its execution."""
        wire = pb.Message(task_uuid=execution, api_version="1", respond_to=message.respond_to)
        _write(message, wire)
        return wire.SerializeToString(deterministic=True)

    def reference_json(self, data: bytes, *, include_secrets: bool) -> Iterator[str]:
        """Write an encoded message as the reference's envelope, in pieces of text."""
        wire = pb.Message.FromString(data if include_secrets else self.redacted(data))
        return render_message(_read(wire), wire.task_uuid)

    def redacted(self, data: bytes) -> bytes:
        """Return the encoded message with its secrets replaced."""
        wire = pb.Message.FromString(data)
        _redact(wire)
        return wire.SerializeToString(deterministic=True)


def _redact(wire: ProtoMessage) -> None:
    """Replace the secrets in every field that holds JSON, however deep."""
    for field, value in wire.ListFields():
        if field.name.endswith(JSON_FIELD):
            setattr(wire, field.name, redact_text(value))
        elif field.message_type is not None:
            for inner in value if field.is_repeated else (value,):
                _redact(inner)


def _write(message: Message, wire: pb.Message) -> None:
    match message:
        case TaskDeployMessage():
            _write_task_deploy(message, wire.task_deploy)
        case GranularDeployMessage():
            wire.granular_deploy.deployment_info_json = canonical(list(message.deployment_info))
            wire.granular_deploy.pre_deployment_json = canonical(list(message.pre_deployment))
            wire.granular_deploy.post_deployment_json = canonical(list(message.post_deployment))
            wire.granular_deploy.debug = message.debug
        case RemoveNodesMessage():
            _write_removal(message, wire.remove_nodes)
        case ExecuteTasksMessage():
            wire.execute_tasks.tasks_json = canonical(list(message.tasks))
        case ProvisionMessage():
            is_native = message.method is Method.NATIVE_PROVISION
            _write_provision(message, wire.native_provision if is_native else wire.image_provision)


def _write_removal(message: RemoveNodesMessage, wire: pb.RemoveNodesArgs) -> None:
    wire.engine_json = canonical(message.engine)
    wire.check_ceph = message.check_ceph
    for node in message.nodes:
        attributes = {
            "id": int(node.uid),
            "slave_name": node.slave_name,
            "roles": list(node.roles),
            "mclient_remove": node.is_asked,
        }
        wire.nodes.add(uid=node.uid, attributes_json=canonical(attributes))


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
    for subgraph in message.subgraphs:
        wire.subgraphs.add(start=subgraph.start, end=subgraph.end)
    if message.deployment_info is not None:
        wire.deployment_info_json = canonical(list(message.deployment_info))
    write_graph(message.graph, wire.graph)


def _read(wire: pb.Message) -> Message:
    method = wire.WhichOneof("method")
    if method == "task_deploy":
        return _read_task_deploy(wire)
    if method == "granular_deploy":
        args = wire.granular_deploy
        return GranularDeployMessage(
            deployment_info=json.loads(args.deployment_info_json),
            pre_deployment=json.loads(args.pre_deployment_json),
            post_deployment=json.loads(args.post_deployment_json),
            debug=args.debug,
        )
    if method == "remove_nodes":
        return _read_removal(wire.remove_nodes)
    if method == "execute_tasks":
        return ExecuteTasksMessage(json.loads(wire.execute_tasks.tasks_json), wire.respond_to)
    return _read_provision(getattr(wire, str(method)), Method(str(method)))


def _read_removal(wire: pb.RemoveNodesArgs) -> RemoveNodesMessage:
    entries = [(node.uid, json.loads(node.attributes_json)) for node in wire.nodes]
    return RemoveNodesMessage(
        nodes=tuple(
            RemovedNode(
                uid, entry["slave_name"], tuple(entry["roles"]), is_asked=entry["mclient_remove"]
            )
            for uid, entry in entries
        ),
        engine=json.loads(wire.engine_json),
        check_ceph=wire.check_ceph,
    )


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
        graph=read_graph(wire),
        transitions=NodeTransitions(**transitions),
        respond_to=message.respond_to,
        dry_run=wire.dry_run,
        noop_run=wire.noop_run,
        debug=wire.debug,
        subgraphs=tuple(Subgraph(tuple(s.start), tuple(s.end)) for s in wire.subgraphs),
        deployment_info=(
            json.loads(wire.deployment_info_json) if wire.HasField("deployment_info_json") else None
        ),
    )

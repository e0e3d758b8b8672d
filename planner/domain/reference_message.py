"""How does the reference write our messages (dossier 4.0, 4.1, 9.4)?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from planner.domain.documents import canonical, canonical_in_turns
from planner.domain.graph.render import render_graph_text
from planner.domain.messages import (
    SEQUENCE_RESPONSE,
    ExecuteTasksMessage,
    Message,
    ProvisionMessage,
    RemoveNodesMessage,
    TaskDeployMessage,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from planner.domain.messages import GranularDeployMessage, NodeTransitions, RemovedNode


def render_message(message: Message, task_uuid: str) -> Iterator[str]:
    """Write a message as the reference's envelope: canonical JSON, in pieces of bounded size.

    Keys are sorted on every level, so equal messages are equal text.
    """
    if isinstance(message, TaskDeployMessage):
        yield from _task_deploy(message, task_uuid)
        return
    yield canonical_in_turns(
        {
            "api_version": "1",
            "args": {**_arguments(message), "task_uuid": task_uuid},
            "method": message.method,
            "respond_to": message.respond_to,
        }
    )


def _arguments(
    message: ProvisionMessage | GranularDeployMessage | RemoveNodesMessage | ExecuteTasksMessage,
) -> dict[str, Any]:
    """Write the arguments of a method that knows no graph."""
    if isinstance(message, ProvisionMessage):
        return {"provisioning_info": provisioning_info(message)}
    if isinstance(message, ExecuteTasksMessage):
        return {"tasks": list(message.tasks)}
    if isinstance(message, RemoveNodesMessage):
        return {
            "nodes": [_removed(node) for node in message.nodes],
            "engine": message.engine,
            "check_ceph": message.check_ceph,
        }
    return {
        "deployment_info": list(message.deployment_info),
        "pre_deployment": list(message.pre_deployment),
        "post_deployment": list(message.post_deployment),
        **({"debug": True} if message.debug else {}),
    }


def _removed(node: RemovedNode) -> dict[str, Any]:
    """Write a node to take out; only here the reference's uids are numbers (dossier 0.2)."""
    return {
        "id": int(node.uid),
        "uid": int(node.uid),
        "roles": list(node.roles),
        "slave_name": node.slave_name,
        "mclient_remove": node.is_asked,
    }


def provisioning_info(message: ProvisionMessage) -> dict[str, Any]:
    """Write the reference's provisioning_info (dossier 4.1)."""
    return {
        "engine": message.engine,
        "fault_tolerance": [
            {"uids": list(rule.uids), "percentage": rule.percentage} for rule in message.tolerance
        ],
        "nodes": [{**node.attributes, "uid": node.uid} for node in message.nodes],
        "pre_provision": list(message.pre_provision),
    }


def _task_deploy(message: TaskDeployMessage, task_uuid: str) -> Iterator[str]:
    """Write the envelope around the graph, which alone can be large.

    The order of keys is that of canonical JSON: api_version, args{debug, deployment_info, dry_run,
    noop_run, task_uuid, tasks_directory, tasks_graph, tasks_metadata}, method, respond_to. The
    form before 9.0 has deployment_info, but neither the flags nor metadata (dossier 4.4).
    """
    is_older = message.deployment_info is not None
    flags: dict[str, Any] = {"task_uuid": task_uuid}
    if message.debug or message.respond_to == SEQUENCE_RESPONSE:
        flags["debug"] = message.debug
    if is_older:
        flags["deployment_info"] = list(message.deployment_info or ())
    else:
        flags |= {"dry_run": message.dry_run, "noop_run": message.noop_run}
    yield '{"api_version":"1","args":' + canonical(flags)[:-1]
    yield ',"tasks_directory":{'
    yield ",".join(f"{canonical(task)}:{entry}" for task, entry in message.graph.directory)
    yield '},"tasks_graph":'
    yield from render_graph_text(message.graph)
    if not is_older:
        yield ',"tasks_metadata":' + canonical(_metadata(message))
    yield f'}},"method":"{message.method}","respond_to":{canonical(message.respond_to)}}}'


def _metadata(message: TaskDeployMessage) -> dict[str, Any]:
    metadata: dict[str, Any] = {
        "fault_tolerance_groups": [
            {
                "name": group.name,
                "node_ids": list(group.uids),
                "fault_tolerance": group.fault_tolerance,
            }
            for group in message.graph.fault_tolerance_groups
        ]
    }
    transitions = _transitions(message.transitions)
    if transitions:
        metadata["node_statuses_transitions"] = transitions
    if message.subgraphs:
        metadata["subgraphs"] = [
            {"start": list(subgraph.start), "end": list(subgraph.end)}
            for subgraph in message.subgraphs
        ]
    return metadata


def _transitions(transitions: NodeTransitions) -> dict[str, Any]:
    fields = {name: getattr(transitions, name) for name in ("successful", "failed", "stopped")}
    return {name: value for name, value in fields.items() if value is not None}

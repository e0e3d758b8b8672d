"""How does the reference write our messages (dossier 4.0, 4.1, 9.4)?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from planner.domain.documents import canonical
from planner.domain.graph.render import render_graph_text
from planner.domain.messages import Message, TaskDeployMessage

if TYPE_CHECKING:
    from collections.abc import Iterator

    from planner.domain.messages import NodeTransitions, ProvisionMessage


def render_message(message: Message, task_uuid: str) -> Iterator[str]:
    """Write a message as the reference's envelope: canonical JSON, in pieces of bounded size.

    Keys are sorted on every level, so equal messages are equal text.
    """
    if isinstance(message, TaskDeployMessage):
        yield from _task_deploy(message, task_uuid)
        return
    args = {"provisioning_info": provisioning_info(message), "task_uuid": task_uuid}
    yield canonical(
        {
            "api_version": "1",
            "args": args,
            "method": message.method,
            "respond_to": message.respond_to,
        }
    )


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

    The order of keys is that of canonical JSON: api_version, args{debug, dry_run, noop_run,
    task_uuid, tasks_directory, tasks_graph, tasks_metadata}, method, respond_to.
    """
    flags = {"dry_run": message.dry_run, "noop_run": message.noop_run, "task_uuid": task_uuid}
    if message.debug:
        flags["debug"] = True
    yield '{"api_version":"1","args":' + canonical(flags)[:-1]
    yield ',"tasks_directory":{'
    yield ",".join(f"{canonical(task)}:{entry}" for task, entry in message.graph.directory)
    yield '},"tasks_graph":'
    yield from render_graph_text(message.graph)
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
    return metadata


def _transitions(transitions: NodeTransitions) -> dict[str, Any]:
    fields = {name: getattr(transitions, name) for name in ("successful", "failed", "stopped")}
    return {name: value for name, value in fields.items() if value is not None}

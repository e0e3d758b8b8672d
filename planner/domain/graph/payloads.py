"""What does the older form send for a task: one payload, or several (dossier 7.1-7.3)?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from planner.domain.graph.errors import TaskInvalid
from planner.domain.graph.package_sources import repository_payloads
from planner.domain.graph.task_filling import DEFAULT_DIRECTORY
from planner.domain.graph.text_format import fill_in_strictly
from planner.domain.graph.yaml_text import yaml_text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from planner.domain.graph.older_cluster import OlderCluster
    from planner.domain.graph.task import Task

Payload = dict[str, Any]
"""An entry of the directory without its id."""

SHELL_RETRIES: Final = 3
SHELL_INTERVAL: Final = 1


@dataclass(frozen=True, slots=True)
class KnownTask:
    """What is special about a task id.

    ``words`` are the placeholders it knows, any other is an error. ``everywhere`` sends it to
    all nodes whatever its roles; ``needs_tag`` skips it unless a node has that tag.
    """

    payloads: Callable[[Task, Mapping[str, Any], OlderCluster], list[Payload]]
    words: tuple[str, ...] = ("CLUSTER_ID",)
    everywhere: bool = False
    needs_tag: str | None = None


def role_payload(task: Task) -> Payload:
    """Return what a puppet task sends in a role's list of the granular form.

    Raises TaskInvalid where it lacks a parameter.
    """
    try:
        return _puppet(task)[0]
    except (KeyError, TypeError, AttributeError) as error:
        message = f"parameters of {task.id!r} do not make a puppet task: {error}"
        raise TaskInvalid(message, task=task.id, field="parameters") from None


def payloads_of(task: Task, cluster: OlderCluster) -> list[Payload]:
    """Return what a task sends, in order; several make a chain.

    Raises TaskInvalid where a known id lacks a parameter or has an unknown placeholder.
    """
    known = KNOWN_TASKS.get(task.id)
    if known is None:
        return _as_written(task)
    try:
        words = {word: cluster.words[word] for word in known.words}
        return known.payloads(task, words, cluster)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        message = f"parameters of {task.id!r} do not fit what this id needs: {error}"
        raise TaskInvalid(message, task=task.id, field="parameters") from None


def _plain(task: Task, parameters: Any) -> Payload:
    if not isinstance(parameters, dict):
        message = f"parameters of {task.id!r} are no mapping"
        raise TaskInvalid(message, task=task.id, field="parameters")
    return {
        "type": task.type,
        "fail_on_error": task.document.get("fail_on_error", True),
        "task_name": task.document.get("task_name"),
        "parameters": {"cwd": DEFAULT_DIRECTORY, **parameters},
    }


def shell(given: Mapping[str, Any], command: str) -> Payload:
    """Return a shell payload with the retries and interval these have by default."""
    return {
        "type": "shell",
        "parameters": {
            "cmd": command,
            "timeout": given["timeout"],
            "retries": given.get("retries", SHELL_RETRIES),
            "interval": given.get("interval", SHELL_INTERVAL),
            "cwd": given.get("cwd", DEFAULT_DIRECTORY),
        },
    }


def _filled_command(task: Task, words: Mapping[str, Any], _: OlderCluster) -> list[Payload]:
    given = task.document["parameters"]
    return [shell(given, fill_in_strictly(given["cmd"], words))]


def _filled_sources(task: Task, words: Mapping[str, Any], _: OlderCluster) -> list[Payload]:
    given = task.document["parameters"]
    files = [{**file, "src": fill_in_strictly(file["src"], words)} for file in given["files"]]
    return [_plain(task, {**given, "files": files})]


def _sync(task: Task, words: Mapping[str, Any], _: OlderCluster) -> list[Payload]:
    given = task.document["parameters"]
    source = fill_in_strictly(given["src"], words)
    return [{"type": "sync", "parameters": {"src": source, "dst": given["dst"]}}]


def _puppet(task: Task, *_: object) -> list[Payload]:
    given = task.document["parameters"]
    parameters = {key: given[key] for key in ("puppet_manifest", "puppet_modules", "timeout")}
    retries, directory = given.get("retries"), given.get("cwd", DEFAULT_DIRECTORY)
    return [{"type": "puppet", "parameters": {**parameters, "retries": retries, "cwd": directory}}]


def _node_list(task: Task, _: object, cluster: OlderCluster) -> list[Payload]:
    path = task.document["parameters"]["path"]
    data = yaml_text({"nodes": cluster.node_list})
    return [{"type": "upload_file", "parameters": {"path": path, "data": data}}]


def _as_written(task: Task, *_: object) -> list[Payload]:
    return [_plain(task, task.document.get("parameters") or {})]


def _repositories(_: Task, __: object, cluster: OlderCluster) -> list[Payload]:
    return repository_payloads(cluster.operating_system, cluster.repositories(), shell)


KNOWN_TASKS: Final[Mapping[str, KnownTask]] = {
    "upload_core_repos": KnownTask(_repositories, words=(), everywhere=True),
    "rsync_core_puppet": KnownTask(_sync, ("MASTER_IP", "OPENSTACK_VERSION"), everywhere=True),
    "upload_nodes_info": KnownTask(_node_list, words=(), everywhere=True),
    "update_hosts": KnownTask(_puppet, words=(), everywhere=True),
    "generate_keys": KnownTask(_filled_command),
    "generate_haproxy_keys": KnownTask(_filled_command, ("CLUSTER_ID", "CN_HOSTNAME")),
    "ironic_upload_images": KnownTask(_filled_command),
    "copy_keys": KnownTask(_filled_sources),
    "copy_haproxy_keys": KnownTask(_filled_sources),
    "ironic_copy_bootstrap_key": KnownTask(_filled_sources),
    "restart_radosgw": KnownTask(_as_written, words=(), needs_tag="ceph-osd"),
}
"""Task ids with a handling of their own (dossier 7.1, last point)."""

"""Can a message that is no task graph be executed: its nodes, lists and hooks?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from orchestrator.domain.canonical import json_object, parse_json
from orchestrator.domain.errors import Violation
from orchestrator.domain.message import (
    SUBTASK_METHODS,
    DumpEnvironment,
    ExecuteTasks,
    GranularDeploy,
    NetworkCheck,
    NodeEntry,
    Provision,
    RemoveNodes,
    RepositoryCheck,
    ResetEnvironment,
    StopDeployTask,
)
from orchestrator.domain.task_types import TASK_TYPES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from orchestrator.domain.message import Message

MAX_ENTRIES: Final = 20_000
"""Nodes of one message: an answer that lists them all has to fit into one event."""

PERCENT: Final = 100


def procedure_violations(message: Message) -> list[Violation]:
    """Return everything that is wrong with the arguments of a method that is no task graph."""
    check = _Check()
    match message.work:
        case Provision() as work:
            check.provision(work)
        case RemoveNodes() | ResetEnvironment() | StopDeployTask() as work:
            check.nodes("nodes", work.nodes)
            check.engine(work.engine)
        case GranularDeploy() as work:
            check.deployment_info(work.deployment_info)
            check.hooks("pre_deployment", work.pre_deployment)
            check.hooks("post_deployment", work.post_deployment)
        case ExecuteTasks() as work:
            check.hooks("tasks", work.tasks)
        case NetworkCheck() | RepositoryCheck() as work:
            check.nodes("nodes", work.nodes)
            check.networks(work.nodes)
        case DumpEnvironment() as work:
            check.settings(work.settings)
        case _:
            pass
    if isinstance(message.work, StopDeployTask):
        check.target(message.work.stop_task_uuid, message.task_uuid)
    check.subtasks(message)
    return check.violations


class _Check:
    """Collects violations."""

    def __init__(self) -> None:
        self.violations: list[Violation] = []

    def refuse(self, field: str, text: str) -> None:
        self.violations.append(Violation("INVALID_MESSAGE", f"args.{field}", text))

    def provision(self, work: Provision) -> None:
        self.nodes("nodes", work.nodes)
        self.engine(work.engine)
        self.hooks("pre_provision", work.pre_provision, needs_uids=False)
        for index, rule in enumerate(work.fault_tolerance):
            if not 0 <= rule.percentage <= PERCENT:
                field = f"fault_tolerance[{index}].percentage"
                self.refuse(field, f"must be 0 to {PERCENT}, is {rule.percentage}")

    def target(self, stopped: str, own: str) -> None:
        if not stopped or stopped == own:
            self.refuse("stop_task_uuid", f"must name another execution, is {stopped!r}")

    def nodes(self, field: str, nodes: Sequence[NodeEntry]) -> None:
        if len(nodes) > MAX_ENTRIES:
            self.refuse(field, f"{len(nodes)} nodes; at most {MAX_ENTRIES}")
        seen: set[str] = set()
        for index, node in enumerate(nodes):
            if not node.uid or node.uid in seen:
                text = f"{node.uid!r} occurs twice" if node.uid else "is required"
                self.refuse(f"{field}[{index}].uid", text)
            seen.add(node.uid)
            if json_object(node.attributes) is None:
                self.refuse(f"{field}[{index}]", "must be a JSON object")

    def engine(self, text: str) -> None:
        if json_object(text) is None:
            self.refuse("engine", "must be a JSON object")

    def settings(self, text: str) -> None:
        settings = json_object(text)
        if settings is None:
            self.refuse("settings", "must be a JSON object")
            return
        timeout = settings.get("timeout") or 1
        if isinstance(timeout, bool) or not isinstance(timeout, int) or not 0 < timeout < 10**9:
            self.refuse("settings.timeout", f"must be a number of seconds, is {timeout!r:.80}")

    def networks(self, nodes: Sequence[NodeEntry]) -> None:
        for index, node in enumerate(nodes):
            networks = (json_object(node.attributes) or {}).get("networks") or []
            is_list = isinstance(networks, list)
            if not is_list or not all(_is_network(network) for network in networks):
                text = "must be a list of objects with iface and vlans"
                self.refuse(f"nodes[{index}].networks", text)

    def hooks(self, field: str, text: str, *, needs_uids: bool = True) -> None:
        for index, hook in enumerate(self._entries(field, text)):
            place = f"{field}[{index}]"
            self._task(place, hook)
            uids = hook.get("uids")
            if needs_uids and not _is_list_of_uids(uids):
                self.refuse(f"{place}.uids", f"must be a list of node uids, is {uids!r:.80}")

    def deployment_info(self, text: str) -> None:
        for index, entry in enumerate(self._entries("deployment_info", text)):
            place = f"deployment_info[{index}]"
            if not _is_list_of_uids([entry.get("uid")]):
                self.refuse(f"{place}.uid", "is required")
            self._priority(place, entry)
            tasks = entry.get("tasks") or []
            if not isinstance(tasks, list) or not all(isinstance(task, dict) for task in tasks):
                self.refuse(f"{place}.tasks", "must be a list of objects")
                continue
            for task_index, task in enumerate(tasks):
                self._task(f"{place}.tasks[{task_index}]", task)

    def subtasks(self, message: Message) -> None:
        if message.subtasks and message.method != "verify_networks":
            self.refuse("subtasks", f"are known only with verify_networks, not {message.method}")
        for index, subtask in enumerate(message.subtasks):
            if subtask.method not in SUBTASK_METHODS or subtask.subtasks:
                known = ", ".join(sorted(SUBTASK_METHODS))
                self.refuse(f"subtasks[{index}]", f"{subtask.method} is none of {known}")
            else:
                self.violations += procedure_violations(subtask)

    def _task(self, place: str, task: dict[str, Any]) -> None:
        kind = task.get("type")
        if not isinstance(kind, str) or kind not in TASK_TYPES:
            text = f"unknown task type {kind!r:.80}; known are {', '.join(TASK_TYPES)}"
            self.violations.append(Violation("UNKNOWN_TASK_TYPE", f"args.{place}.type", text))
        if not isinstance(task.get("parameters") or {}, dict):
            self.refuse(f"{place}.parameters", "must be an object")
        self._priority(place, task)

    def _priority(self, place: str, entry: dict[str, Any]) -> None:
        priority = entry.get("priority") or 0
        if isinstance(priority, bool) or not isinstance(priority, int | float):
            self.refuse(f"{place}.priority", f"must be a number, is {priority!r:.80}")

    def _entries(self, field: str, text: str) -> list[dict[str, Any]]:
        try:
            value = parse_json(text)
        except ValueError:
            value = None
        if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
            self.refuse(field, "must be a JSON array of objects")
            return []
        return value


def _is_list_of_uids(value: object) -> bool:
    return isinstance(value, list) and all(
        isinstance(uid, str | int) and not isinstance(uid, bool) and uid != "" for uid in value
    )


def _is_network(value: object) -> bool:
    if not isinstance(value, dict) or not isinstance(value.get("iface"), str):
        return False
    vlans = value.get("vlans") or []
    return isinstance(vlans, list) and all(isinstance(vlan, int) for vlan in vlans)

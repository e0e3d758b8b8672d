"""How is a graph planned for the oldest releases: hooks around a list of tasks a role (7.1)?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from planner.domain.graph.errors import ExpressionError, PlanRefused, TaskInvalid
from planner.domain.graph.findings import FindingList
from planner.domain.graph.name_pattern import matcher
from planner.domain.graph.node_set import ALL_NODES, NodeSet
from planner.domain.graph.older_cluster import OlderCluster
from planner.domain.graph.payloads import KNOWN_TASKS, payloads_of, role_payload
from planner.domain.graph.role_priorities import STEP, Place, prioritize
from planner.domain.graph.stage_graph import StageGraph
from planner.domain.graph.task_names import check_cycle, check_task_names

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from planner.domain.graph.request import PlanRequest
    from planner.domain.graph.task import Task

PUPPET: Final = "puppet"
"""The only type of task that a role's list may hold."""

TARGET_FIELDS: Final = ("tags", "roles", "role", "groups")

_NAMELESS: Final = frozenset({"upload_file", "sync"})
"""Types that bear no id where a known task unfolds into them, as in the original."""


@dataclass(frozen=True, slots=True)
class RoleDeployment:
    """What a node does in one role; with the node's data this is an entry of deployment_info."""

    uid: str
    role: str
    priority: int
    tasks: tuple[dict[str, Any], ...]


@dataclass(frozen=True, slots=True)
class GranularPlan:
    """The three parts of a granular message; hooks and tasks are in their order."""

    deployment: tuple[RoleDeployment, ...]
    pre_deployment: tuple[dict[str, Any], ...]
    post_deployment: tuple[dict[str, Any], ...]


def plan_granular(request: PlanRequest) -> GranularPlan:
    """Plan in the granular form (dossier 7.1); a node's tags are its roles.

    Selected tasks run, all others are left out; without a selection, with ``events``, only what
    subscribes to all of them runs. Raises PlanRefused for cycles and for names that no task
    has, both ways, and TaskInvalid for a task of a role that is not puppet.
    """
    _check(request.tasks)
    return _Granular(request).plan()


def _check(tasks: Sequence[Task]) -> None:
    found = FindingList()
    known = frozenset(task.id for task in tasks)
    documents = [task.document for task in tasks]
    for document in documents:
        check_task_names(document, known, f"tasks/{document['id']}", found)
    check_cycle(documents, found)
    findings = found.findings()
    if findings.violations or findings.warnings:
        raise PlanRefused(findings.violations + findings.warnings)


class _Granular:
    def __init__(self, request: PlanRequest) -> None:
        self._request = request
        self._nodes = NodeSet(request.nodes)
        self._cluster = OlderCluster(request)
        self._graph = StageGraph(request.tasks)
        self._tasks = {task.id: task for task in request.tasks}

    def plan(self) -> GranularPlan:
        return GranularPlan(
            tuple(self._deployment()),
            tuple(self._hooks(self._graph.all_before("deploy_start"))),
            tuple(self._hooks(self._graph.all_after("deploy_end"))),
        )

    def _deployment(self) -> Iterator[RoleDeployment]:
        groups = [task for task in self._request.tasks if task.is_group]
        members = {group.id: self._places(group) for group in groups}
        lists = {group.id: self._listed(self._graph.required_by(group.id)) for group in groups}
        for place, priority in prioritize(groups, self._graph, members):
            tasks = self._role_tasks(lists[place.group], place.uid)
            yield RoleDeployment(place.uid, place.role, priority, tuple(tasks))

    def _places(self, group: Task) -> list[Place]:
        """Return the nodes of a group, once for each role that makes them part of it."""
        target = group.target(*TARGET_FIELDS)
        words = [target] if isinstance(target, str) else target or []
        tests = [matcher(word) for word in words]
        tags = {node.uid: sorted(node.tags) for node in self._request.nodes}
        return [
            Place(uid, tag, group.id)
            for uid in self._uids(group)
            for tag in tags.get(uid, ())
            if target == ALL_NODES or any(test(tag) for test in tests)
        ]

    def _role_tasks(self, tasks: Iterable[Task], uid: str) -> Iterator[dict[str, Any]]:
        priority = 0
        for task in tasks:
            if task.type != PUPPET:
                message = f"task {task.id!r} of type {task.type} cannot be in a role's list"
                raise TaskInvalid(message, task=task.id, node=uid, field="type")
            priority += STEP
            yield {"id": task.id, **role_payload(task), "uids": [uid], "priority": priority}

    def _hooks(self, ids: Iterable[str]) -> Iterator[dict[str, Any]]:
        priority = 0
        for task in self._listed(ids):
            uids = self._hook_uids(task)
            known = task.id in KNOWN_TASKS
            if not uids:
                continue
            for payload in payloads_of(task, self._cluster):
                priority += STEP
                named = {} if payload["type"] in _NAMELESS and known else {"id": task.id}
                yield {**named, **payload, "uids": uids, "priority": priority}

    def _hook_uids(self, task: Task) -> list[str]:
        known = KNOWN_TASKS.get(task.id)
        if known is not None and known.everywhere:
            return [self._nodes.uids[p] for p in self._nodes.positions(self._nodes.ordinary)]
        return self._uids(task)

    def _uids(self, task: Task) -> list[str]:
        reached = self._nodes.resolve(task.target(*TARGET_FIELDS), task.id)
        return [self._nodes.uids[position] for position in self._nodes.positions(reached)]

    def _listed(self, ids: Iterable[str]) -> list[Task]:
        """Return those that run, each after what it requires."""
        wanted = {i for i in ids if self._runs(self._tasks[i])}
        return [self._tasks[i] for i in self._graph.ordered() if i in wanted]

    def _runs(self, task: Task) -> bool:
        if task.is_internal or not self._is_chosen(task):
            return False
        known = KNOWN_TASKS.get(task.id)
        if known is not None and known.needs_tag and known.needs_tag not in self._nodes.tags:
            return False
        if "condition" not in task.document:
            return True
        try:
            return self._cluster.is_met(task.document["condition"])
        except ExpressionError as error:
            raise ExpressionError(
                error.expression, error.cause, task=task.id, field="condition"
            ) from error

    def _is_chosen(self, task: Task) -> bool:
        if self._request.selected_tasks:
            return task.id in self._request.selected_tasks
        if self._request.events:
            return self._request.events <= set(task.document.get("reexecute_on") or ())
        return not task.document.get("skipped")

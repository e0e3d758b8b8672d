"""Which tasks does the older form run, where, and as what (dossier 7.2)?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from planner.domain.graph import reasons
from planner.domain.graph.errors import ExpressionError, MemberUnknown, TaskInvalid
from planner.domain.graph.lcm_tasks import too_old
from planner.domain.graph.payloads import KNOWN_TASKS, Payload, payloads_of
from planner.domain.graph.task import MIN_VERSION, Task, TaskType, read_task
from planner.domain.graph.task_graph import Reason

if TYPE_CHECKING:
    from collections.abc import Iterator

    from planner.domain.graph.node_set import NodeSet
    from planner.domain.graph.older_cluster import OlderCluster
    from planner.domain.graph.request import PlanRequest

NOTHING: Final[Payload] = {"type": TaskType.SKIPPED.value, "fail_on_error": False}
"""What the directory holds for a task that carries only edges."""


@dataclass(frozen=True, slots=True)
class PlacedTask:
    """A task on groups of nodes: what it sends, and why it runs there or only carries edges.

    ``is_forced`` says that it subscribes to the event of the run, so that its payload is kept
    and merely affected nodes run it too.
    """

    task: Task
    groups: tuple[int, ...]
    payloads: list[Payload]
    reason: Reason
    is_forced: bool

    @property
    def runs(self) -> bool:
        """Tell whether it runs on the nodes that are deployed."""
        return self.reason.code in reasons.RUNNING


def plugin_hooks() -> tuple[Task, ...]:
    """Return the two tasks that stand for what plugins do before and after the deployment."""
    return tuple(
        read_task(
            {
                "id": f"_plugin_{stage}_hook",
                "type": TaskType.SKIPPED.value,
                "version": "2.0.0",
                "requires": [f"{stage}_start"],
                "required_for": [f"{stage}_end"],
            }
        )
        for stage in ("pre_deployment", "post_deployment")
    )


class OlderPlacing:
    """Places the tasks of a request; raises GraphError for what cannot be placed."""

    def __init__(self, request: PlanRequest, nodes: NodeSet, cluster: OlderCluster) -> None:
        self._request = request
        self._nodes = nodes
        self._cluster = cluster

    def placed(self) -> Iterator[PlacedTask]:
        """Yield single tasks in order, then the members of groups; some reach no node."""
        known: dict[str, Task] = {}
        groups: list[Task] = []
        for task in self._request.tasks:
            if task.is_group:
                groups.append(task)
            else:
                known[task.id] = task
                yield self._place(task, None, is_selected=self._is_selected(task))
        if self._request.selected_tasks:
            # Without a selection the hooks expand to what plugins bring: nothing here.
            for hook in plugin_hooks():
                yield self._place(hook, None, is_selected=False)
        for group in groups:
            reached = self._nodes.resolve(group.target("tags", "roles", "role"), group.id)
            for member in group.members:
                if member not in known:
                    message = f"group {group.id!r} names a task that is not there: {member!r}"
                    raise MemberUnknown(message, task=group.id, field="tasks")
                task = known[member]
                selected = self._is_selected(group) or self._is_selected(task)
                yield self._place(task, reached, is_selected=selected)

    def _is_selected(self, task: Task) -> bool:
        return not self._request.selected_tasks or task.id in self._request.selected_tasks

    def _place(
        self, task: Task, reached: tuple[int, ...] | None, *, is_selected: bool
    ) -> PlacedTask:
        reason = self._judge(task, is_selected=is_selected)
        subscribed = task.document.get("reexecute_on") or []
        if not isinstance(subscribed, list):
            message = f"reexecute_on of {task.id!r} is no list: {subscribed!r}"
            raise TaskInvalid(message, task=task.id, field="reexecute_on")
        is_forced = any(event in subscribed for event in self._request.events)
        runs = reason.code in reasons.RUNNING
        keeps_payload = (runs or is_forced) and not task.is_internal
        groups = self._targets(task, reached) if keeps_payload else self._idle(task, reached)
        if not groups:
            return PlacedTask(task, (), [], reason, is_forced)
        if not task.is_internal and task.version < MIN_VERSION:
            raise too_old(task)
        payloads = payloads_of(task, self._cluster) if keeps_payload else [dict(NOTHING)]
        return PlacedTask(task, groups, payloads, reason, is_forced)

    def _judge(self, task: Task, *, is_selected: bool) -> Reason:
        if task.is_stage:
            return reasons.STAGE
        if task.type == TaskType.SKIPPED.value:
            return reasons.CARRIES_EDGES
        if not is_selected:
            return reasons.UNSELECTED
        if task.document.get("skipped"):
            return Reason(reasons.PLACEHOLDER, "it is marked as skipped")
        return self._judge_condition(task)

    def _judge_condition(self, task: Task) -> Reason:
        known = KNOWN_TASKS.get(task.id)
        if known is not None and known.needs_tag and known.needs_tag not in self._nodes.tags:
            return Reason(reasons.CONDITION_FALSE, f"no node has the tag {known.needs_tag}")
        if "condition" not in task.document:
            return reasons.NO_CONDITION
        condition = task.document["condition"]
        try:
            is_met = self._cluster.is_met(condition)
        except ExpressionError as error:
            raise ExpressionError(
                error.expression, error.cause, task=task.id, field="condition"
            ) from error
        code = reasons.CONDITION_TRUE if is_met else reasons.CONDITION_FALSE
        return Reason(code, f"{str(condition).strip()} is {'true' if is_met else 'false'}")

    def _targets(self, task: Task, reached: tuple[int, ...] | None) -> tuple[int, ...]:
        known = KNOWN_TASKS.get(task.id)
        if known is not None and known.everywhere:
            return self._nodes.ordinary if reached is None else reached
        if reached is not None:
            return reached
        return self._nodes.resolve(task.target("tags", "roles", "role", "groups"), task.id)

    def _idle(self, task: Task, reached: tuple[int, ...] | None) -> tuple[int, ...]:
        """Place a task that only carries edges: without any target, on the sync node."""
        target = task.target("tags", "groups", "roles", "role")
        if target is None:
            return (self._nodes.sync,)
        return self._nodes.resolve(target, task.id) if reached is None else reached

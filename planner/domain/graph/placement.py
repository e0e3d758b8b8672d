"""Which tasks run on which groups of nodes, and which are given up for another of the same id?"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from planner.domain.graph.errors import MemberUnknown
from planner.domain.graph.fault_tolerance import tolerated_failures
from planner.domain.graph.task_graph import FaultToleranceGroup

if TYPE_CHECKING:
    from collections.abc import Iterable

    from planner.domain.graph.node_set import NodeSet
    from planner.domain.graph.task import Task


@dataclass(slots=True)
class Placement:
    """For each group of nodes: task id to the tasks of that id, in the order they were placed.

    More than one task under an id is a duplicate; which wins is known once they are filled in.
    """

    present: list[dict[str, list[Task]]]
    fault_tolerance_groups: list[FaultToleranceGroup] = field(default_factory=list)

    def place(self, task: Task, groups: Iterable[int]) -> None:
        """Put a task on groups of nodes."""
        for group in groups:
            found = self.present[group].setdefault(task.id, [])
            if task not in found:
                found.append(task)


def place_lcm_tasks(tasks: Iterable[Task], nodes: NodeSet) -> Placement:
    """Place tasks by their tags, roles or groups, then the members of groups (dossier 8.6).

    A task that reaches no node disappears. A group that reaches none is not even looked at;
    otherwise a member that is not there raises MemberUnknown.
    """
    placement = Placement([{} for _ in nodes.groups])
    groups: list[Task] = []
    known: dict[str, Task] = {}
    for task in tasks:
        if task.is_group:
            groups.append(task)
            continue
        known[task.id] = task
        placement.place(task, _targets(task, nodes))
    for group in groups:
        reached = _targets(group, nodes)
        if reached:
            _expand(group, reached, known, nodes, placement)
    return placement


def _targets(task: Task, nodes: NodeSet) -> tuple[int, ...]:
    if task.is_stage:
        return (nodes.sync,)
    return nodes.resolve(task.target("tags", "roles", "role", "groups"), task.id)


def _expand(
    group: Task,
    reached: tuple[int, ...],
    known: dict[str, Task],
    nodes: NodeSet,
    placement: Placement,
) -> None:
    uids = tuple(nodes.uids[p] for p in nodes.positions(reached))
    tolerated = tolerated_failures(group.document.get("fault_tolerance"), len(uids))
    placement.fault_tolerance_groups.append(FaultToleranceGroup(group.id, uids, tolerated))
    for member in group.members:
        if member not in known:
            message = f"group {group.id!r} names a task that is not there: {member!r}"
            raise MemberUnknown(message, task=group.id, field="tasks")
        placement.place(known[member], reached)

"""May a list of tasks become a graph of a release, a plugin or a cluster?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from planner.domain.graph.findings import FindingList, Findings
from planner.domain.graph.task_names import check_cycle, check_targets, check_task_names
from planner.domain.graph.task_shape import check_shape

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def check_tasks(tasks: Sequence[Any], roles: Iterable[str], tags: Iterable[str]) -> Findings:
    """Check tasks in either form, author's or stored, before they are stored.

    Finds everything at once: shapes (dossier 6.1), unknown types, roles and tags, duplicates,
    patterns and expressions that cannot be read, names that no task has (decision 1: a
    violation in requires, cross-depends and a group's tasks, elsewhere a warning), and a cycle.
    A finding's subject is ``tasks/ID.field``, or ``tasks[INDEX]`` where there is no id.
    """
    found = FindingList()
    usable = _with_ids(tasks, found)
    known = frozenset(task["id"] for task in usable)
    groups = {task["id"] for task in usable if task.get("type") == "group"}
    targets = frozenset(roles) | frozenset(tags) | groups
    for task in usable:
        subject = f"tasks/{task['id']}"
        check_shape(task, subject, found)
        check_targets(task, targets, subject, found)
        check_task_names(task, known, subject, found)
    check_cycle(usable, found)
    return found.findings()


def _with_ids(tasks: Sequence[Any], found: FindingList) -> list[dict[str, Any]]:
    usable: dict[str, dict[str, Any]] = {}
    for index, task in enumerate(tasks):
        task_id = task.get("id") if isinstance(task, dict) else None
        if not isinstance(task_id, str) or not task_id:
            found.violate(
                "TASK_ID_MISSING", f"tasks[{index}]", "every task is a mapping with an id"
            )
        elif task_id in usable:
            found.violate("DUPLICATE_TASK", f"tasks/{task_id}", "the id is taken by another task")
        else:
            usable[task_id] = task
    return list(usable.values())

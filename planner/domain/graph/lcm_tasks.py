"""What becomes of the tasks of a graph before they are placed on nodes?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.domain.graph.errors import VersionTooOld
from planner.domain.graph.task import MIN_VERSION, Task, TaskType

if TYPE_CHECKING:
    from collections.abc import Iterable

    from planner.domain.graph.request import PlanRequest


def select_tasks(tasks: Iterable[Task], selected: frozenset[str]) -> tuple[Task, ...]:
    """Turn every task that is not selected into a placeholder; no selection means all (8.9).

    Groups, stages and placeholders are not touched. A name that no task has selects nothing.
    """
    if not selected:
        return tuple(tasks)
    return tuple(
        task if task.is_internal or task.id in selected else task.retyped(TaskType.SKIPPED)
        for task in tasks
    )


def check_versions(request: PlanRequest) -> None:
    """Refuse tasks that know no cross relations, where the settings ask for it (dossier 0.4).

    Raises VersionTooOld.
    """
    if not request.setting("LCM_CHECK_TASK_VERSION"):
        return
    for task in request.tasks:
        if not task.is_internal and task.version < MIN_VERSION:
            raise too_old(task)


def too_old(task: Task) -> VersionTooOld:
    """Return the error for a task that knows no cross relations."""
    version = ".".join(map(str, task.version)) or "none"
    message = f"task {task.id!r} has version {version}, 2.0.0 is the first that can be planned"
    return VersionTooOld(message, task=task.id, field="version")

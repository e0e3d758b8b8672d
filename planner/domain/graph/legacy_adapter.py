"""How do tasks that know no cross relations take part in a graph that lives on them?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from planner.domain.graph.errors import TaskInvalid
from planner.domain.graph.name_pattern import matcher
from planner.domain.graph.node_set import ALL_NODES
from planner.domain.graph.plugin_stages import plugin_chain
from planner.domain.graph.relations import SELF_ROLE
from planner.domain.graph.stage_graph import StageGraph
from planner.domain.graph.task import MIN_VERSION, Task, TaskType, read_task

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

BOXED_STAGES: Final = ("pre_deployment", "post_deployment")
"""Stages whose tasks are bound to the stage itself instead of to their group."""

TARGET_FIELDS: Final = ("tags", "roles", "role", "groups")


def adapt_legacy_tasks(
    tasks: Sequence[Task], plugin_tasks: Sequence[Mapping[str, Any]], tags: Iterable[str]
) -> tuple[Task, ...]:
    """Box older tasks between markers of their groups or stages (dossier 6.8, 13.5).

    ``tags`` are those that nodes of the run have. Tasks that are new enough only gain
    required_for of their end marker; if all are and no plugin adds any, there are no markers.
    Raises TaskInvalid for an older task whose relations are computed.
    """
    adapter = _Adapter(tasks, sorted(tags))
    is_needed = bool(plugin_tasks) or any(_is_legacy(task) for task in tasks)
    adapted = [adapter.adapted(task) for task in tasks]
    if not is_needed:
        return tuple(adapted)
    return (*adapted, *adapter.markers(), *plugin_chain(plugin_tasks, adapter.graph))


class _Adapter:
    def __init__(self, tasks: Sequence[Task], tags: list[str]) -> None:
        self._tags = tags
        self._groups = [task for task in tasks if task.is_group]
        self.graph = StageGraph(tasks)
        self._stages = {
            name: stage
            for stage in BOXED_STAGES
            for name in self.graph.between(f"{stage}_start", f"{stage}_end")
        }

    def adapted(self, task: Task) -> Task:
        if task.is_group or task.is_stage:
            return task
        stage = self._stages.get(task.id)
        boxes = self._boxes(task) if stage is None else []
        ends = [f"{box}_end" for box in boxes] if stage is None else [f"{stage}_end"]
        changes: dict[str, Any] = {"required_for": _extended(task, ends)}
        if _is_legacy(task):
            starts = [{"name": f"{box}_start", "role": SELF_ROLE} for box in boxes]
            boxed = starts if stage is None else [{"name": f"{stage}_start", "role": None}]
            changes |= {"version": "2.0.0", "cross_depends": boxed}
        return task.changed(**changes)

    def markers(self) -> Iterator[Task]:
        """Yield the start and end marker of every group."""
        by_id = {group.id: group for group in self._groups}
        for group in self._groups:
            before = [
                {"name": f"{other}_end", "role": by_id[other].target(*TARGET_FIELDS)}
                for other in self.graph.required_by(group.id)
                if other in by_id
            ]
            own_end = [{"name": f"{group.id}_end", "role": SELF_ROLE}]
            yield _marker(group, "start", cross_depends=before, cross_depended_by=own_end)
            yield _marker(group, "end")

    def _boxes(self, task: Task) -> list[str]:
        """Name the tags of the run that a task's roles stand for."""
        roles = task.target(*TARGET_FIELDS)
        if roles == ALL_NODES:
            return self._tags
        words = [roles] if isinstance(roles, str) else roles
        if not isinstance(words, list):
            return []
        tests = [matcher(word) for word in words if isinstance(word, str)]
        return [tag for tag in self._tags if any(test(tag) for test in tests)]


def _is_legacy(task: Task) -> bool:
    return not task.is_internal and task.version < MIN_VERSION


def _marker(group: Task, end: str, **relations: Any) -> Task:
    return read_task(
        {
            "id": f"{group.id}_{end}",
            "type": TaskType.SKIPPED.value,
            "version": "2.0.0",
            "roles": group.target(*TARGET_FIELDS),
            **relations,
        }
    )


def _extended(task: Task, names: Iterable[str]) -> list[Any]:
    given = task.document.get("required_for") or []
    if not isinstance(given, list):
        message = f"required_for of {task.id!r} is computed, which cannot be adapted"
        raise TaskInvalid(message, task=task.id, field="required_for")
    return [*given, *(name for name in names if name not in given)]

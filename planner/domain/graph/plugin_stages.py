"""Where do tasks of old plugins go, which only name a stage and a rank in it?"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

from planner.domain.graph.errors import TaskInvalid
from planner.domain.graph.stored_form import stored_form
from planner.domain.graph.task import Task, read_task

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from planner.domain.graph.stage_graph import StageGraph


def plugin_chain(plugin_tasks: Sequence[Mapping[str, Any]], graph: StageGraph) -> Iterator[Task]:
    """Yield plugin tasks as a chain after the end of their stage (dossier 6.8, point 6).

    Within a stage they are ordered by rank, then as given, and named ``STAGE_INDEX``. All come
    before whatever follows the end of the stage first. Raises TaskInvalid without a stage.
    """
    staged = [(*_stage(task), task) for task in plugin_tasks]
    staged.sort(key=lambda item: item[:2])
    for stage, members in groupby(staged, key=lambda item: item[0]):
        successor = graph.first_after(f"{stage}_end")
        before = [] if successor is None else [{"name": successor, "role": None}]
        after: dict[str, Any] = {"name": f"{stage}_end", "role": None}
        for index, (_, _, task) in enumerate(members):
            document = stored_form(task)
            document |= {
                "id": f"{stage}_{index}",
                "version": "2.0.0",
                "cross_depends": [after],
                "cross_depended_by": before,
            }
            yield read_task(document)
            after = {"name": f"{stage}_{index}", "role": document.get("roles")}


def _stage(task: Mapping[str, Any]) -> tuple[str, float]:
    """Read ``stage`` or ``stage/rank``; a rank that is no number counts as 0."""
    text = task.get("stage")
    if not isinstance(text, str) or not text:
        raise TaskInvalid(f"a plugin task needs a stage: {task!r}", field="stage")
    stage, _, rank = text.partition("/")
    try:
        return stage, float(rank or 0)
    except ValueError:
        return stage, 0.0

"""Why does a task run on a node, or why is it skipped there, with what the record knows of it?"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from planner.domain.graph.reasons import CHANGED, UNCHANGED

if TYPE_CHECKING:
    from planner.domain.task_groups import TaskGroup
    from planner.services.ports import Store


def explain(
    store: Store, cluster: str, uid: str, task: str, groups: list[TaskGroup]
) -> list[TaskGroup]:
    """Add to what a condition compared the transaction whose inputs it compared with.

    ``groups`` are those of one task on one node.
    """
    with store.read() as work:
        last = work.expected.last_success(cluster, uid, task)
    if not last:
        return groups
    return [
        replace(group, explanation=f"{group.explanation} since transactions/{last}")
        if group.reason in {CHANGED, UNCHANGED}
        else group
        for group in groups
    ]

"""Would the server refuse a plan that the original would have sent (decision 1)?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from planner.domain.errors import Violation
from planner.domain.graph.cycles import find_cycle
from planner.domain.graph.findings import FindingList, Findings
from planner.domain.graph.name_pattern import is_pattern

if TYPE_CHECKING:
    from collections.abc import Iterable

    from planner.domain.graph.plan_outcome import PlanOutcome
    from planner.domain.graph.relations import Relations
    from planner.domain.graph.request import PlanRequest
    from planner.domain.graph.task_graph import TaskGraph

CYCLE: Final = "DEPENDENCY_CYCLE"
DANGLING: Final = "DANGLING_DEPENDENCY"
UNKNOWN_TASK: Final = "UNKNOWN_TASK"
SELF_LOOP: Final = "SELF_LOOP_DROPPED"


def check_plan(graph: TaskGraph) -> tuple[Violation, ...]:
    """Check what a planned graph alone can tell: a cycle is named along its path."""
    cycle = find_cycle(graph)
    if not cycle:
        return ()
    places = [
        f"{graph.task_ids[graph.task[i]]}/{graph.uids[graph.node[i]]}" for i in (*cycle, cycle[0])
    ]
    return (Violation(CYCLE, f"tasks/{places[0]}", " waits for ".join(places)),)


def check_outcome(request: PlanRequest, outcome: PlanOutcome) -> Findings:
    """Check a plan drawn without its unasked self-edges; pure, everything found at once.

    Violations: a cycle, named along its path; a name in requires or cross_depends that no task
    of the graph has; a selected task that is not there. Warnings: such a name on the other
    side, and self-edges that a pattern or a role brought about.
    """
    found = FindingList()
    written = {task.id for task in request.tasks}
    known = written | set(outcome.graph.task_ids)
    for task in sorted(request.selected_tasks - known):
        found.violate(UNKNOWN_TASK, "selected_tasks", f"there is no task {task!r}")
    for task, relations in outcome.relations():
        # What the planner itself adds, markers and hooks, may name what is not there.
        if task in written:
            _check_names(task, relations, known, found)
    for loop in outcome.loops:
        message = f"{loop.name!r} finds the task itself; that edge is left out"
        found.warn(SELF_LOOP, f"tasks/{loop.task}.{loop.field}", message)
    for violation in check_plan(outcome.graph):
        found.violate(violation.reason, violation.subject, violation.message)
    return found.findings()


def _check_names(task: str, relations: Relations, known: set[str], found: FindingList) -> None:
    for field, names, is_strict in (
        ("requires", relations.requires, True),
        ("cross_depends", [r.name for r in relations.cross_depends], True),
        ("required_for", relations.required_for, False),
        ("cross_depended_by", [r.name for r in relations.cross_depended_by], False),
    ):
        for name in _unknown(names, known):
            note = found.violate if is_strict else found.warn
            note(DANGLING, f"tasks/{task}.{field}", f"there is no task {name!r}")


def _unknown(names: Iterable[str], known: set[str]) -> list[str]:
    return [name for name in names if not is_pattern(name) and name not in known]

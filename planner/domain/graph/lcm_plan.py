"""How is a graph planned whose tasks decide for themselves whether to run (dossier 8)?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.domain.graph import reasons
from planner.domain.graph.assembly import Assembly
from planner.domain.graph.edge_drawing import DrawingRules
from planner.domain.graph.layout import Layout
from planner.domain.graph.lcm_tasks import check_versions, select_tasks
from planner.domain.graph.legacy_adapter import adapt_legacy_tasks
from planner.domain.graph.node_set import NodeSet
from planner.domain.graph.placement import place_lcm_tasks
from planner.domain.graph.plan_outcome import PlanOutcome
from planner.domain.graph.scopes import Scopes
from planner.domain.graph.tables import Tables
from planner.domain.graph.task import TaskType
from planner.domain.graph.task_filling import SKIPPED, TaskFilling

if TYPE_CHECKING:
    from collections.abc import Sequence

    from planner.domain.graph.request import PlanRequest
    from planner.domain.graph.task import Task
    from planner.domain.graph.task_filling import Verdict
    from planner.domain.graph.task_graph import Reason
    from planner.domain.graph.task_template import NodeContext


def plan_lcm(request: PlanRequest, rules: DrawingRules | None = None) -> PlanOutcome:
    """Plan in the LCM form; raises GraphError for what the original could not plan either."""
    check_versions(request)
    nodes = NodeSet(request.nodes)
    tasks = request.tasks
    if request.adapts_legacy:
        tasks = adapt_legacy_tasks(tasks, request.plugin_tasks, nodes.tags)
    tasks = select_tasks(tasks, request.selected_tasks)
    placement = place_lcm_tasks(tasks, nodes)
    layout = Layout(nodes, placement.present)
    tables = Tables()
    assembly = Assembly(layout, tables)
    filling = _Fillings(request, tables, layout)
    for group, present in enumerate(placement.present):
        for task_id in sorted(present):
            verdicts = filling.verdicts(group, present[task_id])
            assembly.put(group, layout.task_index[task_id], verdicts)
    graph, loops = assembly.finish(
        layout.search,
        rules or DrawingRules(),
        placement.fault_tolerance_groups,
    )
    return PlanOutcome(graph, loops, assembly.relations(), tables)


class _Fillings:
    """Fills in tasks on groups of nodes."""

    def __init__(self, request: PlanRequest, tables: Tables, layout: Layout) -> None:
        self._nodes = layout.nodes
        self._tables = tables
        self._scopes = Scopes(request, layout.nodes.uids)
        self._fillings: dict[int, TaskFilling] = {}
        self._skipped = tables.definitions.number(SKIPPED)
        self._placeholders = {
            task.id for task in request.tasks if task.type == TaskType.SKIPPED.value
        }

    def verdicts(self, group: int, tasks: Sequence[Task]) -> list[Verdict]:
        """Return one verdict a node, or a single one where it cannot differ."""
        contexts = self._scopes.contexts(tasks[0].id, self._nodes.groups[group].positions)
        found = [self._fill(task, contexts) for task in tasks]
        if len(found) == 1:
            return found[0]
        return [self._winner(rivals) for rivals in zip(*found, strict=True)]

    def _fill(self, task: Task, contexts: list[NodeContext]) -> list[Verdict]:
        filling = self._fillings.get(id(task))
        if filling is None:
            filling = TaskFilling(task, self._tables, self._skip(task))
            self._fillings[id(task)] = filling
        if filling.is_fixed:
            return [filling.verdict(contexts[0])]
        return [filling.verdict(context) for context in contexts]

    def _skip(self, task: Task) -> Reason | None:
        if task.is_stage:
            return reasons.STAGE
        if task.type == TaskType.SKIPPED.value:
            is_own = task.id in self._placeholders
            return reasons.CARRIES_EDGES if is_own else reasons.UNSELECTED
        return None

    def _winner(self, rivals: Sequence[Verdict]) -> Verdict:
        """Choose among duplicates: the first, unless a later one is of another type and runs."""
        types = self._tables.definitions.values()
        winner = rivals[0]
        for rival in rivals[1:]:
            differs = types[rival.definition].type != types[winner.definition].type
            if differs and rival.definition != self._skipped:
                winner = rival
        return winner

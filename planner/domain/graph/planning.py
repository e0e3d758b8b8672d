"""How is a task graph planned, as the original did or as we stand for it?"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from planner.domain.graph.edge_drawing import DrawingRules
from planner.domain.graph.errors import PlanRefused
from planner.domain.graph.lcm_plan import plan_lcm
from planner.domain.graph.request import Engine
from planner.domain.graph.strict import check_outcome
from planner.domain.graph.task_based_plan import plan_task_based

if TYPE_CHECKING:
    from planner.domain.graph.findings import Findings
    from planner.domain.graph.plan_outcome import PlanOutcome
    from planner.domain.graph.request import PlanRequest
    from planner.domain.graph.task_graph import TaskGraph


@dataclass(frozen=True, slots=True)
class CheckedPlan:
    """A planned graph without unasked self-edges, and what a check of it found.

    ``evaluations`` counts evaluated expressions: a measure of the work that needs no clock.
    """

    graph: TaskGraph
    findings: Findings
    evaluations: int


def plan_graph(request: PlanRequest) -> TaskGraph:
    """Plan a graph as the original did: cycles, dangling and unknown names are accepted.

    Pure and deterministic. Raises GraphError, naming task, node and field, for what cannot be
    planned: a failing expression, an unknown member of a group, a node without state.
    """
    return _plan(request, DrawingRules()).graph


def plan_and_check(request: PlanRequest) -> CheckedPlan:
    """Plan a graph and say what the server has against it (decision 1).

    The graph is sound if there are no violations. Raises GraphError as ``plan_graph`` does.
    """
    outcome = _plan(request, DrawingRules(keeps_loops=False))
    findings = check_outcome(request, outcome)
    return CheckedPlan(outcome.graph, findings, outcome.tables.evaluations)


def plan_strictly(request: PlanRequest) -> CheckedPlan:
    """Plan a graph the server would send; raises PlanRefused with every violation."""
    checked = plan_and_check(request)
    if checked.findings.violations:
        raise PlanRefused(checked.findings.violations)
    return checked


def _plan(request: PlanRequest, rules: DrawingRules) -> PlanOutcome:
    if request.engine is Engine.TASK_DEPLOY:
        return plan_task_based(request, replace(rules, null_role_is_sync=False))
    return plan_lcm(request, rules)

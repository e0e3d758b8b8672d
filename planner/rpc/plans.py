"""How is a plan written as proto?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.domain.documents import canonical
from planner.rpc.enums import NODE_ACTION
from planner.rpc.records import write_violations
from planner.v1 import plan_pb2

if TYPE_CHECKING:
    from collections.abc import Iterable

    from planner.domain.planned import Plan
    from planner.domain.task_groups import TaskGroup


def write_plan(plan: Plan, *, whole: bool) -> plan_pb2.Plan:
    """Write a plan, or only its digest."""
    if not whole:
        return plan_pb2.Plan(digest=plan.digest)
    return plan_pb2.Plan(
        digest=plan.digest,
        nodes=[
            plan_pb2.PlannedNode(
                node=f"nodes/{node.uid}",
                actions=[NODE_ACTION.write(action) for action in node.actions],
                reason=node.reason,
                explanation=node.explanation,
            )
            for node in plan.nodes
        ],
        steps=[
            plan_pb2.PlannedStep(
                kind=step.kind,
                method=step.method,
                graph_type=step.graph_type,
                uids=step.uids,
                task_run_count=step.task_run_count,
                skipped_count=step.skipped_count,
                dependency_count=step.dependency_count,
            )
            for step in plan.steps
        ],
        violations=write_violations(plan.violations),
        allocations=[
            plan_pb2.Allocation(
                resource=allocation.resource,
                field=allocation.field,
                value_json=canonical(allocation.value),
            )
            for allocation in plan.allocations
        ],
        warnings=plan.warnings,
    )


def write_task_groups(groups: Iterable[TaskGroup]) -> list[plan_pb2.PlannedTaskGroup]:
    """Write tasks, grouped by nodes that they treat alike."""
    return [
        plan_pb2.PlannedTaskGroup(
            step=group.step,
            task=group.task,
            type=group.type,
            runs=group.runs,
            reason=group.reason,
            explanation=group.explanation,
            uids=group.uids,
        )
        for group in groups
    ]

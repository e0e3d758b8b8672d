"""What does a re-run with equal data cost the planner, asked through its API?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from planner.v1 import planner_service_pb2 as pb
from tests.bench.deploying import CLUSTER, deployable, follow, pid_of
from tests.bench.meters import cpu_s
from tests.bench.planning import RECORDED
from tests.scenes import apply

if TYPE_CHECKING:
    from collections.abc import Iterator

    from planner.v1 import plan_pb2
    from tests.bench.subjects import Figure
    from tests.processes import Pair

NODES: Final = 100


def measure() -> Iterator[Figure]:
    """Preview, deploy, preview again: the second one compares every task with what it ran with.

    The first preview has to have the recorded counts, the second the same graph with more of
    it skipped. Only the planner's own CPU time counts, reading the old state included.
    """
    with deployable(NODES) as pair:
        first = _preview(pair).steps[-1]
        counted = (first.task_run_count, first.dependency_count, first.skipped_count)
        if counted != RECORDED[NODES]:
            raise AssertionError(f"the first plan has {counted}")
        follow(pair, apply(pair, CLUSTER))
        before = cpu_s(pid_of(pair.planner))
        plan = _preview(pair, is_deployed=True)
        cost = cpu_s(pid_of(pair.planner)) - before
    again = plan.steps[-1]
    if again.task_run_count != first.task_run_count or again.skipped_count <= first.skipped_count:
        raise AssertionError(f"{again.skipped_count} of {again.task_run_count} are skipped")
    yield "replan_100", cost


def _preview(pair: Pair, *, is_deployed: bool = False) -> plan_pb2.Plan:
    request = pb.PreviewChangesRequest(cluster=CLUSTER, page_size=1)
    if is_deployed:
        # Of a cluster that is deployed nothing is chosen by itself; its graph is asked for.
        request.selection.graph_types.append("default")
    return pair.changes.PreviewChanges(request).plan

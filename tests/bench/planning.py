"""What does a plan of the real library cost, and how does that grow?"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, NamedTuple

from planner.domain.graph.case_reading import read_request
from planner.domain.graph.planning import plan_graph
from planner.domain.graph.render import render_text
from tests.bench import library
from tests.bench.meters import peak_mib, present_mib, timed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from planner.domain.graph.request import PlanRequest
    from planner.domain.graph.task_graph import TaskGraph
    from tests.bench.subjects import Figure


class Counts(NamedTuple):
    """What the original's serializer made: task instances, logical edges, skipped instances."""

    instances: int
    edges: int
    skipped: int


RECORDED: Final = {
    100: Counts(5_564, 45_235, 1_557),
    200: Counts(10_909, 143_695, 3_037),
    500: Counts(26_944, 763_975, 7_477),
}
"""By nodes; design/performance.md, "Peers on the same work"."""

ON_A_COMPUTE: Final = (54, 15)
"""Instances and skipped ones that each further compute adds."""


LOOK_EVERY: Final = 50
"""Pieces of text between two looks at the memory."""


def measure_200() -> Iterator[Figure]:
    """Plan 200 recorded nodes."""
    _, cpu_s = planned(200)
    yield "plan_200", cpu_s


def measure_500() -> Iterator[Figure]:
    """Plan 500 recorded nodes, and take the peak of a process that does nothing else."""
    _, cpu_s = planned(500)
    yield "plan_500", cpu_s
    yield "plan_500_memory", peak_mib()


def measure_1000() -> Iterator[Figure]:
    """Plan 1,000 nodes."""
    yield "plan_1000", planned(1000)[1]


def measure_5000() -> Iterator[Figure]:
    """Plan 5,000 nodes; growth is taken from the 1,000 planned before in the same process."""
    _, small_s = planned(1000)
    _, large_s = planned(5000)
    yield "plan_5000", large_s
    yield "plan_growth", math.log(large_s / small_s, 5)
    yield "plan_5000_memory", peak_mib()


def measure_rendering() -> Iterator[Figure]:
    """Render the reference form a node at a time, dropping each piece."""
    costs = {}
    for size in (500, 1000):
        graph, _ = planned(size)
        edges = graph.dependencies
        before, peak = present_mib(), 0.0
        with timed() as span:
            for number, piece in enumerate(render_text(graph)):
                assert piece
                if number % LOOK_EVERY == 0:
                    peak = max(peak, present_mib() - before)
        costs[size] = (span.cpu_s, edges, peak)
    yield "render_500", costs[500][0] * 1e6 / costs[500][1]
    more_edges = costs[1000][1] / costs[500][1]
    yield "render_growth", math.log(costs[1000][0] / costs[500][0], more_edges)
    yield "render_memory", costs[1000][2]


def measure_task_based() -> Iterator[Figure]:
    """Plan 500 nodes in the older form; it computes nothing, so what is computed is left out."""
    grown = library.fleet(500)
    tasks = [
        {key: value for key, value in task.items() if "yaql_exp" not in str(value)}
        for task in library.tasks()
    ]
    given = {"engine": "task_deploy", "tasks": tasks, "nodes": grown.nodes}
    editable = {
        group: {name: {"value": value} for name, value in settings.items()}
        for group, settings in grown.context["common"].items()
        if isinstance(settings, dict)
    }
    context = {"new": grown.context}
    asked = read_request({**given, "context": context, "cluster": {"editable": editable}})
    with timed() as span:
        graph = plan_graph(asked)
    _check(graph.instances == RECORDED[500].instances, "instances")
    yield "task_based_500", span.cpu_s


def request(size: int) -> PlanRequest:
    """Read the request of a first deployment."""
    grown = library.fleet(size)
    given = {"engine": "lcm", "tasks": library.tasks(), "nodes": grown.nodes}
    return read_request({**given, "context": {"new": grown.context}})


def planned(size: int) -> tuple[TaskGraph, float]:
    """Plan a first deployment and check its counts; return the graph and the CPU seconds."""
    asked = request(size)
    with timed() as span:
        graph = plan_graph(asked)
    recorded = max(known for known in RECORDED if known <= size)
    more, expected = size - recorded, RECORDED[recorded]
    _check(graph.instances == expected.instances + more * ON_A_COMPUTE[0], "instances")
    _check(graph.skipped == expected.skipped + more * ON_A_COMPUTE[1], "skipped")
    _check(bool(more) or graph.dependencies == expected.edges, "edges")
    return graph, span.cpu_s


def _check(holds: bool, what: str) -> None:  # noqa: FBT001 - reads as a sentence
    if not holds:
        raise AssertionError(f"the plan's {what} are not those that were recorded")

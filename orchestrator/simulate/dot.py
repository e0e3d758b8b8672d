"""How does a task graph look in the DOT language of Graphviz?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from orchestrator.domain.states import TaskStatus

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestrator.domain.deployment.plan import DeploymentPlan

_COLOURS: Final = {
    TaskStatus.PENDING: "white",
    TaskStatus.READY: "white",
    TaskStatus.RUNNING: "yellow",
    TaskStatus.SUCCESSFUL: "palegreen",
    TaskStatus.FAILED: "tomato",
    TaskStatus.DEP_FAILED: "orange",
    TaskStatus.SKIPPED: "lightgrey",
    TaskStatus.NOT_RUN: "white",
}


def dot_lines(plan: DeploymentPlan, status: bytes) -> Iterator[str]:
    """Yield the lines of a graph with one cluster a node, tasks coloured by status.

    A barrier is a point; an edge leads from what comes first to what waits for it.
    """
    yield "digraph deployment {"
    yield "  rankdir=LR; node [shape=box, style=filled];"
    for number, uid in enumerate(plan.uids):
        yield f"  subgraph {_quoted(f'cluster_{uid}')} {{ label={_quoted(uid)};"
        for instance in range(plan.first[number], plan.first[number + 1]):
            colour = _COLOURS[TaskStatus(status[instance])]
            yield f"    v{instance} [label={_quoted(plan.task_of(instance))}, fillcolor={colour}];"
        yield "  }"
    for barrier in range(plan.instances, len(plan.open)):
        yield f"  v{barrier} [shape=point];"
    for vertex in range(len(plan.open)):
        for target in plan.targets[plan.starts[vertex] : plan.starts[vertex + 1]]:
            yield f"  v{vertex} -> v{target};"
    yield "}"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'

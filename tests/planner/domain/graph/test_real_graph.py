"""The real library on many nodes: recorded counts, and work that does not depend on a clock."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from planner.domain.graph import yaql_engine
from planner.domain.graph.case_reading import read_request
from planner.domain.graph.planning import plan_and_check, plan_graph
from planner.domain.graph.render import render_text
from planner.domain.graph.state import OldStateBuilder

if TYPE_CHECKING:
    from planner.domain.graph.request import PlanRequest
    from planner.domain.graph.state import OldState

DATA = Path(__file__).resolve().parents[5] / "shared" / "data"

pytestmark = pytest.mark.skipif(
    not (DATA / "bench").is_dir(), reason=f"the bench data are not in {DATA}"
)


@lru_cache(maxsize=1)
def request_for(nodes: int) -> PlanRequest:
    """Read the real task list and the deployment data of a cluster of this size."""
    tasks = json.loads((DATA / "fuel-library-tasks.json").read_text())["tasks"]
    data = json.loads(gzip.decompress((DATA / "bench" / f"b{nodes}.json.gz").read_bytes()))
    given = {"engine": "lcm", "tasks": tasks, "nodes": data["nodes"]}
    return read_request({**given, "context": {"new": data["context"]}})


def ran_before(request: PlanRequest) -> OldState:
    """Return the old state of a cluster where every task ran everywhere with the same data."""
    state = request.state
    builder = OldStateBuilder(state.nodes)
    common = builder.document(state.common)
    for task in request.tasks:
        for uid, data in state.nodes.items():
            builder.succeeded(task.id, uid, common, builder.document(data))
    return builder.build()


@pytest.mark.parametrize(
    ("nodes", "instances", "edges", "skipped"),
    [(50, 2_897, 16_491, 819), (100, 5_564, 45_235, 1_557), (200, 10_909, 143_695, 3_037)],
)
def test_counts_are_the_recorded_ones(nodes: int, instances: int, edges: int, skipped: int) -> None:
    """Instances, logical edges and skipped ones as the original's serializer gave them."""
    graph = plan_graph(request_for(nodes))
    assert (graph.instances, graph.dependencies, graph.skipped) == (instances, edges, skipped)


def test_edges_are_stored_in_proportion_to_instances() -> None:
    """Barriers keep what is stored near three edges an instance, however many they stand for."""
    graph = plan_graph(request_for(100))
    stored = len(graph.requires.targets) + len(graph.required_for.targets)
    assert stored < 3.5 * graph.instances < graph.dependencies
    assert graph.barriers < 40


def test_expressions_are_evaluated_once_per_distinct_input(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Fewer evaluations than instances, and the library is hardly ever asked."""
    asked: list[str] = []
    evaluate = yaql_engine.evaluate

    def counting(text: str, scope: yaql_engine.Scope) -> object:
        asked.append(text)
        return evaluate(text, scope)

    monkeypatch.setattr(yaql_engine, "evaluate", counting)
    checked = plan_and_check(request_for(100))
    assert checked.findings.violations == ()
    assert checked.evaluations < 0.5 * checked.graph.instances
    assert len(asked) < 10


def test_rerun_with_equal_data_runs_only_what_always_runs() -> None:
    """Every condition that watches something is false, on every node."""
    request = request_for(50)
    graph = plan_graph(replace(request, old_state=ran_before(request)))
    watching = {
        task.id
        for task in request.tasks
        if "changed" in json.dumps(task.document.get("condition", ""))
    }
    running = {
        graph.task_ids[task]
        for task, reason in zip(graph.task.tolist(), graph.reason.tolist(), strict=True)
        if graph.reasons[reason].code != "UNCHANGED"
    }
    conditional = {
        graph.task_ids[task]
        for task, definition in zip(graph.task.tolist(), graph.definition.tolist(), strict=True)
        if graph.definitions[definition].type != "skipped"
    }
    assert not conditional & watching
    assert running


def test_text_comes_in_pieces_of_one_node() -> None:
    """No piece holds more than the tasks of one node."""
    pieces = list(render_text(plan_graph(request_for(50))))
    assert max(len(piece) for piece in pieces) < sum(len(piece) for piece in pieces) / 10

"""What the original would have sent and we refuse, or draw differently (decisions 1 and 2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from planner.domain.graph.errors import PlanRefused
from planner.domain.graph.planning import plan_and_check, plan_graph, plan_strictly
from planner.domain.graph.render import render
from planner.domain.graph.request import Engine

if TYPE_CHECKING:
    from collections.abc import Callable

NODES = {"1": ["ctl"], "2": ["ctl"], "3": ["work"]}


def a_task(task_id: str, role: Any = "work", **fields: Any) -> dict[str, Any]:
    """Build a task on node 3 unless a role says otherwise."""
    return {"id": task_id, "type": "shell", "role": role, **fields}


def refused(request: Any) -> list[tuple[str, str, str]]:
    """Return what a strict plan is refused for."""
    with pytest.raises(PlanRefused) as caught:
        plan_strictly(request)
    return [(v.reason, v.subject, v.message) for v in caught.value.violations]


def test_cycle_is_named_along_its_path(a_request: Callable[..., Any]) -> None:
    """Task and node of every step, back to the first."""
    tasks = [
        a_task("a", requires=["b"]),
        a_task("b", **{"cross-depends": [{"name": "c", "role": "ctl"}]}),
        a_task("c", role=["ctl"], **{"cross-depends": [{"name": "a"}]}),
    ]
    request = a_request(tasks, NODES)
    path = "c/1 waits for a/3 waits for b/3 waits for c/1"
    assert refused(request) == [("DEPENDENCY_CYCLE", "tasks/c/1", path)]
    assert plan_graph(request).instances == 4


def test_a_task_that_names_itself_is_a_cycle(a_request: Callable[..., Any]) -> None:
    """A literal self-edge is what somebody asked for."""
    request = a_request([a_task("a", requires=["a"])], NODES)
    assert refused(request) == [("DEPENDENCY_CYCLE", "tasks/a/3", "a/3 waits for a/3")]


@pytest.mark.parametrize(
    "fields",
    [
        {"requires": ["/a/"]},
        {"required_for": ["/.*/"]},
        {"cross-depends": [{"name": "a", "role": "self"}]},
        {"cross-depended-by": [{"name": "/a/", "role": "self"}]},
    ],
)
def test_unasked_self_edge_is_dropped_with_a_warning(
    a_request: Callable[..., Any], fields: dict[str, Any]
) -> None:
    """It comes from a pattern or from role self; the recorded form keeps it."""
    request = a_request([a_task("a", **fields)], NODES)
    checked = plan_strictly(request)
    assert checked.graph.dependencies == 0
    assert [w.reason for w in checked.findings.warnings] == ["SELF_LOOP_DROPPED"]
    assert plan_graph(request).dependencies == 1


@pytest.mark.parametrize(
    ("fields", "field", "is_violation"),
    [
        ({"requires": ["gone"]}, "requires", True),
        ({"cross-depends": [{"name": "gone"}]}, "cross_depends", True),
        ({"cross-depends": {"yaql_exp": "[{name => gone}]"}}, "cross_depends", True),
        ({"required_for": ["gone"]}, "required_for", False),
        ({"cross-depended-by": [{"name": "gone"}]}, "cross_depended_by", False),
    ],
)
def test_name_that_no_task_has(
    a_request: Callable[..., Any], fields: dict[str, Any], field: str, *, is_violation: bool
) -> None:
    """An error where the task would wait for it, also when the name is computed."""
    findings = plan_and_check(a_request([a_task("a", **fields)], NODES)).findings
    found = findings.violations if is_violation else findings.warnings
    assert [(v.reason, v.subject) for v in found] == [("DANGLING_DEPENDENCY", f"tasks/a.{field}")]
    assert not (findings.warnings if is_violation else findings.violations)


def test_patterns_and_tasks_without_nodes_never_dangle(a_request: Callable[..., Any]) -> None:
    """Only an exact name that no task of the graph has does."""
    tasks = [a_task("a", requires=["/gone/", "b"]), a_task("b", role="ghost")]
    assert plan_strictly(a_request(tasks, NODES)).findings.warnings == ()


def test_unknown_selected_task(a_request: Callable[..., Any]) -> None:
    """Selecting what is not there would silently skip everything."""
    request = a_request([a_task("a")], NODES, selected_tasks=frozenset({"a", "gone"}))
    assert refused(request) == [("UNKNOWN_TASK", "selected_tasks", "there is no task 'gone'")]


def test_all_violations_come_together(a_request: Callable[..., Any]) -> None:
    """Never only the first."""
    tasks = [a_task("a", requires=["a", "gone"]), a_task("b", requires=["gone"])]
    request = a_request(tasks, NODES, selected_tasks=frozenset({"x"}))
    assert sorted(reason for reason, *_ in refused(request)) == [
        "DANGLING_DEPENDENCY",
        "DANGLING_DEPENDENCY",
        "DEPENDENCY_CYCLE",
        "UNKNOWN_TASK",
    ]


def test_hooks_of_the_older_form_need_no_stages(a_request: Callable[..., Any]) -> None:
    """What the planner adds itself is not held against the graph."""
    request = a_request(
        [a_task("a")], NODES, engine=Engine.TASK_DEPLOY, selected_tasks=frozenset({"a"})
    )
    graph = render(plan_strictly(request).graph)["tasks_graph"]
    assert sorted(task["id"] for task in graph["null"]) == [
        "_plugin_post_deployment_hook",
        "_plugin_pre_deployment_hook",
    ]

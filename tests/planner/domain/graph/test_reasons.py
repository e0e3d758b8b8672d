"""Every instance says why it runs or is skipped."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from planner.domain.graph.planning import plan_graph
from planner.domain.graph.request import Engine
from planner.domain.graph.state import OldStateBuilder

if TYPE_CHECKING:
    from collections.abc import Callable

    from planner.domain.graph.task_graph import Reason, TaskGraph

NODES = {"1": ["work"], "2": ["ctl"]}


def reason_of(graph: TaskGraph, task: str, uid: str) -> Reason:
    """Return the reason of one instance."""
    places = zip(graph.node.tolist(), graph.task.tolist(), strict=True)
    wanted = (graph.uids.index(uid), graph.task_ids.index(task))
    return graph.reasons[int(graph.reason[list(places).index(wanted)])]


def ran(common: dict[str, Any], data: dict[str, Any], task: str = "a") -> Any:
    """Return the old state of a task that succeeded on node 1."""
    builder = OldStateBuilder(["1"])
    builder.succeeded(task, "1", builder.document(common), builder.document(data))
    return builder.build()


@pytest.mark.parametrize(
    ("condition", "code", "text"),
    [
        (None, "ALWAYS", "it has no condition"),
        ("changed($.net)", "CHANGED", '$.net changed: {"mtu": 1} became {"mtu": 2}'),
        ("changedAny($.same, $.uid)", "UNCHANGED", "nothing that it watches changed"),
        ("$.off and changed($.net)", "CONDITION_FALSE", "$.off is false"),
        ("$.net.mtu > 1", "CONDITION_TRUE", "$.net.mtu > 1 is true"),
        ("changed($.brand_new)", "CHANGED", "$.brand_new changed: nothing became 1"),
    ],
)
def test_computed_condition(
    a_request: Callable[..., Any], condition: str | None, code: str, text: str
) -> None:
    """The reason names the part that decided, with the old and the new value."""
    task: dict[str, Any] = {"id": "a", "type": "shell", "role": "work"}
    if condition is not None:
        task["condition"] = {"yaql_exp": condition}
    common = {"net": {"mtu": 2}, "same": 1, "off": False, "brand_new": 1}
    old = ran({"net": {"mtu": 1}, "same": 1, "off": False}, {"uid": "1", "roles": ["work"]})
    reason = reason_of(plan_graph(a_request([task], NODES, common=common, old=old)), "a", "1")
    assert (reason.code, reason.text) == (code, text)


def test_first_run(a_request: Callable[..., Any]) -> None:
    """Nothing is known of an earlier success there."""
    task = {"id": "a", "type": "shell", "role": "work", "condition": {"yaql_exp": "changed($.x)"}}
    reason = reason_of(plan_graph(a_request([task], NODES, common={"x": 1})), "a", "1")
    assert reason.code == "FIRST_RUN"
    assert "$.x" in reason.text


def test_selection_stage_and_placeholder(a_request: Callable[..., Any]) -> None:
    """What never ran by its own nature says so."""
    tasks = [
        {"id": "a", "type": "shell", "role": "work"},
        {"id": "b", "type": "shell", "role": "work"},
        {"id": "p", "type": "skipped", "role": "work"},
        {"id": "s", "type": "stage"},
    ]
    graph = plan_graph(a_request(tasks, NODES, selected_tasks=frozenset({"b"})))
    codes = {task: reason_of(graph, task, "1").code for task in ("a", "b", "p")}
    assert codes == {"a": "NOT_SELECTED", "b": "ALWAYS", "p": "PLACEHOLDER"}
    assert reason_of(graph, "s", "null").code == "SYNC_POINT"


def test_affected_nodes_of_the_older_form(a_request: Callable[..., Any]) -> None:
    """Only subscribers run on a node that is merely affected."""
    tasks = [
        {"id": "a", "type": "shell", "role": "*"},
        {"id": "b", "type": "shell", "role": "*", "reexecute_on": ["deploy_changes"]},
    ]
    request = a_request(
        tasks, NODES, engine=Engine.TASK_DEPLOY, events=frozenset({"deploy_changes"})
    )
    request = replace(request, nodes=request.nodes[:1], affected_nodes=request.nodes[1:])
    graph = plan_graph(request)
    codes = [reason_of(graph, task, uid).code for task in "ab" for uid in "12"]
    assert codes == ["ALWAYS", "AFFECTED_ONLY", "ALWAYS", "SUBSCRIBED"]


@pytest.mark.parametrize(
    ("volatile", "runs"), [(frozenset({"status", "cluster.status"}), False), (frozenset(), True)]
)
def test_volatile_facts_are_no_change(
    a_request: Callable[..., Any], volatile: frozenset[str], *, runs: bool
) -> None:
    """Left out of the comparison where the server says so, compared as recorded otherwise."""
    task = {"id": "a", "type": "shell", "role": "work", "condition": {"yaql_exp": "changed($)"}}
    old = ran(
        {"cluster": {"id": 1, "status": "new"}},
        {"uid": "1", "roles": ["work"], "status": "discover"},
    )
    request = a_request(
        [task],
        NODES,
        common={"cluster": {"id": 1, "status": "operational"}},
        data={"1": {"status": "ready"}},
        old=old,
        volatile=volatile,
    )
    assert (plan_graph(request).skipped == 0) is runs

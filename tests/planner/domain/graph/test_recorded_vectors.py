"""The tables of the dossier's section 13, line by line."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from planner.domain.graph.errors import GraphError
from planner.domain.graph.expression_values import ExpressionValues
from planner.domain.graph.fault_tolerance import tolerated_failures
from planner.domain.graph.node_filter import select_nodes
from planner.domain.graph.planning import plan_graph
from planner.domain.graph.render import render
from planner.domain.graph.state import OldStateBuilder
from planner.domain.graph.state_view import (
    ContentNumbers,
    EmptyView,
    StateDocument,
    StateView,
    TaskScope,
)
from planner.domain.graph.stored_form import stored_form

if TYPE_CHECKING:
    from collections.abc import Callable

NEW: dict[str, Any] = {
    "a": 1,
    "l": [1, 2, 3],
    "d": {"x": 1, "y": 2},
    "s": "l1\nl2",
    "n": None,
    "t": True,
    "deep": {"k": {"v": [1]}},
}
OLD: dict[str, Any] = {
    "a": 1,
    "l": [1, 3, 4],
    "d": {"x": 1, "z": 9},
    "s": "l1\nl3",
    "n": None,
    "deep": {"k": {"v": [2]}},
}
FAILS = GraphError


def evaluated(text: str, old: dict[str, Any] | None) -> Any:
    """Evaluate against the states of 13.3."""
    numbers = ContentNumbers()
    nothing = StateDocument({}, numbers)
    new = StateView(StateDocument(NEW, numbers), nothing, numbers)
    before: StateView = EmptyView(numbers)
    if old is not None:
        before = StateView(StateDocument(old, numbers), nothing, numbers)
    try:
        return ExpressionValues(text).value(TaskScope(new, before))
    except GraphError:
        return FAILS


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("changed($.a)", False),
        ("changed($.l)", True),
        ("changed($.t)", True),
        ("changed($.zz)", FAILS),
        ("changed($.get(zz))", False),
        ("changedAny($.a,$.l)", True),
        ("changedAll($.a,$.l)", False),
        ("changedAny()", False),
        ("changedAll()", True),
        ("added($.l)", [2]),
        ("deleted($.l)", [4]),
        ("added($.d)", {"y": 2}),
        ("deleted($.d)", {"z": 9}),
        ("added($.s)", ["l2"]),
        ("deleted($.s)", ["l3"]),
        ("added($.deep)", {"k": {"v": [1]}}),
        ("deleted($.deep)", {"k": {"v": [2]}}),
        ("added($.a)", None),
        ("added($.t)", True),
        ("deleted($.t)", None),
        ("old($.t).isUndef()", True),
        ("old($.l.select($.gone)).isUndef()", True),
        ("changed($.l.where($ > 1))", True),
    ],
)
def test_functions_with_an_old_state(text: str, expected: Any) -> None:
    """13.3, left and lower part."""
    assert evaluated(text, OLD) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("changed($.a)", True),
        ("changed($.n)", True),
        ("changed($.get(zz))", False),
        ("changed(1)", False),
        ("changed($)", True),
        ("changedAll($.a,$.get(zz))", False),
        ("added($.d)", {"x": 1, "y": 2}),
        ("deleted($.d)", None),
        ("added($.l)", [1, 2, 3]),
        ("added($)", NEW),
        ("deleted($)", {}),
        ("old($).isUndef()", False),
        ("old($.a).isUndef()", True),
    ],
)
def test_functions_on_a_first_run(text: str, expected: Any) -> None:
    """13.3, right part."""
    assert evaluated(text, None) == expected


def test_union_view() -> None:
    """13.3, last line: the node wins, and what is no mapping hides what is below."""
    numbers = ContentNumbers()
    common = StateDocument({"a": 1, "d": {"x": 1, "y": 2}, "m": {"q": 1}}, numbers)
    node = StateDocument({"a": 2, "d": {"y": 3, "w": 4}, "m": 5}, numbers)
    scope = TaskScope(StateView(common, node, numbers), EmptyView(numbers))
    expected = {"a": 2, "d": {"x": 1, "y": 3, "w": 4}, "m": 5}
    assert ExpressionValues("$").value(scope) == expected
    merged = StateView(StateDocument(expected, numbers), StateDocument({}, numbers), numbers)
    both = TaskScope(scope.new, merged)
    assert ExpressionValues("changed($.d)").value(both) is False
    assert ExpressionValues("added($.d)").value(both) is None


@pytest.mark.parametrize(
    ("given", "nodes", "expected"),
    [
        (None, 10, 11),
        ("10%", 10, 1),
        ("2%", 10, 0),
        ("2%", 50, 1),
        ("-15%", 10, 8),
        ("-1", 10, 9),
        ("-20", 10, 0),
        ("100%", 1, 1),
        ("a%", 10, 11),
        (0, 5, 0),
        ("", 3, 4),
        ([], 3, 4),
    ],
)
def test_fault_tolerance(given: Any, nodes: int, expected: int) -> None:
    """13.4; an empty text crashed the original and means no limit here."""
    assert tolerated_failures(given, nodes) == expected


def test_lcm_assembly(a_request: Callable[..., Any]) -> None:
    """13.1: the whole example."""
    tasks = [
        {"id": "stage_a", "type": "stage"},
        {"id": "stage_b", "type": "stage", "requires": ["stage_a"]},
        {
            "id": "prep",
            "type": "shell",
            "role": "master",
            "requires": ["stage_a"],
            "parameters": {"cmd": "mk /x/{CLUSTER_ID} {unknown}", "timeout": 5},
        },
        {
            "id": "cfg",
            "type": "puppet",
            "role": ["/.*ctl/"],
            "requires": ["stage_a"],
            "required_for": ["stage_b", "nothere"],
            "condition": {"yaql_exp": "changed($.net)"},
            "cross-depends": [{"name": "prep", "role": "master"}],
            "parameters": {"m": "{CLUSTER_ID}", "strategy": {"type": "one_by_one"}},
        },
        {
            "id": "join",
            "type": "shell",
            "role": ["work"],
            "cross-depends": [
                {"name": "/^cfg/", "role": "/.*ctl/"},
                {"name": "join", "role": "work"},
            ],
            "cross-depended-by": [{"name": "stage_b", "role": None}],
            "parameters": {"u": {"yaql_exp": "$node.uid"}, "mtu": {"yaql_exp": "$.net.mtu"}},
        },
        {"id": "nobody", "type": "shell", "role": ["ghost"]},
        {"id": "norole", "type": "shell"},
        {"id": "skipme", "type": "skipped", "role": ["work"]},
        {
            "id": "work",
            "type": "group",
            "role": ["work"],
            "fault_tolerance": "50%",
            "tasks": ["cfg"],
        },
        {"id": "ctl", "type": "group", "role": ["ctl"]},
        {"id": "ghosts", "type": "group", "role": ["ghost"]},
    ]
    nodes = {"1": ["primary-ctl", "agent"], "2": ["ctl"], "3": ["work"], "4": ["work"]}
    common = {"net": {"mtu": 1500}, "cluster": {"id": 7}}
    old = OldStateBuilder(["1", "2"])
    old.succeeded("cfg", "1", old.document(common), old.document({"uid": "1"}))
    old.succeeded("cfg", "2", old.document(common), old.document({}))
    answer = render(plan_graph(a_request(tasks, nodes, common=common, old=old.build())))
    graph = {
        uid: {task["id"]: task for task in held} for uid, held in answer["tasks_graph"].items()
    }
    assert {uid: sorted(held) for uid, held in graph.items()} == {
        "null": ["stage_a", "stage_b"],
        "master": ["prep"],
        "1": ["cfg"],
        "2": ["cfg"],
        "3": ["cfg", "join", "skipme"],
        "4": ["cfg", "join", "skipme"],
    }
    assert graph["1"]["cfg"]["type"] == "skipped"
    assert graph["2"]["cfg"]["parameters"] == {
        "m": "7",
        "strategy": {"type": "one_by_one"},
        "cwd": "/",
    }
    assert graph["master"]["prep"]["parameters"]["cmd"] == "mk /x/{CLUSTER_ID} {unknown}"
    assert graph["3"]["join"]["parameters"] == {"u": "3", "mtu": 1500, "cwd": "/"}
    assert graph["3"]["join"]["requires"] == [
        {"name": "cfg", "node_id": "1"},
        {"name": "cfg", "node_id": "2"},
        {"name": "join", "node_id": "4"},
    ]
    assert graph["3"]["join"]["required_for"] == [{"name": "stage_b", "node_id": None}]
    assert answer["tasks_metadata"]["fault_tolerance_groups"] == [
        {"name": "work", "node_ids": ["3", "4"], "fault_tolerance": 1},
        {"name": "ctl", "node_ids": ["2"], "fault_tolerance": 2},
    ]


EDGE_NODES = {"1": ["primary-ctl"], "2": ["ctl"], "3": ["work"]}


@pytest.mark.parametrize(
    ("condition", "runs"),
    [
        ({"yaql_exp": "null"}, False),
        ({"yaql_exp": "[1]"}, True),
        ({"yaql_exp": "'false'"}, False),
        ({"yaql_exp": "'true'"}, True),
        ("settings:flag.value == true", False),
        ("settings:common.flag.value == true", True),
        ("settings:flag == true", True),
        (False, True),
    ],
)
def test_conditions(a_request: Callable[..., Any], *, condition: Any, runs: bool) -> None:
    """13.2: text of an expression is evaluated again; a stored false is lost (P31)."""
    common: dict[str, Any] = {"flag": True}
    if condition == "settings:flag.value == true":
        common = {}
    task = {"id": "a", "type": "shell", "role": "work", "condition": condition}
    graph = plan_graph(a_request([task], EDGE_NODES, common=common))
    assert (graph.skipped == 0) is runs


def test_literal_false_skips_where_it_survived(a_request: Callable[..., Any]) -> None:
    """A condition that is false in the stored form itself skips (13.2)."""
    request = a_request([{"id": "a", "type": "shell", "role": "work"}], EDGE_NODES)
    task = request.tasks[0].changed(condition=False)
    assert plan_graph(replace(request, tasks=(task,))).skipped == 1


def test_stored_form_may_keep_a_false_condition() -> None:
    """As recorded it is lost (P31); the server stores it faithfully (decision 2)."""
    task = {"id": "a", "type": "shell", "condition": False}
    assert "condition" not in stored_form(task)
    faithful = stored_form(task, is_faithful=True)
    assert faithful["condition"] is False
    assert stored_form(faithful, is_faithful=True) == faithful


@pytest.mark.parametrize(
    ("first", "second", "winner"),
    [("shell", "puppet", "puppet"), ("shell", "shell", "first"), ("puppet", "skipped", "puppet")],
)
def test_duplicates(a_request: Callable[..., Any], first: str, second: str, winner: str) -> None:
    """13.2: another type that runs replaces the first, an equal or skipped one does not."""
    tasks = [
        {"id": "a", "type": first, "role": "work", "parameters": {"n": "first"}},
        {"id": "a", "type": second, "role": "work", "parameters": {"n": "second"}},
    ]
    (task,) = render(plan_graph(a_request(tasks, EDGE_NODES)))["tasks_graph"]["3"]
    assert winner in {task["type"], task["parameters"]["n"]}


def test_master_without_state_fails_the_run(a_request: Callable[..., Any]) -> None:
    """13.2, last line."""
    request = a_request([{"id": "a", "type": "shell", "role": "master"}], EDGE_NODES)
    nodes = {uid: data for uid, data in request.state.nodes.items() if uid != "master"}
    with pytest.raises(GraphError) as caught:
        plan_graph(replace(request, state=replace(request.state, nodes=nodes)))
    assert caught.value.node == "master"


STATUSES = ["ready", "discover", "provisioning", "provisioned", "deploying", "error", "removing"]
STATUSES += ["stopped"]
ERROR_TYPES = [None, "deploy", "provision", "deletion", "discover", "stop_deployment"]
FILTERS: dict[str, tuple[str | None, Callable[[dict[str, Any]], bool]]] = {
    "default": (
        None,
        lambda n: (
            not n["pending_addition"]
            and not n["pending_deletion"]
            and (n["status"] in {"ready", "provisioned", "stopped"} or n["error_type"] == "deploy")
        ),
    ),
    "provision": (
        "$.pending_addition or $.error_type = 'provision'",
        lambda n: n["pending_addition"] or n["error_type"] == "provision",
    ),
    "deletion": (
        "$.pending_deletion or $.error_type = 'deletion'\n",
        lambda n: n["pending_deletion"] or n["error_type"] == "deletion",
    ),
    "net-verification": ("$.pending_addition", lambda n: n["pending_addition"]),
    "everyone": ("", lambda _: True),
}


@pytest.mark.parametrize("name", FILTERS)
def test_node_filters(name: str) -> None:
    """13.6: every combination of status, both flags and error type."""
    rows = itertools.product(STATUSES, [False, True], [False, True], ERROR_TYPES)
    nodes = [
        {
            "id": i,
            "status": status,
            "pending_addition": adds,
            "pending_deletion": deletes,
            "error_type": kind,
        }
        for i, (status, adds, deletes, kind) in enumerate(rows)
    ]
    text, keeps = FILTERS[name]
    assert [n["id"] for n in select_nodes(text, nodes)] == [n["id"] for n in nodes if keeps(n)]

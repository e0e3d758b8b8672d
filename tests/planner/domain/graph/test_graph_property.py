"""Random graphs are planned as a slow and obvious reading of the rules plans them."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from hypothesis import given, settings
from hypothesis import strategies as st

from planner.domain.graph.cycles import find_cycle
from planner.domain.graph.digest import digest
from planner.domain.graph.edge_drawing import DrawingRules
from planner.domain.graph.lcm_plan import plan_lcm
from planner.domain.graph.node_set import RunNode
from planner.domain.graph.planning import plan_graph
from planner.domain.graph.render import render, render_text
from planner.domain.graph.request import Engine, PlanRequest
from planner.domain.graph.state import ExpectedState
from planner.domain.graph.stored_form import stored_form
from planner.domain.graph.task import read_task

if TYPE_CHECKING:
    from planner.domain.graph.task_graph import TaskGraph

TAGS = ["ctl", "primary-ctl", "work", "disk"]
IDS = ["a", "b", "c", "ab", "s1", "s2"]
NAMES = [*IDS, "/a/", "/^.b?$/", "/s/", "gone"]
ROLES: list[Any] = [*TAGS, "*", "master", "/.*ctl/", ["ctl", "/wor/"], ["*", "disk"]]
ROLES += [["master", "disk"]]

names = st.lists(st.sampled_from(NAMES), max_size=2)
crossing = st.fixed_dictionaries(
    {"name": st.sampled_from(NAMES)},
    optional={
        "role": st.sampled_from([*ROLES, ["*"], "self", None]),
        "policy": st.sampled_from(["all", "any"]),
    },
)
relations = {
    "requires": names,
    "required_for": names,
    "cross-depends": st.lists(crossing, max_size=2),
    "cross-depended-by": st.lists(crossing, max_size=2),
}
plain_tasks = st.fixed_dictionaries(
    {"id": st.sampled_from(IDS[:4]), "type": st.sampled_from(["shell", "puppet", "skipped"])},
    optional={"role": st.sampled_from(ROLES), "condition": st.booleans(), **relations},
)
stages = st.fixed_dictionaries(
    {"id": st.sampled_from(IDS[4:]), "type": st.just("stage")}, optional=relations
)
task_lists = st.lists(plain_tasks | stages, max_size=6, unique_by=lambda task: task["id"])
node_tags = st.dictionaries(
    st.sampled_from(["1", "2", "3", "10", "x"]), st.sets(st.sampled_from(TAGS)), max_size=5
)


def finds(name: str, candidate: str) -> bool:
    """Tell whether a written name stands for another (dossier 6.3)."""
    if name.startswith("/") and name.endswith("/"):
        return re.match(name[1:-1], candidate) is not None
    return name == candidate


def reaches(role: Any, nodes: dict[str, set[str]]) -> set[str]:
    """Return the uids that a role reaches (dossier 6.4)."""
    if role == "*":
        return set(nodes)
    words = [role] if isinstance(role, str) else role or []
    found = {uid for uid, tags in nodes.items() for w in words for t in tags if finds(w, t)}
    return found | ({"master"} if "master" in words else set())


def lowest(uids: set[str]) -> set[str]:
    """Return the lowest uid alone, numbers before words (decision 11)."""
    key = min(((not u.isdigit(), int(u) if u.isdigit() else 0, u) for u in uids), default=None)
    return set() if key is None else {key[2]}


def obvious_plan(
    tasks: list[dict[str, Any]], nodes: dict[str, set[str]], *, null_role: bool
) -> dict[tuple[str, str], tuple[set[tuple[str, str]], set[tuple[str, str]]]]:
    """Read the rules aloud: (node, task) to what it waits for and what waits for it."""
    placed: dict[tuple[str, str], dict[str, Any]] = {}
    for task in tasks:
        uids = {"null"} if task["type"] == "stage" else reaches(task.get("role"), nodes)
        if not null_role and task["type"] == "skipped" and "role" not in task:
            uids = {"null"}
        placed |= {(uid, task["id"]): task for uid in uids}

    def near(uid: str, wanted: list[str]) -> set[tuple[str, str]]:
        return {(u, t) for u, t in placed for n in wanted if u in {uid, "null"} and finds(n, t)}

    def across(uid: str, own: str, wanted: list[dict[str, Any]]) -> set[tuple[str, str]]:
        found = set()
        for relation in wanted:
            role = relation.get("role", "*")
            if role == "self":
                uids = {uid}
            elif role is None:
                uids = {"null"} if null_role else set()
            else:
                uids = reaches(role, nodes)
                uids = lowest(uids) if relation.get("policy") == "any" else uids
            matches = {(u, t) for u, t in placed if u in uids and finds(relation["name"], t)}
            found |= matches if role is None or role == "self" else matches - {(uid, own)}
        return found

    return {
        (uid, own): (
            near(uid, task.get("requires", [])) | across(uid, own, task.get("cross-depends", [])),
            near(uid, task.get("required_for", []))
            | across(uid, own, task.get("cross-depended-by", [])),
        )
        for (uid, own), task in placed.items()
    }


def request_of(
    tasks: list[dict[str, Any]], nodes: dict[str, set[str]], engine: Engine = Engine.LCM
) -> PlanRequest:
    """Build the request; the states are empty."""
    return PlanRequest(
        engine=engine,
        tasks=tuple(read_task(stored_form({"version": "2.0.0", **task})) for task in tasks),
        nodes=tuple(RunNode(uid, frozenset(tags)) for uid, tags in nodes.items()),
        state=ExpectedState({}, {uid: {} for uid in (*nodes, "master")}),
    )


def edges_of(graph: TaskGraph) -> dict[tuple[str, str], Any]:
    """Read the edges back from the reference form."""
    return {
        (uid, task["id"]): tuple(
            {(edge["node_id"] or "null", edge["name"]) for edge in task.get(field, ())}
            for field in ("requires", "required_for")
        )
        for uid, held in render(graph)["tasks_graph"].items()
        for task in held
    }


@settings(max_examples=300, deadline=None)
@given(tasks=task_lists, nodes=node_tags)
def test_lcm_edges_are_the_obvious_ones(
    tasks: list[dict[str, Any]], nodes: dict[str, set[str]]
) -> None:
    """Every edge the rules give, and no other."""
    expected = obvious_plan(tasks, nodes, null_role=True)
    assert edges_of(plan_graph(request_of(tasks, nodes))) == expected


@settings(max_examples=120, deadline=None)
@given(tasks=task_lists, nodes=node_tags)
def test_older_form_edges_are_the_obvious_ones(
    tasks: list[dict[str, Any]], nodes: dict[str, set[str]]
) -> None:
    """The older form differs by the null role and by placeholders without a role."""
    tasks = [{k: v for k, v in task.items() if k != "condition"} for task in tasks]
    expected = obvious_plan(tasks, nodes, null_role=False)
    graph = plan_graph(request_of(tasks, nodes, Engine.TASK_DEPLOY))
    assert edges_of(graph) == expected


@settings(max_examples=300, deadline=None)
@given(tasks=task_lists, nodes=node_tags)
def test_barriers_stand_for_exactly_the_edges_they_replace(
    tasks: list[dict[str, Any]], nodes: dict[str, set[str]]
) -> None:
    """With barriers wherever possible and with none the edges, counts and cycles are the same."""
    request = request_of(tasks, nodes)
    eager = plan_lcm(request, DrawingRules(barrier_saves=-1000)).graph
    never = plan_lcm(request, DrawingRules(barrier_saves=10**9)).graph
    assert never.barriers == 0
    assert edges_of(eager) == edges_of(never)
    assert eager.dependencies == never.dependencies
    assert bool(find_cycle(eager)) == bool(find_cycle(never))


@settings(max_examples=120, deadline=None)
@given(tasks=task_lists, nodes=node_tags)
def test_grouping_changes_nothing(tasks: list[dict[str, Any]], nodes: dict[str, set[str]]) -> None:
    """A tag of its own puts every node into a group of its own: the plan is the same."""
    request = request_of(tasks, nodes)
    alone = tuple(RunNode(n.uid, n.tags | {f"!{n.uid}"}) for n in request.nodes)
    assert render(plan_graph(replace(request, nodes=alone))) == render(plan_graph(request))


@settings(max_examples=120, deadline=None)
@given(tasks=task_lists, nodes=node_tags, data=st.data())
def test_equal_input_in_any_order_gives_equal_bytes(
    tasks: list[dict[str, Any]], nodes: dict[str, set[str]], data: st.DataObject
) -> None:
    """Neither the order of the list nor that of the nodes shows in text or digest."""
    shuffled = data.draw(st.permutations(tasks))
    turned = dict(data.draw(st.permutations(list(nodes.items()))))
    first = plan_graph(request_of(tasks, nodes))
    second = plan_graph(request_of(shuffled, turned))
    assert "".join(render_text(first)) == "".join(render_text(second))
    assert digest(first) == digest(second)


@settings(max_examples=300, deadline=None)
@given(first=st.tuples(task_lists, node_tags), second=st.tuples(task_lists, node_tags))
def test_digests_are_equal_exactly_when_plans_are(first: Any, second: Any) -> None:
    """The digest names the plan: its reference form and its reasons."""
    graphs = [plan_graph(request_of(*given_)) for given_ in (first, second)]
    texts = ["".join(render_text(graph)) + str(graph.reasons) for graph in graphs]
    nodes = [graph.uids for graph in graphs]
    is_same = texts[0] == texts[1] and nodes[0] == nodes[1]
    if digest(graphs[0]) == digest(graphs[1]):
        assert is_same
    assert digest(graphs[0]) == digest(plan_graph(request_of(*first)))


@settings(max_examples=300, deadline=None)
@given(tasks=task_lists, nodes=node_tags)
def test_a_cycle_is_found_exactly_when_there_is_one(
    tasks: list[dict[str, Any]], nodes: dict[str, set[str]]
) -> None:
    """And what is found is a way round: each instance waits for the next."""
    graph = plan_graph(request_of(tasks, nodes))
    waits: dict[tuple[str, str], set[tuple[str, str]]] = {}
    for place, (before, after) in edges_of(graph).items():
        waits.setdefault(place, set()).update(before)
        for follower in after:
            waits.setdefault(follower, set()).add(place)
    pairs = zip(graph.node, graph.task, strict=True)
    places = [(graph.uids[node], graph.task_ids[task]) for node, task in pairs]
    cycle = [places[i] for i in find_cycle(graph)]
    for here, there in zip(cycle, cycle[1:] + cycle[:1], strict=True):
        assert there in waits[here]
    open_waits = {place: set(before) for place, before in waits.items()}
    while free := {place for place, before in open_waits.items() if not before}:
        open_waits = {p: b - free for p, b in open_waits.items() if p not in free}
    assert bool(cycle) == bool(open_waits)

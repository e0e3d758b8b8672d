"""Graphs run one after another, each planned when it is reached (dossier 9)."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from planner.dispatch.codec import WireCodec
from planner.domain.errors import Conflict, InvalidInput
from planner.domain.reports import ExecutionState, Report
from planner.domain.states import ClusterStatus, NodeStatus, RunMode, StepState, TransactionState
from planner.domain.transaction import GraphRun, Selection, Subgraph, TransactionKind
from planner.services.bell import LocalBell
from planner.services.changes import Change, run_graphs
from planner.services.clusters import get_cluster
from planner.services.nodes import get_node
from planner.services.planning import plan_next_step, plan_transaction
from planner.services.ports import Page
from planner.services.transactions import get_transaction, list_task_runs, read_messages
from tests.planner.builders import NOW, a_release, a_task
from tests.planner.work import (
    assign,
    create,
    import_,
    new_id,
    opened,
    planning,
    record,
    success,
)

if TYPE_CHECKING:
    from planner.domain.transaction import Transaction
    from planner.services.ports import Store

EVERYWHERE = {"node_filter": ""}
GRAPHS = {
    "default": {"tasks": [a_task("hosts")]},
    "one": {**EVERYWHERE, "tasks": [a_task("a"), a_task("b", requires=["a"])]},
    "two": {**EVERYWHERE, "tasks": [a_task("c", roles=["compute"])]},
    "broken": {**EVERYWHERE, "tasks": [a_task("x", parameters={"cmd": {"yaql_exp": "$.no"}})]},
}


@pytest.fixture
def uids(store: Store) -> list[str]:
    """The nodes of a cluster whose release has graphs to run: a controller and a compute."""
    import_(store, a_release(graphs=GRAPHS))
    create(store)
    return assign(store, a="controller", b="compute")


def run(store: Store, *graphs: GraphRun, run_mode: RunMode = RunMode.NORMAL, **more: Any) -> Any:
    """Accept a run of graphs."""
    change = Change(cluster="demo", selection=Selection(graphs=graphs, **more), run_mode=run_mode)
    return run_graphs(store, LocalBell(), change, transaction=new_id(), key=None, now=NOW)


def run_and_plan(store: Store, *graphs: GraphRun, **more: Any) -> Transaction:
    """Accept a run of graphs and plan the first."""
    return plan_transaction(planning(store), run(store, *graphs, **more).id)


def tasks_of(store: Store, transaction: Transaction) -> list[tuple[int, str, str, str]]:
    """List step, node, task and type of every task run."""
    runs = list_task_runs(store, transaction.id, Page(100))
    return [(run.step, run.uid, run.task, run.type) for run in runs if run.uid != "null"]


def messages_of(store: Store, transaction: Transaction) -> list[Any]:
    """Read the messages of a transaction as the reference writes them."""
    pairs = read_messages(store, transaction.id)
    codec = WireCodec()
    texts = ["".join(codec.reference_json(e.data, include_secrets=True)) for _, e in pairs]
    return [json.loads(text) for text in texts]


def test_graphs_run_in_their_order(store: Store, uids: list[str]) -> None:
    """The second is planned when the first has succeeded, on nodes and tasks of its own."""
    made = run_and_plan(store, GraphRun("one", (uids[0],), ("a",)), GraphRun("two"))
    first = tasks_of(store, made)

    record(store, opened(store, made), *success(opened(store, made)))
    made = plan_next_step(planning(store), made.id)
    record(store, opened(store, made), *success(opened(store, made)))

    ended = get_transaction(store, made.id)
    assert first == [(0, uids[0], "a", "puppet"), (0, uids[0], "b", "skipped")]
    assert tasks_of(store, made) == [*first, (1, uids[1], "c", "puppet")]
    assert (ended.transaction.kind, ended.transaction.state) == (
        TransactionKind.RUN_GRAPHS,
        TransactionState.SUCCEEDED,
    )


def test_the_first_graph_that_fails_aborts_the_rest(store: Store, uids: list[str]) -> None:
    """Both are over at 100 percent; what is wrong with nodes decides on the cluster."""
    made = run_and_plan(store, GraphRun("one"), GraphRun("two"))

    failed = Report(1, execution_state=ExecutionState.ERROR, error="no luck")
    record(store, opened(store, made), failed)

    ended = get_transaction(store, made.id)
    assert ended.transaction.state is TransactionState.FAILED
    assert [(step.state, step.progress) for step in ended.steps] == [
        (StepState.FAILED, 100),
        (StepState.ABORTED, 100),
    ]
    assert get_cluster(store, "demo").cluster.status is ClusterStatus.PARTIALLY_DEPLOYED


def test_a_graph_that_cannot_be_planned_fails_when_it_is_reached(
    store: Store, uids: list[str]
) -> None:
    """Everything before it has been done; it sends nothing."""
    made = run_and_plan(store, GraphRun("one"), GraphRun("broken"))
    record(store, opened(store, made), *success(opened(store, made)))

    ended = plan_next_step(planning(store), made.id)

    assert ended.failure is not None
    assert (ended.state, ended.failure.reason) == (TransactionState.FAILED, "EXPRESSION_FAILED")
    assert len(messages_of(store, ended)) == 1
    assert get_cluster(store, "demo").cluster.status is ClusterStatus.OPERATIONAL


def test_pending_changes_stay_pending(store: Store, uids: list[str]) -> None:
    """Only ApplyChanges brings them about (dossier 9.10)."""
    before = get_cluster(store, "demo").cluster
    made = run_and_plan(store, GraphRun("one"))

    record(store, opened(store, made), *success(opened(store, made)))

    after = get_cluster(store, "demo").cluster
    assert after.status is ClusterStatus.OPERATIONAL
    assert (after.pending_changes, after.deployed_before) == (before.pending_changes, False)


def test_nodes_on_which_something_will_run_are_seen_to_begin(store: Store, uids: list[str]) -> None:
    """A node that has no task keeps its progress: nobody would ever report it."""
    run_and_plan(store, GraphRun("two"))

    assert [get_node(store, uid).progress for uid in uids] == [0, 1]


def test_a_run_that_is_not_real_touches_no_node(store: Store, uids: list[str]) -> None:
    """Neither when it begins nor when it is reported (decision 17)."""
    before = [get_node(store, uid) for uid in uids]
    made = run_and_plan(store, GraphRun("one"), run_mode=RunMode.DRY_RUN)

    record(store, opened(store, made), *success(opened(store, made)))

    assert [get_node(store, uid) for uid in uids] == before


def test_debug_and_subgraphs_are_handed_on(store: Store, uids: list[str]) -> None:
    """The envelope carries both (dossier 9.4)."""
    part = Subgraph(("a",), ("b",))
    made = run_and_plan(store, GraphRun("one"), debug=True, subgraphs=(part,))

    (message,) = messages_of(store, made)

    assert message["args"]["debug"] is True
    assert message["args"]["tasks_metadata"]["subgraphs"] == [{"start": ["a"], "end": ["b"]}]
    assert message["respond_to"] == "transaction_resp"


def test_named_nodes_win_over_the_filter_even_when_there_are_none(
    store: Store, uids: list[str]
) -> None:
    """An empty list is an answer (dossier 9.3)."""
    made = run_and_plan(store, GraphRun("one", ()))

    assert tasks_of(store, made) == []


def test_an_offline_node_refuses_the_run(store: Store, uids: list[str]) -> None:
    """It is never dropped silently (decision 4); the cluster is as it was."""
    with store.write() as work:
        work.nodes.save([replace(work.nodes.get(uids[1]), online=False)])

    ended = run_and_plan(store, GraphRun("one"))

    assert ended.failure is not None
    assert [violation.reason for violation in ended.failure.violations] == ["NODE_OFFLINE"]
    assert get_cluster(store, "demo").cluster.status is ClusterStatus.NEW
    assert get_node(store, uids[0]).status is NodeStatus.DISCOVER


def test_unknown_graphs_and_nodes_are_refused_at_once(store: Store, uids: list[str]) -> None:
    """Every one with the place where it stands; nothing is written."""
    with pytest.raises(InvalidInput) as raised:
        run(store, GraphRun("one", (uids[0], "4711")), GraphRun("gone"))

    assert [(v.reason, v.subject) for v in raised.value.violations] == [
        ("UNKNOWN_GRAPH", "graphs[1].type"),
        ("UNKNOWN_NODE", "graphs[0].nodes[1]"),
    ]
    assert get_cluster(store, "demo").active_transaction == ""


def test_one_run_at_a_time(store: Store, uids: list[str]) -> None:
    """A second one is refused, naming the first."""
    first = run(store, GraphRun("one"))

    with pytest.raises(Conflict) as raised:
        run(store, GraphRun("two"))

    assert raised.value.metadata["transaction"] == f"transactions/{first.id}"

"""An accepted transaction gets its plan, and everything that follows from it, in one commit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from planner.domain.events import NodeChanged, StepChanged, TransactionChanged
from planner.domain.states import (
    ClusterStatus,
    NodeStatus,
    RunMode,
    StepState,
    TaskState,
    TransactionState,
)
from planner.domain.transaction import Selection, StopRequest
from planner.services.bell import LocalBell
from planner.services.clusters import get_cluster
from planner.services.nodes import NodeChange, get_node, update_node
from planner.services.planning import MAX_ATTEMPTS, plan_transaction
from planner.services.ports import Page
from planner.services.progress import batches_to_send, unfinished
from planner.services.stopping import stop_transaction
from planner.services.transactions import get_transaction
from tests.planner.builders import NOW, a_release, a_task
from tests.planner.dump import dump
from tests.planner.work import (
    LEGACY,
    a_small_cluster,
    apply,
    apply_and_plan,
    create,
    import_,
    log_of,
    planning,
    succeed,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from planner.domain.messages import Message
    from planner.services.planning import Planning
    from planner.storage.unit_of_work import SqlStore


@dataclass
class InterruptedCodec:
    """Encodes like another codec, but lets something happen first: planning holds no lock."""

    codec: Any
    happens: Callable[[], object]

    def encode(self, message: Message, execution: str) -> bytes:
        """Let it happen, then encode."""
        self.happens()
        encoded: bytes = self.codec.encode(message, execution)
        return encoded


def interrupted(store: SqlStore, happens: Callable[[], object]) -> Planning:
    """Plan, with something happening between the plan and its commit."""
    usual = planning(store)
    codec: Any = InterruptedCodec(usual.codec, happens)
    return type(usual)(usual.store, codec, usual.bell, usual.new_id, usual.now)


def once(happens: Callable[[], object]) -> Callable[[], object]:
    """Let something happen the first time only."""
    waiting = [happens]
    return lambda: waiting.pop()() if waiting else None


def rename(store: SqlStore, uid: str, hostname: str) -> None:
    """Change a node, and with it the plan of its cluster."""
    update_node(store, uid, NodeChange(hostname=hostname), etag="", key=None, now=NOW)


def stop(store: SqlStore, transaction: str) -> Any:
    """Stop a transaction."""
    return stop_transaction(store, LocalBell(), transaction, StopRequest(), now=NOW)


def test_a_plan_is_stored_with_all_that_follows_from_it(store: SqlStore) -> None:
    """Steps, history, messages, nodes and events."""
    controller, compute = a_small_cluster(store)

    planned = apply_and_plan(store, labels={"suite": "a"}, scenario="slow")

    view = get_transaction(store, planned.id)
    assert view.transaction == planned
    assert [(step.kind, step.uids) for step in view.steps] == [
        ("provision", (controller, compute)),
        ("deployment", (controller, compute)),
    ]
    (batch,) = batches_to_send(store, planned)
    assert (batch.labels, batch.scenario) == ({"suite": "a"}, "slow")
    assert [envelope.step for envelope in batch.messages] == [0, 1]
    with store.read() as work:
        runs = work.history.page(planned.number, Page(99), "", "", None)
    assert {(run.uid, run.task) for run in runs} == {
        (uid, task) for uid in (controller, compute) for task in ("hosts", "api")
    }
    node = get_node(store, controller)
    assert node.primary_tags == ("controller",)
    assert node.roles == ("controller",)


def test_the_log_tells_of_the_plan_without_a_gap(store: SqlStore) -> None:
    """Accepted, running, its steps, its nodes: from 1, by exactly one."""
    a_small_cluster(store)

    planned = apply_and_plan(store)

    log = log_of(store, planned)
    assert [sequence for sequence, _ in log] == list(range(1, planned.last_sequence + 1))
    kinds = [type(event) for _, event in log]
    assert kinds[:4] == [TransactionChanged, TransactionChanged, StepChanged, StepChanged]
    assert set(kinds[4:]) == {NodeChanged}


def test_planning_again_what_is_planned_changes_nothing(store: SqlStore) -> None:
    """A planner that starts over finds it done."""
    a_small_cluster(store)
    planned = apply_and_plan(store)
    before = dump(store)

    assert plan_transaction(planning(store), planned.id) == planned
    assert dump(store) == before


def test_a_cluster_that_changes_while_it_is_planned_is_planned_again(store: SqlStore) -> None:
    """What is sent is what the cluster is."""
    uid, _ = a_small_cluster(store)
    accepted = apply(store)

    planned = plan_transaction(
        interrupted(store, once(lambda: rename(store, uid, "late"))), accepted.id
    )

    assert planned.state is TransactionState.RUNNING
    (batch,) = batches_to_send(store, planned)
    assert b"late.example.com" in batch.messages[0].data
    assert get_node(store, uid).hostname == "late"


def test_a_cluster_that_never_rests_fails_the_plan(store: SqlStore) -> None:
    """A bounded number of attempts, then PLAN_CHANGED."""
    uid, _ = a_small_cluster(store)
    accepted = apply(store)
    names = iter(f"name-{n}" for n in range(10 * MAX_ATTEMPTS))

    ended = plan_transaction(
        interrupted(store, lambda: rename(store, uid, next(names))), accepted.id
    )

    assert ended.state is TransactionState.FAILED
    assert ended.failure is not None
    assert ended.failure.reason == "PLAN_CHANGED"
    assert get_cluster(store, "demo").cluster.status is ClusterStatus.NEW


def test_a_stop_wins_against_a_plan_that_is_being_made(store: SqlStore) -> None:
    """Nothing is sent."""
    a_small_cluster(store)
    accepted = apply(store)

    ended = plan_transaction(
        interrupted(store, once(lambda: stop(store, accepted.id))), accepted.id
    )

    assert ended.state is TransactionState.STOPPED
    assert get_transaction(store, accepted.id).steps == []
    assert batches_to_send(store, ended) == []


def test_a_stop_before_planning_ends_at_once(store: SqlStore) -> None:
    """The cluster is as it was, and free for the next change."""
    a_small_cluster(store)
    accepted = apply(store)

    ended = stop(store, accepted.id)

    assert ended.state is TransactionState.STOPPED
    assert plan_transaction(planning(store), accepted.id) == ended
    assert get_cluster(store, "demo").cluster.status is ClusterStatus.NEW
    assert apply(store).state is TransactionState.PENDING


def test_a_refused_plan_leaves_everything_but_the_transaction_as_it_was(store: SqlStore) -> None:
    """No node is touched, no message is stored (law 8)."""
    uid, _ = a_small_cluster(store)
    update_node(store, uid, NodeChange(online=False), etag="", key=None, now=NOW)
    before = dump(store)

    ended = apply_and_plan(store)

    after = dump(store)
    assert ended.state is TransactionState.FAILED
    for table in ("nodes", "steps", "task_runs", "batches", "batch_messages", "expected_states"):
        assert after[table] == before[table]
    assert [event.state for _, event in log_of(store, ended)] == ["pending", "failed"]


def test_a_plan_without_anything_to_do_succeeds(store: SqlStore) -> None:
    """An LCM release runs and may find no node at all; it does not wait for ever."""
    import_(store, a_release())
    create(store)

    ended = succeed(store, apply_and_plan(store))

    assert ended.state is TransactionState.SUCCEEDED
    assert ended.progress == 100
    assert unfinished(store) == []


@pytest.mark.parametrize("run_mode", [RunMode.NOOP, RunMode.DRY_RUN])
def test_a_run_that_is_not_real_touches_no_node(store: SqlStore, run_mode: RunMode) -> None:
    """Neither roles nor flags, statuses or allocations, from beginning to end."""
    a_small_cluster(store)
    before = dump(store)

    planned = apply_and_plan(store, run_mode=run_mode)
    ended = succeed(store, planned)

    after = dump(store)
    assert ended.state is TransactionState.SUCCEEDED
    assert (after["nodes"], after["task_successes"]) == (before["nodes"], [])
    cluster = get_cluster(store, "demo").cluster
    assert (cluster.status, cluster.deployed_before) == (ClusterStatus.NEW, False)
    assert [step.kind for step in get_transaction(store, planned.id).steps] == [
        "dry_run_deployment"
    ]


def test_selected_tasks_run_and_the_others_are_skipped(store: SqlStore) -> None:
    """They keep their place in the order."""
    a_small_cluster(store)

    planned = apply_and_plan(store, selection=Selection(tasks=("api",)))

    with store.read() as work:
        runs = work.history.page(planned.number, Page(99), "", "", None)
    assert {(run.task, run.type) for run in runs} == {("api", "puppet"), ("hosts", "skipped")}


def test_selected_nodes_are_deployed_alone(store: SqlStore) -> None:
    """With explicit nodes the operator takes the responsibility: nothing is checked."""
    controller, compute = a_small_cluster(store)
    update_node(store, controller, NodeChange(online=False), etag="", key=None, now=NOW)

    planned = apply_and_plan(store, selection=Selection(nodes=(compute,)))

    assert {step.uids for step in get_transaction(store, planned.id).steps} == {(compute,)}
    assert get_node(store, controller).status is NodeStatus.DISCOVER


def test_an_older_release_is_planned_by_its_own_rules(store: SqlStore) -> None:
    """What has no work is left alone."""
    a_small_cluster(store, LEGACY)
    succeed(store, apply_and_plan(store))

    with store.read() as work:
        states = {node.status for node in work.nodes.of_cluster("demo")}

    assert states == {NodeStatus.READY}


def test_an_error_of_the_graph_ends_the_transaction(store: SqlStore) -> None:
    """With the words of the error."""
    graph = {"tasks": [a_task("a", parameters={"x": {"yaql_exp": "$.nothing"}})]}
    a_small_cluster(store, graphs={"default": graph})

    ended = apply_and_plan(store)

    assert ended.failure is not None
    assert ended.failure.metadata["task"] == "a"
    assert [step.state for step in get_transaction(store, ended.id).steps] == []


def test_steps_and_runs_begin_pending(store: SqlStore) -> None:
    """Whatever the orchestrator will say of them."""
    a_small_cluster(store)

    planned = apply_and_plan(store)

    with store.read() as work:
        counts = work.history.counts(planned.number)
    assert counts == {TaskState.PENDING: 4}
    assert {step.state for step in get_transaction(store, planned.id).steps} == {StepState.PENDING}

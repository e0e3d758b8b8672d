"""How a transaction ends, with its nodes and its cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from planner.domain.errors import IllegalTransition
from planner.domain.outcome import end, is_over, refuse, withdraw
from planner.domain.states import (
    ClusterStatus,
    NodeErrorType,
    NodeStatus,
    RunMode,
    StepState,
    TransactionState,
)
from planner.domain.transaction import Failure, GraphRun, Selection, StepKind, TransactionKind
from tests.planner.builders import a_cluster, a_node, a_step, a_transaction

if TYPE_CHECKING:
    from planner.domain.transaction import Transaction

READY = {"status": NodeStatus.READY}
FAILURE = Failure("EXECUTION_FAILED", "node 1 failed")
GRAPHS = Selection(graphs=(GraphRun("default"),))


def running(**fields: Any) -> Transaction:
    """Build a running transaction."""
    return a_transaction(**{"state": TransactionState.RUNNING, **fields})


def deploying(**fields: Any) -> Any:
    """Build the cluster of a running transaction."""
    return a_cluster(status=ClusterStatus.DEPLOYMENT, **fields)


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        ([StepState.PENDING], False),
        ([StepState.RUNNING], False),
        ([StepState.SUCCEEDED, StepState.PENDING], False),
        ([StepState.SUCCEEDED, StepState.SUCCEEDED], True),
        ([StepState.FAILED, StepState.PENDING], True),
        ([StepState.STOPPED, StepState.PENDING], True),
        ([], True),
    ],
)
def test_work_is_over_when_a_step_did_not_succeed_or_all_did(
    states: list[StepState], *, expected: bool
) -> None:
    """The first failure aborts the rest."""
    steps = [a_step(position=i, state=state) for i, state in enumerate(states)]

    assert is_over(a_transaction(), steps) == expected


@pytest.mark.parametrize(
    ("before", "steps", "expected"),
    [
        ("running", ["succeeded", "succeeded"], "succeeded"),
        ("running", ["failed", "pending"], "failed"),
        ("running", ["stopped"], "failed"),
        ("running", ["aborted"], "failed"),
        ("stopping", ["stopped", "pending"], "stopped"),
        ("stopping", ["succeeded"], "stopped"),
        ("stopping", ["failed"], "stopped"),
    ],
)
def test_the_final_state_follows_steps_and_stop(
    before: str, steps: list[str], expected: str
) -> None:
    """STOPPED whenever a stop was accepted before the end (decision 18)."""
    present = a_transaction(state=TransactionState(before))
    made = [a_step(position=i, state=StepState(state)) for i, state in enumerate(steps)]

    outcome = end(present, made, deploying(), [])

    assert outcome.transaction.state == expected


def test_steps_that_never_began_are_aborted() -> None:
    """Nothing is left pending."""
    steps = [a_step(state=StepState.FAILED), a_step(position=1)]

    outcome = end(running(), steps, deploying(), [])

    assert [step.state for step in outcome.steps] == [StepState.FAILED, StepState.ABORTED]


def test_success_is_complete() -> None:
    """Progress is 100 and nothing is waited for."""
    present = running(progress=97, activity="waiting")

    ended = end(present, [a_step(state=StepState.SUCCEEDED)], deploying(), []).transaction

    assert (ended.progress, ended.activity, ended.failure) == (100, "", None)


def test_a_stopped_transaction_keeps_its_failure_and_progress() -> None:
    """What failed before the stop is told (decision 18)."""
    present = a_transaction(state=TransactionState.STOPPING, progress=40)
    steps = [a_step(state=StepState.FAILED, failure=FAILURE)]

    ended = end(present, steps, deploying(), []).transaction

    assert (ended.progress, ended.failure) == (40, FAILURE)


def test_success_makes_the_cluster_operational() -> None:
    """All its nodes are ready; what was pending is done."""
    cluster = deploying(pending_changes=frozenset({"networks"}))

    ended = end(running(), [a_step(state=StepState.SUCCEEDED)], cluster, [a_node(**READY)]).cluster

    assert ended == a_cluster(status=ClusterStatus.OPERATIONAL, deployed_before=True)


def test_nodes_that_failed_within_tolerance_make_the_cluster_partly_deployed() -> None:
    """A success is not hidden, nor is the node that failed."""
    nodes = [a_node("1", **READY), a_node("2", status=NodeStatus.ERROR)]

    ended = end(running(), [a_step(state=StepState.SUCCEEDED)], deploying(), nodes).cluster

    assert ended.status is ClusterStatus.PARTIALLY_DEPLOYED
    assert not ended.deployed_before


def test_a_node_that_left_does_not_count() -> None:
    """Deleted nodes are no members any more."""
    nodes = [a_node("1", **READY), a_node("2", cluster=None)]

    ended = end(running(), [a_step(state=StepState.SUCCEEDED)], deploying(), nodes).cluster

    assert ended.status is ClusterStatus.OPERATIONAL


def test_a_cluster_that_was_deployed_once_stays_so() -> None:
    """Later failures do not undo it."""
    cluster = deploying(deployed_before=True)

    ended = end(running(), [a_step(state=StepState.FAILED)], cluster, []).cluster

    assert (ended.status, ended.deployed_before) == (ClusterStatus.ERROR, True)


def test_failure_marks_unfinished_nodes_only() -> None:
    """Only changed nodes are handed out for storing."""
    nodes = [a_node("1", **READY), a_node("2", status=NodeStatus.DEPLOYING)]

    outcome = end(running(), [a_step(state=StepState.FAILED)], deploying(), nodes)

    (changed,) = outcome.nodes
    assert (changed.uid, changed.status) == ("2", NodeStatus.ERROR)
    assert changed.error_type is NodeErrorType.DEPLOY


def test_a_stop_leaves_nodes_as_they_were_reported() -> None:
    """Nothing is erased unless asked for; the cluster is stopped."""
    nodes = [a_node(status=NodeStatus.DEPLOYING)]
    present = a_transaction(state=TransactionState.STOPPING)

    outcome = end(present, [a_step(state=StepState.STOPPED)], deploying(), nodes)

    assert outcome.cluster.status is ClusterStatus.STOPPED
    assert outcome.nodes == []


@pytest.mark.parametrize("run_mode", [RunMode.NOOP, RunMode.DRY_RUN])
@pytest.mark.parametrize("state", [StepState.SUCCEEDED, StepState.FAILED])
def test_a_run_that_is_not_real_changes_neither_nodes_nor_cluster(
    run_mode: RunMode, state: StepState
) -> None:
    """The cluster's status is the one before."""
    present = running(run_mode=run_mode, previous_status=ClusterStatus.OPERATIONAL)
    cluster = a_cluster(status=ClusterStatus.OPERATIONAL)

    outcome = end(present, [a_step(state=state)], cluster, [a_node(status=NodeStatus.DEPLOYING)])

    assert (outcome.cluster, outcome.nodes) == (cluster, ())


def test_a_refusal_leaves_the_cluster_as_it_was() -> None:
    """A plan that must not run ends FAILED with its reasons (law 8)."""
    present = a_transaction(previous_status=ClusterStatus.STOPPED)

    outcome = refuse(present, deploying(), FAILURE)

    assert outcome.transaction.state is TransactionState.FAILED
    assert outcome.transaction.failure == FAILURE
    assert outcome.cluster.status is ClusterStatus.STOPPED


def test_a_withdrawal_leaves_the_cluster_as_it_was() -> None:
    """A stop before anything was sent ends at once."""
    outcome = withdraw(a_transaction(), deploying())

    assert outcome.transaction.state is TransactionState.STOPPED
    assert outcome.cluster.status is ClusterStatus.NEW


@pytest.mark.parametrize(
    "state", [TransactionState.SUCCEEDED, TransactionState.FAILED, TransactionState.STOPPED]
)
def test_nothing_ends_twice(state: TransactionState) -> None:
    """An end of what has ended is a bug."""
    present = a_transaction(state=state)

    with pytest.raises(IllegalTransition):
        end(present, [a_step(state=StepState.SUCCEEDED)], deploying(), [])
    with pytest.raises(IllegalTransition):
        refuse(present, deploying(), FAILURE)
    with pytest.raises(IllegalTransition):
        withdraw(present, deploying())


@pytest.mark.parametrize("state", [StepState.FAILED, StepState.SUCCEEDED])
@pytest.mark.parametrize("error_type", [None, NodeErrorType.DEPLOY])
def test_after_graphs_only_nodes_decide_on_the_cluster(
    state: StepState, error_type: NodeErrorType | None
) -> None:
    """Whether the last graph ended well or badly; pending changes stay (dossier 9.10)."""
    present = running(kind=TransactionKind.RUN_GRAPHS, selection=GRAPHS)
    cluster = deploying(pending_changes=frozenset({"networks"}))

    ended = end(present, [a_step(state=state)], cluster, [a_node(error_type=error_type, **READY)])

    ready = ClusterStatus.OPERATIONAL
    assert ended.cluster.status is (ClusterStatus.PARTIALLY_DEPLOYED if error_type else ready)
    assert ended.cluster.pending_changes == {"networks"}
    assert ended.cluster.deployed_before is False


def test_a_change_that_runs_graphs_clears_what_was_pending() -> None:
    """ApplyChanges brings about what was wanted, by whichever engine."""
    cluster = deploying(pending_changes=frozenset({"networks"}))
    steps = [a_step(state=StepState.SUCCEEDED)]

    ended = end(running(selection=GRAPHS), steps, cluster, [a_node(**READY)]).cluster

    assert (ended.pending_changes, ended.deployed_before) == (frozenset(), True)


def test_what_failed_is_over_at_a_hundred_percent() -> None:
    """The steps that never began too: they say why."""
    steps = [a_step(state=StepState.FAILED, failure=FAILURE, progress=100), a_step(position=1)]

    ended = end(running(progress=40), steps, deploying(), [])

    assert ended.transaction.progress == 100
    assert ended.transaction.failure == FAILURE
    assert [step.progress for step in ended.steps] == [100, 100]
    assert ended.steps[1].failure is not None


def test_a_stop_that_failed_is_an_error_of_the_cluster() -> None:
    """What it left in the middle is marked (dossier 10.10); the transaction is STOPPED."""
    steps = [a_step(state=StepState.FAILED, failure=FAILURE)]
    present = a_transaction(state=TransactionState.STOPPING)

    ended = end(present, steps, deploying(), [a_node(status=NodeStatus.DEPLOYING)])

    (node,) = ended.nodes
    assert ended.transaction.state is TransactionState.STOPPED
    assert ended.cluster.status is ClusterStatus.ERROR
    assert (node.status, node.error_type) == (NodeStatus.ERROR, NodeErrorType.STOP_DEPLOYMENT)
    assert node.progress == 100


def test_provisioning_alone_leaves_changes_pending() -> None:
    """Nothing has been deployed yet."""
    cluster = deploying(pending_changes=frozenset({"networks"}))
    steps = [a_step(kind=StepKind.PROVISION, state=StepState.SUCCEEDED)]

    ended = end(running(), steps, cluster, [a_node(status=NodeStatus.PROVISIONED)]).cluster

    assert (ended.status, ended.pending_changes) == (
        ClusterStatus.PARTIALLY_DEPLOYED,
        frozenset({"networks"}),
    )

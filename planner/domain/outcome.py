"""How does a transaction end, with its nodes and its cluster (decision 18, dossier 10.6)?"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from planner.domain.node_updates import fail_unfinished, finish_deploying
from planner.domain.states import (
    ClusterStatus,
    NodeStatus,
    StepState,
    TransactionState,
    check_transaction,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from planner.domain.cluster import Cluster
    from planner.domain.node import Node
    from planner.domain.transaction import Failure, Step, Transaction


@dataclass(frozen=True, slots=True)
class Outcome:
    """The final records of a transaction; to be stored in one commit."""

    transaction: Transaction
    steps: Sequence[Step]
    cluster: Cluster
    nodes: Sequence[Node]


def is_over(transaction: Transaction, steps: Sequence[Step]) -> bool:
    """Tell whether nothing more will run.

    So it is when a step did not succeed, when all did, and when a stop was accepted before the
    next step was planned: later steps never start.
    """
    following = next((step for step in steps if not step.state.is_final), None)
    if following is None:
        return True
    if any(step.state.is_final and step.state is not StepState.SUCCEEDED for step in steps):
        return True
    return transaction.state is TransactionState.STOPPING and not following.is_planned


def end(
    transaction: Transaction, steps: Sequence[Step], cluster: Cluster, nodes: Sequence[Node]
) -> Outcome:
    """End a transaction whose last step is over; ``nodes`` are all nodes of its cluster.

    A stop that was accepted makes it STOPPED whatever else happened, with the failure kept.
    Steps that never began are aborted. Nothing but the transaction changes unless it is real.
    """
    steps = [_aborted(step) if step.state is StepState.PENDING else step for step in steps]
    failure = next((step.failure for step in steps if step.failure is not None), None)
    state = _final_state(transaction, steps)
    check_transaction(transaction.id, transaction.state, state)
    ended = replace(
        transaction,
        state=state,
        failure=failure,
        progress=100 if state is TransactionState.SUCCEEDED else transaction.progress,
        activity="",
    )
    if not transaction.is_real:
        return Outcome(ended, steps, cluster.become(transaction.previous_status), ())
    settled = [_settle(node, state) for node in nodes]
    return Outcome(
        ended,
        steps,
        _ended_cluster(cluster, state, settled),
        [new for new, old in zip(settled, nodes, strict=True) if new != old],
    )


def refuse(transaction: Transaction, cluster: Cluster, failure: Failure) -> Outcome:
    """End a transaction that could not be planned: the cluster is as it was before."""
    check_transaction(transaction.id, transaction.state, TransactionState.FAILED)
    ended = replace(transaction, state=TransactionState.FAILED, failure=failure, activity="")
    return Outcome(ended, (), cluster.become(transaction.previous_status), ())


def withdraw(transaction: Transaction, cluster: Cluster) -> Outcome:
    """End a transaction that was stopped before anything was sent."""
    check_transaction(transaction.id, transaction.state, TransactionState.STOPPED)
    ended = replace(transaction, state=TransactionState.STOPPED, activity="")
    return Outcome(ended, (), cluster.become(transaction.previous_status), ())


def _aborted(step: Step) -> Step:
    return replace(step, state=StepState.ABORTED)


def _final_state(transaction: Transaction, steps: Sequence[Step]) -> TransactionState:
    states = {step.state for step in steps}
    if transaction.state is TransactionState.STOPPING:
        return TransactionState.STOPPED
    if states & {StepState.FAILED, StepState.ABORTED, StepState.STOPPED}:
        return TransactionState.FAILED
    return TransactionState.SUCCEEDED


def _settle(node: Node, state: TransactionState) -> Node:
    if state is TransactionState.SUCCEEDED:
        return finish_deploying(node)
    return fail_unfinished(node) if state is TransactionState.FAILED else node


def _ended_cluster(cluster: Cluster, state: TransactionState, nodes: Sequence[Node]) -> Cluster:
    if state is TransactionState.FAILED:
        return cluster.become(ClusterStatus.ERROR)
    if state is TransactionState.STOPPED:
        return cluster.become(ClusterStatus.STOPPED)
    members = [node for node in nodes if node.cluster == cluster.id]
    ready = all(node.status is NodeStatus.READY and node.error_type is None for node in members)
    status = ClusterStatus.OPERATIONAL if ready else ClusterStatus.PARTIALLY_DEPLOYED
    return replace(
        cluster.become(status),
        deployed_before=cluster.deployed_before or ready,
        pending_changes=frozenset(),
    )

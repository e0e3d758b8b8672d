"""How does a transaction end, with its nodes and its cluster (decision 18, dossier 10.6)?"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from planner.domain.node import DONE
from planner.domain.node_updates import fail_stopped, fail_unfinished, finish_deploying
from planner.domain.states import (
    ClusterStatus,
    NodeStatus,
    StepState,
    TransactionState,
    check_transaction,
)
from planner.domain.transaction import Failure, StepKind, TransactionKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from planner.domain.cluster import Cluster
    from planner.domain.node import Node
    from planner.domain.transaction import Step, Transaction


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
    What is over is at 100 percent, well or badly; what was stopped stays where it stood.
    """
    state = _final_state(transaction, steps)
    check_transaction(transaction.id, transaction.state, state)
    failure = next((step.failure for step in steps if step.failure is not None), None)
    steps = [_aborted(step, state) if step.state is StepState.PENDING else step for step in steps]
    ended = replace(
        transaction,
        state=state,
        failure=failure,
        progress=transaction.progress if state is TransactionState.STOPPED else DONE,
        activity="",
    )
    if not transaction.is_real:
        return Outcome(ended, steps, cluster.become(transaction.previous_status), ())
    settled = [_settle(ended, node) for node in nodes]
    return Outcome(
        ended,
        steps,
        _ended_cluster(ended, steps, cluster, settled),
        [new for new, old in zip(settled, nodes, strict=True) if new != old],
    )


def refuse(transaction: Transaction, cluster: Cluster, failure: Failure) -> Outcome:
    """End a transaction that could not be planned: the cluster is as it was before."""
    check_transaction(transaction.id, transaction.state, TransactionState.FAILED)
    ended = replace(
        transaction, state=TransactionState.FAILED, failure=failure, progress=DONE, activity=""
    )
    return Outcome(ended, (), cluster.become(transaction.previous_status), ())


def withdraw(transaction: Transaction, cluster: Cluster) -> Outcome:
    """End a transaction that was stopped before anything was sent."""
    check_transaction(transaction.id, transaction.state, TransactionState.STOPPED)
    ended = replace(transaction, state=TransactionState.STOPPED, activity="")
    return Outcome(ended, (), cluster.become(transaction.previous_status), ())


def _aborted(step: Step, state: TransactionState) -> Step:
    """End a step that never began; after a failure it says so, after a stop there is none."""
    aborted = replace(step, state=StepState.ABORTED)
    if state is not TransactionState.FAILED:
        return aborted
    failure = Failure("EXECUTION_ABORTED", "a step before it did not succeed")
    return replace(aborted, progress=DONE, failure=failure)


def _final_state(transaction: Transaction, steps: Sequence[Step]) -> TransactionState:
    states = {step.state for step in steps}
    if transaction.state is TransactionState.STOPPING:
        return TransactionState.STOPPED
    if not states <= {StepState.SUCCEEDED}:
        return TransactionState.FAILED
    return TransactionState.SUCCEEDED


def _settle(ended: Transaction, node: Node) -> Node:
    if ended.state is TransactionState.SUCCEEDED:
        return finish_deploying(node)
    if ended.state is TransactionState.FAILED:
        return fail_unfinished(node)
    return node if ended.failure is None else fail_stopped(node)


def _ended_cluster(
    ended: Transaction, steps: Sequence[Step], cluster: Cluster, nodes: Sequence[Node]
) -> Cluster:
    """Tell what a cluster is after its transaction (dossier 9.10, 10.6).

    After graphs only its nodes count, whether they ended well or badly. Its pending changes are
    done only when a change was applied, not when single graphs were run or nodes provisioned.
    """
    is_bad = ended.state is TransactionState.FAILED or ended.failure is not None
    if is_bad and not ended.is_sequence:
        return cluster.become(ClusterStatus.ERROR)
    if ended.state is TransactionState.STOPPED:
        return cluster.become(ClusterStatus.STOPPED)
    members = [node for node in nodes if node.cluster == cluster.id]
    ready = all(node.status is NodeStatus.READY and node.error_type is None for node in members)
    cluster = cluster.become(
        ClusterStatus.OPERATIONAL if ready else ClusterStatus.PARTIALLY_DEPLOYED
    )
    is_applied = ended.kind is TransactionKind.DEPLOY and ended.state is TransactionState.SUCCEEDED
    if not is_applied or {step.kind for step in steps} == {StepKind.PROVISION}:
        return cluster
    return replace(
        cluster,
        deployed_before=cluster.deployed_before or ready,
        pending_changes=frozenset(),
    )

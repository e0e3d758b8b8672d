"""How does an accepted transaction get its plan (architecture law 2)?"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from planner.domain.errors import PlannerError, Violation
from planner.domain.events import Event, StepChanged, TransactionChanged
from planner.domain.graph_run import plan_next_graph
from planner.domain.outcome import end, refuse
from planner.domain.plan import plan
from planner.domain.states import TransactionState, check_transaction
from planner.domain.transaction import Failure, Transaction
from planner.services.finishing import store_outcome
from planner.services.plan_storing import (
    encode,
    step_record,
    store_batch,
    store_cluster,
    store_nodes,
    store_step,
)
from planner.services.progress import fail_transaction
from planner.services.snapshots import accepted_snapshot

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from planner.domain.allocation import Allocation
    from planner.domain.planned import Plan, PlannedStep, Snapshot
    from planner.domain.transaction import Step
    from planner.services.ports import Bell, MessageCodec, Store, Work

MAX_ATTEMPTS: Final = 5
"""How often a plan is made again because the cluster changed while it was made."""


@dataclass(frozen=True, slots=True)
class Planning:
    """What planning needs from outside: storage, wire form, news, ids and time."""

    store: Store
    codec: MessageCodec
    bell: Bell
    new_id: Callable[[], str]
    now: Callable[[], datetime]


def plan_transaction(planning: Planning, transaction: str) -> Transaction:
    """Plan a pending transaction and commit plan, messages and first events together.

    Planning itself holds no lock; if the cluster changed meanwhile, it is planned again. Ends
    the transaction FAILED with every violation when it cannot be planned. Returns it as it then
    stands; one that is no longer pending is left alone.
    """
    for _ in range(MAX_ATTEMPTS):
        with planning.store.read() as work:
            pending = work.transactions.get(transaction)
            if pending.state is not TransactionState.PENDING:
                return pending
            snapshot, revision = accepted_snapshot(work, pending)
        try:
            made = plan(snapshot, pending.selection, pending.run_mode)
        except PlannerError as error:
            return _refuse(planning, transaction, _failure(error))
        failure = _refusal(pending, made)
        if failure is not None:
            return _refuse(planning, transaction, failure)
        done = _commit(planning, transaction, snapshot, revision, made)
        if done is not None:
            return done
    text = f"the cluster changed {MAX_ATTEMPTS} times while it was being planned"
    return _refuse(planning, transaction, Failure("PLAN_CHANGED", text))


def plan_next_step(planning: Planning, transaction: str) -> Transaction:
    """Plan the next step of a running transaction over its snapshot (decision 5). Commits.

    Fails the transaction when it cannot be planned; does nothing when the step is planned.
    """
    with planning.store.read() as work:
        present = work.transactions.get(transaction)
        step = _next_step(work, present)
        if step is None:
            return present
        snapshot, _ = accepted_snapshot(work, present)
    try:
        planned, allocations = plan_next_graph(
            snapshot, present.selection.graphs[step.position], present.selection, present.run_mode
        )
    except PlannerError as error:
        failure = _failure(error)
        return fail_transaction(planning.store, planning.bell, transaction, failure, planning.now())
    if planned.findings.violations:
        failure = _checks_failed(planned.findings.violations)
        return fail_transaction(planning.store, planning.bell, transaction, failure, planning.now())
    return _commit_step(planning, transaction, snapshot, step, planned, allocations)


def _next_step(work: Work, transaction: Transaction) -> Step | None:
    """Return the step to plan: the first that has not ended, if it waits for its plan."""
    if transaction.state is not TransactionState.RUNNING:
        return None
    steps = work.transactions.steps([transaction.number])[transaction.number]
    step = next((step for step in steps if not step.state.is_final), None)
    return step if step is not None and not step.is_planned else None


def _refusal(pending: Transaction, made: Plan) -> Failure | None:
    """Say why a plan must not run, if so."""
    if made.violations:
        return _checks_failed(made.violations)
    if pending.expected_digest and pending.expected_digest != made.digest:
        return Failure(
            "PLAN_CHANGED",
            "the plan is no longer the one that was expected",
            {"expected": pending.expected_digest, "actual": made.digest},
        )
    return None


def _checks_failed(violations: Sequence[Violation]) -> Failure:
    count = len(violations)
    text = "1 check failed" if count == 1 else f"{count} checks failed"
    return Failure("CHECKS_FAILED", text, violations=tuple(violations))


def _failure(error: PlannerError) -> Failure:
    """Turn an error found while planning into data (law 8)."""
    violations: Sequence[Violation] = getattr(error, "violations", ())
    return Failure(error.reason, error.message, error.metadata, tuple(violations))


def _refuse(planning: Planning, transaction: str, failure: Failure) -> Transaction:
    with planning.store.write() as work:
        cluster = work.clusters.lock(work.transactions.get(transaction).cluster)
        present = work.transactions.lock(transaction)
        if present.state is TransactionState.PENDING:
            present = store_outcome(work, refuse(present, cluster, failure), planning.now())
    planning.bell.ring(transaction)
    return present


def _commit(
    planning: Planning, transaction: str, snapshot: Snapshot, revision: int, made: Plan
) -> Transaction | None:
    """Store a plan if the cluster is still as it was planned; None if it is not."""
    ids = [planning.new_id() for _ in made.steps]
    numbered = list(zip(range(len(ids)), made.steps, ids, strict=True))
    envelopes = encode(planning.codec, numbered)
    now = planning.now()
    with planning.store.write() as work:
        cluster = work.clusters.lock(snapshot.cluster.id)
        present = work.transactions.lock(transaction)
        if present.state is not TransactionState.PENDING:
            return present
        if cluster.revision != revision:
            work.transactions.save(replace(present, snapshot=work.snapshots.take(cluster)))
            return None
        steps = [step_record(*item) for item in numbered]
        work.transactions.add_steps(present.number, steps)
        for position, planned, _ in numbered:
            store_step(work, present, position, planned)
        store_batch(work, present, present.id, envelopes, now)
        stored = _start(work, present, snapshot, made, steps, now)
        if not steps:
            stored = _end_without_work(work, stored, now)
    planning.bell.ring(transaction)
    return stored


def _end_without_work(work: Work, present: Transaction, now: datetime) -> Transaction:
    """End a transaction that has nothing to send: it succeeded, and the cluster is as it was."""
    cluster = work.clusters.get(present.cluster)
    outcome = end(present, (), cluster, ())
    before = replace(cluster, status=present.previous_status)
    return store_outcome(work, replace(outcome, cluster=before), now)


def _start(
    work: Work,
    present: Transaction,
    snapshot: Snapshot,
    made: Plan,
    steps: Sequence[Step],
    now: datetime,
) -> Transaction:
    """Set a transaction running, with its first events and what its nodes become."""
    check_transaction(present.id, present.state, TransactionState.RUNNING)
    activity = "waiting for the orchestrator to take the messages"
    running = replace(
        present,
        state=TransactionState.RUNNING,
        plan_digest=made.digest,
        activity=activity,
        started_at=now,
    )
    events: list[Event] = [TransactionChanged(running.state, 0, activity)]
    events.extend(StepChanged(step.position, step.kind, step.state, 0) for step in steps)
    if running.is_real:
        events.extend(store_nodes(work, snapshot.nodes, made.steps, made.allocations, now))
        store_cluster(work, snapshot.cluster.id, made.allocations)
    running = work.log.append(running, events, now)
    work.transactions.save(running)
    return running


def _commit_step(
    planning: Planning,
    transaction: str,
    snapshot: Snapshot,
    step: Step,
    planned: PlannedStep,
    allocations: Sequence[Allocation],
) -> Transaction:
    """Store the plan of a later step, unless the transaction has moved on meanwhile."""
    envelopes = encode(planning.codec, [(step.position, planned, step.execution)])
    now = planning.now()
    with planning.store.write() as work:
        work.clusters.lock(snapshot.cluster.id)
        present = work.transactions.lock(transaction)
        if _next_step(work, present) != step:
            return present
        work.transactions.save_step(
            present.number,
            replace(
                step,
                uids=planned.uids,
                task_run_count=planned.task_run_count,
                is_planned=True,
            ),
        )
        store_step(work, present, step.position, planned)
        store_batch(work, present, f"{present.id}-{step.position}", envelopes, now)
        events: list[Event] = []
        if present.is_real:
            nodes = work.nodes.of_cluster(snapshot.cluster.id)
            events = store_nodes(work, nodes, [planned], allocations, now)
            store_cluster(work, snapshot.cluster.id, allocations)
        present = work.log.append(present, events, now)
        work.transactions.save(present)
    planning.bell.ring(transaction)
    return present

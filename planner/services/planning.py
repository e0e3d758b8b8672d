"""How does an accepted transaction get its plan (architecture law 2)?"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from planner.domain.errors import InvalidInput, PlannerError
from planner.domain.events import Event, NodeChanged, StepChanged, TransactionChanged
from planner.domain.messages import TaskDeployMessage
from planner.domain.node_updates import begin_deployment, begin_provisioning
from planner.domain.outcome import refuse
from planner.domain.plan import Plan, PlannedStep, Snapshot, plan
from planner.domain.states import TransactionState, check_transaction
from planner.domain.transaction import Failure, Step, StepKind, Transaction
from planner.services.changes import load_snapshot
from planner.services.finishing import store_outcome
from planner.services.ports import Batch, Envelope

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

    from planner.domain.node import Node
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
            snapshot = load_snapshot(work, pending.cluster, force=pending.selection.force)
        try:
            made = plan(snapshot, pending.selection, pending.run_mode)
        except PlannerError as error:
            return _fail(planning, transaction, _failure(error))
        failure = _refusal(pending, made)
        if failure is not None:
            return _fail(planning, transaction, failure)
        done = _commit(planning, transaction, snapshot, made)
        if done is not None:
            return done
    text = f"the cluster changed {MAX_ATTEMPTS} times while it was being planned"
    return _fail(planning, transaction, Failure("PLAN_CHANGED", text))


def _refusal(pending: Transaction, made: Plan) -> Failure | None:
    """Say why a plan must not run, if so."""
    if made.violations:
        text = f"{len(made.violations)} checks failed"
        return Failure("CHECKS_FAILED", text, violations=made.violations)
    if pending.expected_digest and pending.expected_digest != made.digest:
        return Failure(
            "PLAN_CHANGED",
            "the plan is no longer the one that was expected",
            {"expected": pending.expected_digest, "actual": made.digest},
        )
    return None


def _failure(error: PlannerError) -> Failure:
    """Turn an error found while planning into data (law 8)."""
    violations = error.violations if isinstance(error, InvalidInput) else ()
    violations = getattr(error, "violations", violations)
    return Failure(error.reason, error.message, error.metadata, tuple(violations))


def _fail(planning: Planning, transaction: str, failure: Failure) -> Transaction:
    with planning.store.write() as work:
        cluster = work.clusters.lock(work.transactions.get(transaction).cluster)
        present = work.transactions.lock(transaction)
        if present.state is TransactionState.PENDING:
            present = store_outcome(work, refuse(present, cluster, failure), planning.now())
    planning.bell.ring(transaction)
    return present


def _commit(
    planning: Planning, transaction: str, snapshot: Snapshot, made: Plan
) -> Transaction | None:
    """Store a plan if the cluster is still as it was planned; None if it is not."""
    ids = [planning.new_id() for _ in made.steps]
    envelopes = [
        Envelope(position, planning.codec.encode(step.message, execution))
        for position, (step, execution) in enumerate(zip(made.steps, ids, strict=True))
    ]
    now = planning.now()
    with planning.store.write() as work:
        cluster = work.clusters.lock(snapshot.cluster.id)
        present = work.transactions.lock(transaction)
        if present.state is not TransactionState.PENDING:
            return present
        if cluster.revision != snapshot.cluster.revision:
            return None
        stored = _store_plan(work, present, made, ids, now)
        if made.steps:
            batch = Batch(present.id, present.id, envelopes, present.labels, present.scenario)
            work.outbox.add(stored, batch, now)
        if stored.is_real:
            _store_nodes(work, snapshot, made, now)
    planning.bell.ring(transaction)
    return stored


def _store_plan(
    work: Work, present: Transaction, made: Plan, ids: Sequence[str], now: datetime
) -> Transaction:
    check_transaction(present.id, present.state, TransactionState.RUNNING)
    steps = [
        _step(position, step, execution)
        for position, (step, execution) in enumerate(zip(made.steps, ids, strict=True))
    ]
    work.transactions.add_steps(present.number, steps)
    for position, step in enumerate(made.steps):
        if isinstance(step.message, TaskDeployMessage):
            work.history.add(present.number, position, _runs(step.message))
        if step.state is not None:
            work.expected.put(present.number, position, step.state.common, step.state.nodes)
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
    running = work.log.append(running, events, now)
    work.transactions.save(running)
    return running


def _step(position: int, step: PlannedStep, execution: str) -> Step:
    return Step(
        position=position,
        kind=step.kind,
        method=step.message.method,
        execution=execution,
        graph_type=step.graph_type,
        uids=step.uids,
        weight=step.weight,
        task_run_count=step.task_run_count,
    )


def _runs(message: TaskDeployMessage) -> Iterator[tuple[int, str, str, str]]:
    """Name every task run of a graph: skipped tasks and the sync node included (dossier 4.2)."""
    graph = message.graph
    types = [definition.type for definition in graph.definitions]
    columns = zip(graph.node.tolist(), graph.task.tolist(), graph.definition.tolist(), strict=True)
    for instance, (node, task, definition) in enumerate(columns):
        yield instance, graph.uids[node], graph.task_ids[task], types[definition]


def _store_nodes(work: Work, snapshot: Snapshot, made: Plan, now: datetime) -> None:
    """Store what the plan allocates and mark the nodes that its messages work on."""
    nodes = {node.uid: node for node in snapshot.nodes}
    changed: dict[str, Node] = {}
    for allocation in made.allocations:
        node = changed.get(allocation.uid, nodes[allocation.uid])
        changed[allocation.uid] = replace(node, primary_tags=allocation.primary_tags)
    for step in made.steps:
        begin = {
            StepKind.PROVISION: begin_provisioning,
            StepKind.DEPLOYMENT: begin_deployment,
        }.get(step.kind)
        for uid in step.uids if begin else ():
            if begin is not None and uid in nodes:
                changed[uid] = begin(changed.get(uid, nodes[uid]))
    work.nodes.save_state(replace(node, updated_at=now) for node in changed.values())
    events = [
        NodeChanged(node.uid, node.status, node.progress, node.error_type, node.error_message)
        for uid, node in changed.items()
        if node.status is not nodes[uid].status
    ]
    transaction = work.transactions.active(snapshot.cluster.id)
    if transaction is not None and events:
        work.transactions.save(work.log.append(transaction, events, now))

"""How are reports of an execution recorded (architecture law 4)?"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from planner.domain.events import TaskChanged, TransactionChanged
from planner.domain.node import DONE
from planner.domain.notifications import of_nodes
from planner.domain.outcome import end, is_over, refuse
from planner.domain.recording import Recording, RunState
from planner.domain.states import StepState, TaskState, TransactionState
from planner.services.finishing import store_outcome

if TYPE_CHECKING:
    from collections.abc import Sequence
    from collections.abc import Set as AbstractSet
    from datetime import datetime

    from planner.domain.recording import Changes
    from planner.domain.reports import Report
    from planner.domain.transaction import Failure, StopRequest, Transaction
    from planner.services.ports import Batch, Bell, Store, Work


class CursorMoved(Exception):
    """Somebody else recorded this step meanwhile; open the recording again."""


def unfinished(store: Store) -> Sequence[Transaction]:
    """List the transactions that somebody must carry on with."""
    with store.read() as work:
        return work.transactions.unfinished()


def batches_to_send(store: Store, transaction: Transaction) -> Sequence[Batch]:
    """List a transaction's batches that the orchestrator has not confirmed."""
    with store.read() as work:
        return work.outbox.pending(transaction.number)


def confirm_batch(store: Store, bell: Bell, batch: Batch, journal: str, now: datetime) -> None:
    """Record that the orchestrator has a batch, and in which journal. Idempotent. Commits."""
    with store.write() as work:
        work.outbox.confirm(batch.id, now)
        transaction = work.transactions.lock(batch.transaction)
        steps = work.transactions.steps([transaction.number])[transaction.number]
        sent = {message.step for message in batch.messages}
        for step in steps:
            if step.position in sent and not step.journal:
                work.transactions.save_step(transaction.number, replace(step, journal=journal))
        _set_activity(work, transaction, "waiting for the orchestrator to execute", now)
    bell.ring(batch.transaction)


def open_recording(store: Store, transaction: str) -> Recording | None:
    """Open the record of the first step that is not over; None when the transaction has ended."""
    with store.read() as work:
        present = work.transactions.get(transaction)
        steps = work.transactions.steps([present.number])[present.number]
        position = next((s.position for s in steps if not s.state.is_final), None)
        if present.state.is_final or position is None:
            return None
        nodes = work.nodes.of_cluster(present.cluster) if present.is_real else ()
        runs = {
            (uid, task): RunState(instance, state, start_ms)
            for instance, uid, task, state, start_ms in work.history.states(
                present.number, position
            )
        }
        return Recording(
            present,
            steps,
            position,
            {node.uid: node for node in nodes},
            runs,
            {node.uid: node.revision for node in nodes},
        )


def record_reports(
    store: Store,
    bell: Bell,
    recording: Recording,
    reports: Sequence[Report],
    last_sequence: int,
    now: datetime,
) -> Transaction:
    """Record a window of reports: state, history, log and cursor in one commit.

    Raises CursorMoved when the stored cursor is not where this recording stands: then nothing
    is written, and the recording must be opened again.
    """
    with store.write() as work:
        cluster = work.clusters.lock(recording.transaction.cluster)
        present = work.transactions.lock(recording.transaction.id)
        steps = work.transactions.steps([present.number])[present.number]
        if steps[recording.position].cursor != recording.step.cursor:
            raise CursorMoved
        # A stop may have been accepted since the window before.
        recording.transaction = present
        # Clients and discovery may have changed nodes meanwhile as well.
        _refresh_nodes(work, recording, {report.uid for report in reports})
        changes = recording.fold(reports, last_sequence)
        present = _store_changes(work, recording, changes, now)
        if is_over(present, recording.steps):
            nodes = work.nodes.of_cluster(cluster.id)
            outcome = end(present, recording.steps, cluster, nodes)
            present = store_outcome(work, outcome, now)
    recording.transaction = present
    bell.ring(present.id)
    return present


def _store_changes(
    work: Work, recording: Recording, changes: Changes, now: datetime
) -> Transaction:
    transaction, step = changes.transaction, changes.step
    work.history.update(transaction.number, step.position, changes.runs)
    _store_nodes(work, recording, changes, now)
    work.transactions.save_step(transaction.number, step)
    if transaction.is_real:
        succeeded = (
            (event.uid, event.task)
            for event in changes.events
            if isinstance(event, TaskChanged) and event.state is TaskState.READY
        )
        work.expected.record_success(
            transaction.cluster, transaction.number, step.position, succeeded
        )
        told = of_nodes(transaction, step, changes.events, recording.nodes)
        work.notifications.add(told, now)
    transaction = replace(transaction, activity=_activity(recording, transaction))
    transaction = work.log.append(transaction, changes.events, now)
    work.transactions.save(transaction)
    return transaction


def _refresh_nodes(work: Work, recording: Recording, uids: AbstractSet[str]) -> None:
    """Lock the nodes that are reported of; read again those that somebody else has written."""
    known = {uid: revision for uid, revision in recording.revisions.items() if uid in uids}
    changed = work.nodes.lock_changed(known)
    recording.nodes.update(changed)
    recording.revisions.update((uid, node.revision) for uid, node in changed.items())


def _store_nodes(work: Work, recording: Recording, changes: Changes, now: datetime) -> None:
    """Write what became of nodes, most of which only progress."""
    revisions = recording.revisions
    work.nodes.save_state(
        replace(node, updated_at=now, revision=revisions[node.uid])
        for node in changes.nodes
        if node.uid in changes.turned
    )
    progressed = {n.uid: n.progress for n in changes.nodes if n.uid not in changes.turned}
    work.nodes.save_progress(progressed, now)
    revisions.update((node.uid, revisions[node.uid] + 1) for node in changes.nodes)


def _activity(recording: Recording, transaction: Transaction) -> str:
    if transaction.stop is not None:
        return transaction.activity
    step = recording.step
    if step.state is StepState.RUNNING:
        return f"waiting for the {step.kind} of {len(step.uids)} nodes to end"
    return transaction.activity


def _set_activity(work: Work, transaction: Transaction, activity: str, now: datetime) -> None:
    if transaction.state.is_final or transaction.stop is not None:
        return
    changed = replace(transaction, activity=activity)
    event = TransactionChanged(None, changed.progress, activity)
    work.transactions.save(work.log.append(changed, [event], now))


def requested_stop(store: Store, transaction: str) -> StopRequest | None:
    """Return the stop that was accepted for a transaction, or None."""
    with store.read() as work:
        return work.transactions.get(transaction).stop


def fail_transaction(
    store: Store, bell: Bell, transaction: str, failure: Failure, now: datetime
) -> Transaction:
    """End a transaction that cannot go on: its present step fails with it. Commits.

    One that sent nothing leaves the cluster as it was; one that has ended is left alone.
    """
    with store.write() as work:
        cluster = work.clusters.lock(work.transactions.get(transaction).cluster)
        present = work.transactions.lock(transaction)
        if present.state.is_final:
            return present
        if present.state is TransactionState.PENDING:
            present = store_outcome(work, refuse(present, cluster, failure), now)
        else:
            steps = list(work.transactions.steps([present.number])[present.number])
            step = next(step for step in steps if not step.state.is_final)
            steps[step.position] = replace(
                step, state=StepState.FAILED, failure=failure, progress=DONE
            )
            nodes = work.nodes.of_cluster(cluster.id)
            present = store_outcome(work, end(present, steps, cluster, nodes), now)
    bell.ring(present.id)
    return present

"""How is a transaction stopped?"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from planner.domain.action_log import STOP, open_action
from planner.domain.events import TransactionChanged
from planner.domain.outcome import withdraw
from planner.domain.states import TransactionState, check_transaction
from planner.services.finishing import store_outcome

if TYPE_CHECKING:
    from datetime import datetime

    from planner.domain.transaction import StopRequest, Transaction
    from planner.services.ports import Bell, Store, Work


def stop_transaction(
    store: Store, bell: Bell, transaction: str, request: StopRequest, *, now: datetime
) -> Transaction:
    """Accept a stop; idempotent, and a finished transaction is answered unchanged. Commits.

    A transaction that has sent nothing ends at once.
    """
    with store.write() as work:
        cluster = work.clusters.lock(work.transactions.get(transaction).cluster)
        present = work.transactions.lock(transaction)
        if present.state in (TransactionState.PENDING, TransactionState.RUNNING):
            work.actions.open(open_action(present, STOP, now))
        if present.state is TransactionState.PENDING:
            stopped = store_outcome(work, withdraw(replace(present, stop=request), cluster), now)
        elif present.state is TransactionState.RUNNING:
            stopped = _stopping(work, present, request, now)
        else:
            stopped = present
    bell.ring(stopped.id)
    return stopped


def _stopping(work: Work, present: Transaction, request: StopRequest, now: datetime) -> Transaction:
    check_transaction(present.id, present.state, TransactionState.STOPPING)
    activity = "waiting for running tasks to end"
    stopping = replace(present, state=TransactionState.STOPPING, stop=request, activity=activity)
    event = TransactionChanged(stopping.state, stopping.progress, activity)
    stopping = work.log.append(stopping, [event], now)
    work.transactions.save(stopping)
    return stopping

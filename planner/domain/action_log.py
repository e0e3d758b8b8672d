"""What have people asked for, and how did it end (dossier 0.3, 1.2, 3.0)?"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from planner.domain.redaction import redact
from planner.domain.states import TransactionState
from planner.domain.transaction import TransactionKind

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from planner.domain.transaction import Transaction


class ActionGroup(StrEnum):
    """What an operation is about (dossier 1.2)."""

    CLUSTER_CHANGES = "cluster_changes"
    CLUSTER_CHECKING = "cluster_checking"
    OPERATIONS = "operations"
    STATISTICS = "statistics"


STOP: Final = "stop_deployment"
"""The operation of a StopTransaction; it ends with the transaction that it stops."""

GROUPS: Final[Mapping[str, ActionGroup]] = {
    TransactionKind.DEPLOY: ActionGroup.CLUSTER_CHANGES,
    TransactionKind.RUN_GRAPHS: ActionGroup.CLUSTER_CHANGES,
    STOP: ActionGroup.CLUSTER_CHANGES,
}
"""The group of each operation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionLog:
    """One operation: opened when it is accepted, closed when it has ended, each exactly once.

    ``ended_with`` is None while it goes on; ``message`` says what went wrong, without secrets.
    """

    operation: str
    group: ActionGroup
    transaction: str
    cluster: str
    started_at: datetime
    number: int = 0
    ended_at: datetime | None = None
    ended_with: TransactionState | None = None
    message: str = ""


def open_action(transaction: Transaction, operation: str, now: datetime) -> ActionLog:
    """Begin the record of an operation on behalf of a transaction."""
    return ActionLog(
        operation=operation,
        group=GROUPS[operation],
        transaction=transaction.id,
        cluster=transaction.cluster,
        started_at=now,
    )


def ending(transaction: Transaction, operation: str) -> tuple[TransactionState, str]:
    """Tell how an operation ended, now that its transaction has.

    A stop succeeds unless something failed with it: then it is not known how far it came.
    """
    failure = transaction.failure
    state = transaction.state
    if operation == STOP:
        state = TransactionState.SUCCEEDED if failure is None else TransactionState.FAILED
    return state, str(redact(failure.message)) if failure is not None else ""

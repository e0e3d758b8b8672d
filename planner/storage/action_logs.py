"""How are action logs kept?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, select, update

from planner.domain.action_log import ActionGroup, ActionLog, ending
from planner.domain.states import TransactionState
from planner.storage.tables import action_logs

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.engine import Connection, Row

    from planner.domain.transaction import Transaction
    from planner.services.ports import Page


class ActionLogRows:
    """The action_logs table within one unit of work."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def open(self, action: ActionLog) -> None:
        """Insert the record of an operation that begins."""
        self._connection.execute(
            insert(action_logs).values(
                operation=action.operation,
                action_group=action.group,
                transaction=action.transaction,
                cluster=action.cluster,
                started_at=action.started_at,
                message=action.message,
            )
        )

    def close(self, transaction: Transaction, now: datetime) -> None:
        """Close what is open on behalf of a transaction that has ended."""
        c = action_logs.c
        is_open = (c.transaction == transaction.id) & c.ended_at.is_(None)
        for row in self._connection.execute(select(c.number, c.operation).where(is_open)).all():
            state, message = ending(transaction, row.operation)
            self._connection.execute(
                update(action_logs)
                .where(c.number == row.number)
                .values(ended_at=now, ended_with=state, message=message)
            )

    def page(self, page: Page, cluster: str | None, transaction: str | None) -> Sequence[ActionLog]:
        """List newest first, keyed by number."""
        c = action_logs.c
        query = select(action_logs).order_by(c.number.desc())
        if cluster is not None:
            query = query.where(c.cluster == cluster)
        if transaction is not None:
            query = query.where(c.transaction == transaction)
        if page.after is not None:
            query = query.where(c.number < page.after[0])
        return [_action(row) for row in self._connection.execute(query.limit(page.size))]


def _action(row: Row[Any]) -> ActionLog:
    return ActionLog(
        number=row.number,
        operation=row.operation,
        group=ActionGroup(row.action_group),
        transaction=row.transaction,
        cluster=row.cluster,
        started_at=row.started_at,
        ended_at=row.ended_at,
        ended_with=TransactionState(row.ended_with) if row.ended_with else None,
        message=row.message,
    )

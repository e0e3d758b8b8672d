"""How are outgoing messages kept until they are confirmed, and for the record?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import insert, select, update

from planner.services.ports import Batch, Envelope
from planner.storage.tables import batch_messages, batches, transactions

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from sqlalchemy.engine import Connection

    from planner.domain.transaction import Transaction


class OutboxRows:
    """The batches and batch_messages tables within one unit of work."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, transaction: Transaction, batch: Batch, now: datetime) -> None:
        """Insert a batch."""
        self._connection.execute(
            insert(batches).values(
                id=batch.id,
                transaction=transaction.number,
                labels=dict(batch.labels),
                scenario=batch.scenario,
                created_at=now,
            )
        )
        rows = [
            {"batch": batch.id, "position": position, "step": message.step, "data": message.data}
            for position, message in enumerate(batch.messages)
        ]
        self._connection.execute(insert(batch_messages), rows)

    def pending(self, transaction: int) -> Sequence[Batch]:
        """Return the batches that are not confirmed, oldest first, with their messages."""
        query = (
            select(batches, transactions.c.id.label("transaction_id"))
            .join(transactions, transactions.c.number == batches.c.transaction)
            .where(batches.c.transaction == transaction, batches.c.confirmed_at.is_(None))
            .order_by(batches.c.created_at, batches.c.id)
        )
        return [
            Batch(row.id, row.transaction_id, self._messages(row.id), row.labels, row.scenario)
            for row in self._connection.execute(query).all()
        ]

    def confirm(self, batch: str, now: datetime) -> None:
        """Mark a batch as received; idempotent."""
        self._connection.execute(
            update(batches)
            .where(batches.c.id == batch, batches.c.confirmed_at.is_(None))
            .values(confirmed_at=now)
        )

    def messages(self, transaction: int) -> Iterator[Envelope]:
        """Yield every message of a transaction in order."""
        query = (
            select(batch_messages.c.step, batch_messages.c.data)
            .join(batches, batches.c.id == batch_messages.c.batch)
            .where(batches.c.transaction == transaction)
            .order_by(batch_messages.c.step)
        )
        for step, data in self._connection.execute(query):
            yield Envelope(step, data)

    def _messages(self, batch: str) -> Sequence[Envelope]:
        query = (
            select(batch_messages.c.step, batch_messages.c.data)
            .where(batch_messages.c.batch == batch)
            .order_by(batch_messages.c.position)
        )
        return [Envelope(step, data) for step, data in self._connection.execute(query)]

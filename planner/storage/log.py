"""How is the event log kept: one row a block of events that one commit recorded?"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sqlalchemy import func, insert, select

from planner.storage.records import block_from_row, events_text
from planner.storage.tables import event_blocks

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.engine import Connection

    from planner.domain.events import Event, EventBlock
    from planner.domain.transaction import Transaction


class EventRows:
    """The event_blocks table within one unit of work."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def append(
        self, transaction: Transaction, events: Sequence[Event], now: datetime
    ) -> Transaction:
        """Append events in one block; return the transaction with its last sequence risen."""
        if not events:
            return transaction
        first = transaction.last_sequence + 1
        last = transaction.last_sequence + len(events)
        row = {
            "transaction": transaction.number,
            "first_sequence": first,
            "last_sequence": last,
            "recorded_at": now,
            "events": events_text(events),
        }
        self._connection.execute(insert(event_blocks).values(row))
        return replace(transaction, last_sequence=last)

    def read(self, transaction: int, after: int, limit: int) -> Sequence[EventBlock]:
        """Return blocks that hold sequences after ``after``, about ``limit`` events."""
        query = (
            select(event_blocks)
            .where(event_blocks.c.transaction == transaction)
            .where(event_blocks.c.last_sequence > after)
            .where(event_blocks.c.first_sequence <= after + limit)
            .order_by(event_blocks.c.first_sequence)
        )
        return [block_from_row(row) for row in self._connection.execute(query)]

    def oldest(self, transaction: int) -> int:
        """Return the oldest sequence that is kept; 1 for an empty log."""
        query = select(func.min(event_blocks.c.first_sequence)).where(
            event_blocks.c.transaction == transaction
        )
        return self._connection.execute(query).scalar() or 1

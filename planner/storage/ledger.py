"""How is it remembered which request ids were seen?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, insert, select

from planner.services.ports import LedgerEntry
from planner.storage.tables import request_ledger

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.engine import Connection


class LedgerRows:
    """The request_ledger table within one unit of work."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def find(self, request_id: str) -> LedgerEntry | None:
        """Return what the id was used for, or None; whoever else asks waits for this work.

        On SQLite a whole unit of work holds the write lock anyway.
        """
        if self._connection.dialect.name == "postgresql":
            turn = func.pg_advisory_xact_lock(func.hashtextextended(request_id, 0))
            self._connection.execute(select(turn))
        c = request_ledger.c
        query = select(c.method, c.digest, c.resource).where(c.request_id == request_id)
        row = self._connection.execute(query).first()
        return LedgerEntry(*row) if row is not None else None

    def add(self, request_id: str, entry: LedgerEntry, now: datetime) -> None:
        """Remember an id."""
        self._connection.execute(
            insert(request_ledger).values(request_id=request_id, created_at=now, **entry._asdict())
        )

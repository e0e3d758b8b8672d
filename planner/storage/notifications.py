"""How are notifications kept?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, select

from planner.domain.notifications import Notification, Topic
from planner.storage.tables import notifications

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from sqlalchemy.engine import Connection, Row

    from planner.services.ports import Page


class NotificationRows:
    """The notifications table within one unit of work."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, told: Iterable[Notification], now: datetime) -> None:
        """Insert notifications in their order."""
        rows = [
            {
                "topic": item.topic,
                "message": item.message,
                "cluster": item.cluster,
                "node": item.node,
                "transaction": item.transaction,
                "created_at": now,
            }
            for item in told
        ]
        if rows:
            self._connection.execute(insert(notifications), rows)

    def page(self, page: Page, cluster: str | None, topic: Topic | None) -> Sequence[Notification]:
        """List newest first, keyed by number."""
        c = notifications.c
        query = select(notifications).order_by(c.number.desc())
        if cluster is not None:
            query = query.where(c.cluster == cluster)
        if topic is not None:
            query = query.where(c.topic == topic)
        if page.after is not None:
            query = query.where(c.number < page.after[0])
        return [_notification(row) for row in self._connection.execute(query.limit(page.size))]


def _notification(row: Row[Any]) -> Notification:
    return Notification(
        number=row.number,
        topic=Topic(row.topic),
        message=row.message,
        cluster=row.cluster,
        node=row.node,
        transaction=row.transaction,
        created_at=row.created_at,
    )

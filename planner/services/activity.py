"""What did people ask for, and what are they told? Reads only."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from planner.domain.action_log import ActionLog
    from planner.domain.notifications import Notification, Topic
    from planner.services.ports import Page, Store


def list_action_logs(
    store: Store, page: Page, cluster: str | None, transaction: str | None
) -> Sequence[ActionLog]:
    """List operations newest first."""
    with store.read() as work:
        return work.actions.page(page, cluster, transaction)


def list_notifications(
    store: Store, page: Page, cluster: str | None, topic: Topic | None
) -> Sequence[Notification]:
    """List news newest first."""
    with store.read() as work:
        return work.notifications.page(page, cluster, topic)

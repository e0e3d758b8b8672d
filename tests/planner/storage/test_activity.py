"""The ports ActionLogs and Notifications, on every database."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from planner.domain.action_log import STOP, ActionGroup, open_action
from planner.domain.notifications import Notification, Topic
from planner.domain.states import TransactionState
from planner.domain.transaction import Failure
from planner.services.ports import Page
from tests.planner.builders import NOW, a_transaction

if TYPE_CHECKING:
    from planner.services.ports import Store

LATER = NOW + timedelta(minutes=5)


def news(topic: Topic = Topic.DONE, cluster: str = "demo") -> Notification:
    """Build a notification."""
    return Notification(topic=topic, message="text", cluster=cluster, transaction="t", node="7")


def test_an_operation_is_closed_with_its_transaction(any_store: Store) -> None:
    """A stop with which something failed has failed too."""
    present = a_transaction()
    ended = replace(present, state=TransactionState.STOPPED, failure=Failure("X", "no luck"))
    with any_store.write() as work:
        work.actions.open(open_action(present, present.kind, NOW))
        work.actions.open(open_action(present, STOP, NOW))
        work.actions.close(ended, LATER)
        # Closing again finds nothing open.
        work.actions.close(replace(ended, state=TransactionState.FAILED), LATER)

    with any_store.read() as work:
        stop, deploy = work.actions.page(Page(10), None, present.id)

    assert (deploy.operation, deploy.group) == ("deploy", ActionGroup.CLUSTER_CHANGES)
    assert (deploy.ended_with, deploy.message) == (TransactionState.STOPPED, "no luck")
    assert (stop.ended_with, stop.message) == (TransactionState.FAILED, "no luck")
    assert (deploy.started_at, deploy.ended_at) == (NOW, LATER)


def test_operations_are_listed_newest_first(any_store: Store) -> None:
    """In pages, of one cluster where asked."""
    with any_store.write() as work:
        for cluster in ("a", "b", "a"):
            made = a_transaction(cluster=cluster)
            work.actions.open(open_action(made, made.kind, NOW))

    with any_store.read() as work:
        first = work.actions.page(Page(2), None, None)
        rest = work.actions.page(Page(2, (first[-1].number,)), None, None)
        of_a = work.actions.page(Page(10), "a", None)

    assert [action.cluster for action in [*first, *rest]] == ["a", "b", "a"]
    assert [action.cluster for action in of_a] == ["a", "a"]


def test_notifications_are_listed_newest_first(any_store: Store) -> None:
    """As they were told, of one cluster or topic where asked."""
    told = [news(), news(Topic.ERROR), news(Topic.WARNING, cluster="other")]
    with any_store.write() as work:
        work.notifications.add(told, NOW)

    with any_store.read() as work:
        every = work.notifications.page(Page(10), None, None)
        errors = work.notifications.page(Page(10), None, Topic.ERROR)
        others = work.notifications.page(Page(10), "other", None)
        rest = work.notifications.page(Page(10, (every[0].number,)), None, None)

    assert [replace(item, number=0, created_at=None) for item in reversed(every)] == told
    assert [item.topic for item in errors] == [Topic.ERROR]
    assert [item.topic for item in others] == [Topic.WARNING]
    assert rest == every[1:]

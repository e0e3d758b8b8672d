"""``planner actions`` and ``planner notifications``: what was asked for, and what came of it."""

from __future__ import annotations

import click

from planner.cli.session import Session, command, label, pages
from planner.v1 import activity_pb2, transaction_pb2
from planner.v1 import transaction_service_pb2 as pb

ACTION_COLUMNS = ("OPERATION", "CLUSTER", "TRANSACTION", "STARTED", "ENDED", "WITH", "MESSAGE")
NEWS_COLUMNS = ("TIME", "TOPIC", "CLUSTER", "NODE", "MESSAGE")


@click.command()
@click.option("--cluster", default="", help="Only operations on this cluster.")
@click.option("--transaction", default="", help="Only operations of this transaction.")
@command
def actions(session: Session, cluster: str, transaction: str) -> None:
    """List what was asked for and how it ended, newest first."""
    request = pb.ListActionLogsRequest(cluster=cluster, transaction=transaction)
    rows = pages(session.transactions.ListActionLogs, request, "action_logs")
    session.print_rows(rows, ACTION_COLUMNS, _action_row)


@click.command()
@click.option("--cluster", default="", help="Only news of this cluster.")
@command
def notifications(session: Session, cluster: str) -> None:
    """List what happened without being asked for, newest first."""
    request = pb.ListNotificationsRequest(cluster=cluster)
    rows = pages(session.transactions.ListNotifications, request, "notifications")
    session.print_rows(rows, NEWS_COLUMNS, _news_row)


def _action_row(action: activity_pb2.ActionLog) -> tuple[object, ...]:
    is_over = action.HasField("end_time")
    return (
        action.operation,
        action.cluster or "-",
        action.transaction,
        action.start_time.ToJsonString(),
        action.end_time.ToJsonString() if is_over else "-",
        label(action.ended_with, transaction_pb2.TransactionState) if is_over else "-",
        action.message or "-",
    )


def _news_row(news: activity_pb2.Notification) -> tuple[object, ...]:
    return (
        news.create_time.ToJsonString(),
        label(news.topic, activity_pb2.NotificationTopic),
        news.cluster or "-",
        news.node or "-",
        news.message,
    )

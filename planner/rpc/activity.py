"""How are action logs and notifications written as proto?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.rpc.enums import ACTION_GROUP, NOTIFICATION_TOPIC, TRANSACTION_STATE
from planner.rpc.resources import timestamp
from planner.v1 import activity_pb2

if TYPE_CHECKING:
    from planner.domain.action_log import ActionLog
    from planner.domain.notifications import Notification


def write_action_log(action: ActionLog) -> activity_pb2.ActionLog:
    """Write an operation."""
    return activity_pb2.ActionLog(
        operation=action.operation,
        group=ACTION_GROUP.write(action.group),
        transaction=f"transactions/{action.transaction}",
        cluster=_cluster(action.cluster),
        start_time=timestamp(action.started_at),
        end_time=timestamp(action.ended_at),
        ended_with=TRANSACTION_STATE.write(action.ended_with),
        message=action.message,
    )


def write_notification(told: Notification) -> activity_pb2.Notification:
    """Write a piece of news."""
    return activity_pb2.Notification(
        topic=NOTIFICATION_TOPIC.write(told.topic),
        message=told.message,
        cluster=_cluster(told.cluster),
        node=f"nodes/{told.node}" if told.node else "",
        transaction=f"transactions/{told.transaction}",
        create_time=timestamp(told.created_at),
    )


def _cluster(cluster: str) -> str:
    return f"clusters/{cluster}" if cluster else ""

"""Which proto enum value is which domain state?"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from planner.domain.action_log import ActionGroup
from planner.domain.notifications import Topic
from planner.domain.planned import NodeAction
from planner.domain.states import (
    ClusterStatus,
    NodeErrorType,
    NodeStatus,
    RunMode,
    StepState,
    TaskState,
    TransactionState,
)
from planner.domain.transaction import TransactionKind
from planner.v1 import (
    activity_pb2,
    cluster_pb2,
    node_pb2,
    plan_pb2,
    selection_pb2,
    transaction_pb2,
)

if TYPE_CHECKING:
    from planner.rpc.names import Fields

State = TypeVar("State", bound=StrEnum)


class EnumMap(Generic[State]):
    """Maps a domain enum to the proto enum whose names are its own, prefixed."""

    def __init__(self, states: type[State], proto: Any, prefix: str) -> None:
        self._to_proto = {state: proto.Value(f"{prefix}_{state.name}") for state in states}
        self._from_proto = {number: state for state, number in self._to_proto.items()}

    def write(self, state: State | None) -> Any:
        """Return the proto value; None is UNSPECIFIED."""
        return self._to_proto[state] if state is not None else 0

    def read(self, number: int, field: str, fields: Fields) -> State | None:
        """Return the state; UNSPECIFIED is None, a number nobody knows is a violation."""
        if number and number not in self._from_proto:
            fields.violate("UNKNOWN_ENUM_VALUE", field, f"{number} is no known value")
        return self._from_proto.get(number)


CLUSTER_STATUS: Final = EnumMap(ClusterStatus, cluster_pb2.ClusterStatus, "CLUSTER_STATUS")
NODE_STATUS: Final = EnumMap(NodeStatus, node_pb2.NodeStatus, "NODE_STATUS")
NODE_ERROR: Final = EnumMap(NodeErrorType, node_pb2.NodeErrorType, "NODE_ERROR_TYPE")
NODE_ACTION: Final = EnumMap(NodeAction, plan_pb2.NodeAction, "NODE_ACTION")
RUN_MODE: Final = EnumMap(RunMode, selection_pb2.RunMode, "RUN_MODE")
TRANSACTION_STATE: Final = EnumMap(
    TransactionState, transaction_pb2.TransactionState, "TRANSACTION_STATE"
)
TRANSACTION_KIND: Final = EnumMap(
    TransactionKind, transaction_pb2.TransactionKind, "TRANSACTION_KIND"
)
ACTION_GROUP: Final = EnumMap(ActionGroup, activity_pb2.ActionGroup, "ACTION_GROUP")
NOTIFICATION_TOPIC: Final = EnumMap(Topic, activity_pb2.NotificationTopic, "NOTIFICATION_TOPIC")
STEP_STATE: Final = EnumMap(StepState, transaction_pb2.StepState, "STEP_STATE")
TASK_STATE: Final = EnumMap(TaskState, transaction_pb2.TaskState, "TASK_STATE")

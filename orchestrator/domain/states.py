"""Which states do tasks, nodes and executions have, and which changes of state are legal?

One table a machine (architecture law 6). The numbers are stable: journals hold them.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Final

from orchestrator.domain.errors import IllegalTransitionError


class TaskStatus(IntEnum):
    """The life of one task on one node (dossier 5)."""

    PENDING = 0
    READY = 1
    RUNNING = 2
    SUCCESSFUL = 3
    FAILED = 4
    DEP_FAILED = 5
    SKIPPED = 6
    NOT_RUN = 7


class NodeStatus(IntEnum):
    """The life of a node within one deployment. Being busy is a fact beside it, not a state."""

    ONLINE = 0
    SUCCESSFUL = 1
    FAILED = 2
    SKIPPED = 3


class ExecutionState(IntEnum):
    """The life of an execution."""

    PENDING = 1
    RUNNING = 2
    STOPPING = 3
    READY = 4
    ERROR = 5
    STOPPED = 6
    ABORTED = 7


Transitions = frozenset[tuple[IntEnum, IntEnum]]

TASK_TRANSITIONS: Final[Transitions] = frozenset(
    {
        (TaskStatus.PENDING, TaskStatus.READY),  # everything it needs has succeeded
        (TaskStatus.READY, TaskStatus.RUNNING),  # chosen by the scheduler
        (TaskStatus.RUNNING, TaskStatus.SUCCESSFUL),
        (TaskStatus.RUNNING, TaskStatus.FAILED),
        (TaskStatus.RUNNING, TaskStatus.SKIPPED),  # no effect, a soft failure, or cut off by force
        (TaskStatus.PENDING, TaskStatus.DEP_FAILED),  # something it needs failed, or its node did
        (TaskStatus.READY, TaskStatus.DEP_FAILED),  # its node failed
        (TaskStatus.PENDING, TaskStatus.SKIPPED),  # its node was skipped by the brake or a stop
        (TaskStatus.READY, TaskStatus.SKIPPED),
        (TaskStatus.PENDING, TaskStatus.NOT_RUN),  # dry run
        (TaskStatus.READY, TaskStatus.NOT_RUN),
    }
)

NODE_TRANSITIONS: Final[Transitions] = frozenset(
    {
        (NodeStatus.ONLINE, NodeStatus.SUCCESSFUL),  # all its tasks ended well
        (NodeStatus.ONLINE, NodeStatus.FAILED),  # a task failed, it is offline, or none could start
        (NodeStatus.ONLINE, NodeStatus.SKIPPED),  # stopped before its end
    }
)

EXECUTION_TRANSITIONS: Final[Transitions] = frozenset(
    {
        (ExecutionState.PENDING, ExecutionState.RUNNING),  # its turn in the batch has come
        (ExecutionState.PENDING, ExecutionState.STOPPED),  # stopped before its turn
        (ExecutionState.PENDING, ExecutionState.ABORTED),  # a message before it did not end ready
        (ExecutionState.RUNNING, ExecutionState.STOPPING),  # a stop was accepted
        (ExecutionState.RUNNING, ExecutionState.READY),
        (ExecutionState.RUNNING, ExecutionState.ERROR),
        (ExecutionState.STOPPING, ExecutionState.STOPPED),
        (ExecutionState.STOPPING, ExecutionState.ERROR),  # something critical failed as well
    }
)

FINISHED_TASK: Final = frozenset(status for status in TaskStatus if status >= TaskStatus.SUCCESSFUL)
FINISHED_EXECUTION: Final = frozenset(s for s in ExecutionState if s >= ExecutionState.READY)


def change_node(uid: str, old: NodeStatus, new: NodeStatus) -> NodeStatus:
    """Return `new`, or raise IllegalTransitionError when the table does not list the change."""
    if (old, new) not in NODE_TRANSITIONS:
        raise IllegalTransitionError(f"node {uid}", old.name, new.name)
    return new


def change_execution(name: str, old: ExecutionState, new: ExecutionState) -> ExecutionState:
    """Return `new`, or raise IllegalTransitionError when the table does not list the change."""
    if (old, new) not in EXECUTION_TRANSITIONS:
        raise IllegalTransitionError(f"execution {name}", old.name, new.name)
    return new

"""Which states are there, and which changes of state are legal?

One transition table a machine (architecture law 6); a pair that is not listed is rejected.
The diagrams in docs/states.md are drawn from these tables.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from planner.domain.errors import IllegalTransition


class TransactionState(StrEnum):
    """The life of a transaction."""

    PENDING = "pending"
    RUNNING = "running"
    STOPPING = "stopping"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    STOPPED = "stopped"

    @property
    def is_final(self) -> bool:
        """Tell whether nothing follows."""
        return not TRANSACTION_TRANSITIONS[self]


class StepState(StrEnum):
    """The life of a step, which is one message."""

    PENDING = "pending"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    STOPPED = "stopped"
    ABORTED = "aborted"

    @property
    def is_final(self) -> bool:
        """Tell whether nothing follows."""
        return not STEP_TRANSITIONS[self]


class TaskState(StrEnum):
    """The life of a task run: one task on one node in one step."""

    PENDING = "pending"
    RUNNING = "running"
    READY = "ready"
    ERROR = "error"
    SKIPPED = "skipped"
    DEP_FAILED = "dep_failed"
    NOT_RUN = "not_run"

    @property
    def is_final(self) -> bool:
        """Tell whether nothing follows."""
        return not TASK_TRANSITIONS[self]


class NodeStatus(StrEnum):
    """The state of a node (dossier 1)."""

    READY = "ready"
    DISCOVER = "discover"
    PROVISIONING = "provisioning"
    PROVISIONED = "provisioned"
    DEPLOYING = "deploying"
    ERROR = "error"
    REMOVING = "removing"
    STOPPED = "stopped"


class NodeErrorType(StrEnum):
    """What kind of work failed on a node (dossier 1)."""

    DEPLOY = "deploy"
    PROVISION = "provision"
    DELETION = "deletion"
    DISCOVER = "discover"
    STOP_DEPLOYMENT = "stop_deployment"


class ClusterStatus(StrEnum):
    """The state of a cluster (dossier 1)."""

    NEW = "new"
    DEPLOYMENT = "deployment"
    STOPPED = "stopped"
    OPERATIONAL = "operational"
    ERROR = "error"
    REMOVE = "remove"
    PARTIALLY_DEPLOYED = "partially_deployed"

    @property
    def is_locked(self) -> bool:
        """Tell whether settings are frozen: only while something works on the cluster."""
        return self in (ClusterStatus.DEPLOYMENT, ClusterStatus.REMOVE)


class RunMode(StrEnum):
    """How much of a run is real."""

    NORMAL = "normal"
    NOOP = "noop"
    DRY_RUN = "dry_run"


_T = TransactionState
TRANSACTION_TRANSITIONS: Final[dict[TransactionState, frozenset[TransactionState]]] = {
    # A pending transaction that is stopped has sent nothing: it ends at once.
    _T.PENDING: frozenset({_T.RUNNING, _T.FAILED, _T.STOPPED}),
    _T.RUNNING: frozenset({_T.STOPPING, _T.SUCCEEDED, _T.FAILED}),
    # Once a stop is accepted the end is STOPPED, whatever else happened (decision 18).
    _T.STOPPING: frozenset({_T.STOPPED}),
    _T.SUCCEEDED: frozenset(),
    _T.FAILED: frozenset(),
    _T.STOPPED: frozenset(),
}

_S = StepState
STEP_TRANSITIONS: Final[dict[StepState, frozenset[StepState]]] = {
    # An execution may end before a progress report of it was ever seen.
    _S.PENDING: frozenset({_S.RUNNING, _S.SUCCEEDED, _S.FAILED, _S.STOPPED, _S.ABORTED}),
    _S.RUNNING: frozenset({_S.SUCCEEDED, _S.FAILED, _S.STOPPED}),
    _S.SUCCEEDED: frozenset(),
    _S.FAILED: frozenset(),
    _S.STOPPED: frozenset(),
    _S.ABORTED: frozenset(),
}

_K = TaskState
TASK_TRANSITIONS: Final[dict[TaskState, frozenset[TaskState]]] = {
    # A run may fail before a report of its start was ever seen.
    _K.PENDING: frozenset({_K.RUNNING, _K.ERROR, _K.SKIPPED, _K.DEP_FAILED, _K.NOT_RUN}),
    # A soft failure ends skipped although it ran (decision 19).
    _K.RUNNING: frozenset({_K.READY, _K.ERROR, _K.SKIPPED}),
    _K.READY: frozenset(),
    _K.ERROR: frozenset(),
    _K.SKIPPED: frozenset(),
    _K.DEP_FAILED: frozenset(),
    _K.NOT_RUN: frozenset(),
}

_N = NodeStatus
NODE_TRANSITIONS: Final[dict[NodeStatus, frozenset[NodeStatus]]] = {
    # A graph may end a node in any state, whatever it was before it began.
    _N.DISCOVER: frozenset(set(_N) - {_N.DISCOVER}),
    # A node without a system cannot be deployed: it is provisioned, or it is not.
    _N.PROVISIONING: frozenset({_N.PROVISIONED, _N.DISCOVER, _N.STOPPED, _N.ERROR}),
    _N.PROVISIONED: frozenset(set(_N) - {_N.PROVISIONED}),
    # What is being deployed ends first; then it may be provisioned again or removed.
    _N.DEPLOYING: frozenset({_N.READY, _N.PROVISIONED, _N.DISCOVER, _N.STOPPED, _N.ERROR}),
    _N.READY: frozenset(set(_N) - {_N.READY}),
    _N.ERROR: frozenset(set(_N) - {_N.ERROR}),
    _N.STOPPED: frozenset(set(_N) - {_N.STOPPED}),
    # A node that is being removed is gone, found again, or the removal failed.
    _N.REMOVING: frozenset({_N.DISCOVER, _N.ERROR}),
}

_C = ClusterStatus
_ENDED = frozenset({_C.OPERATIONAL, _C.PARTIALLY_DEPLOYED, _C.STOPPED, _C.ERROR})
CLUSTER_TRANSITIONS: Final[dict[ClusterStatus, frozenset[ClusterStatus]]] = {
    _C.NEW: frozenset({_C.DEPLOYMENT, _C.REMOVE}),
    # A transaction that comes to nothing gives the cluster its former status back.
    _C.DEPLOYMENT: frozenset({_C.NEW, *_ENDED}),
    **{status: frozenset({_C.DEPLOYMENT, _C.REMOVE, _C.NEW}) for status in sorted(_ENDED)},
    _C.REMOVE: frozenset({_C.ERROR}),
}


def check_transaction(subject: str, old: TransactionState, new: TransactionState) -> None:
    """Raise IllegalTransition unless the table lists old → new."""
    if new not in TRANSACTION_TRANSITIONS[old]:
        raise IllegalTransition("transaction", subject, old, new)


def check_cluster(subject: str, old: ClusterStatus, new: ClusterStatus) -> None:
    """Raise IllegalTransition unless the table lists old → new; staying is no transition."""
    if new is not old and new not in CLUSTER_TRANSITIONS[old]:
        raise IllegalTransition("cluster", subject, old, new)


def check_step(subject: str, old: StepState, new: StepState) -> None:
    """Raise IllegalTransition unless the table lists old → new."""
    if new not in STEP_TRANSITIONS[old]:
        raise IllegalTransition("step", subject, old, new)

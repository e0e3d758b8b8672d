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
    _K.PENDING: frozenset({_K.RUNNING, _K.SKIPPED, _K.DEP_FAILED, _K.NOT_RUN}),
    # A soft failure ends skipped although it ran (decision 19).
    _K.RUNNING: frozenset({_K.READY, _K.ERROR, _K.SKIPPED}),
    _K.READY: frozenset(),
    _K.ERROR: frozenset(),
    _K.SKIPPED: frozenset(),
    _K.DEP_FAILED: frozenset(),
    _K.NOT_RUN: frozenset(),
}


def check_transaction(subject: str, old: TransactionState, new: TransactionState) -> None:
    """Raise IllegalTransition unless the table lists old → new."""
    if new not in TRANSACTION_TRANSITIONS[old]:
        raise IllegalTransition("transaction", subject, old, new)


def check_step(subject: str, old: StepState, new: StepState) -> None:
    """Raise IllegalTransition unless the table lists old → new."""
    if new not in STEP_TRANSITIONS[old]:
        raise IllegalTransition("step", subject, old, new)

"""What do the messages to the orchestrator say?

Content only: envelope ids are given when a message is stored, the wire form is made in
``dispatch``.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from planner.domain.graph.task_graph import TaskGraph
    from planner.domain.transaction import Subgraph


SEQUENCE_RESPONSE: Final = "transaction_resp"
"""Whom the reference lets answer for graphs that run one after another (dossier 9.4)."""


class Method(StrEnum):
    """The orchestrator's methods that the planner uses (dossier 4)."""

    IMAGE_PROVISION = "image_provision"
    NATIVE_PROVISION = "native_provision"
    TASK_DEPLOY = "task_deploy"
    GRANULAR_DEPLOY = "granular_deploy"
    REMOVE_NODES = "remove_nodes"
    EXECUTE_TASKS = "execute_tasks"


@dataclass(frozen=True, slots=True)
class ProvisionNode:
    """One node to provision; ``attributes`` is the reference's node entry without ``uid``."""

    uid: str
    attributes: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ProvisionTolerance:
    """``percentage`` of ``uids`` may fail."""

    uids: tuple[str, ...]
    percentage: int


@dataclass(frozen=True, slots=True)
class ProvisionMessage:
    """Install systems on nodes (dossier 4.1)."""

    method: Method
    engine: Mapping[str, Any]
    nodes: tuple[ProvisionNode, ...]
    tolerance: tuple[ProvisionTolerance, ...]
    pre_provision: tuple[Mapping[str, Any], ...] = ()

    @property
    def respond_to(self) -> str:
        """Name the reference's receiver method."""
        return "provision_resp"


@dataclass(frozen=True, slots=True)
class NodeTransitions:
    """What nodes become at the end of a graph; None is the reference's default (dossier 9.4)."""

    successful: Mapping[str, Any] | None = None
    failed: Mapping[str, Any] | None = None
    stopped: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class TaskDeployMessage:
    """Run a task graph (dossier 4.4, 4.5, 9.4).

    ``deployment_info`` is None where tasks carry all they need: from 9.0 on.
    """

    graph: TaskGraph
    transitions: NodeTransitions
    respond_to: str = "deploy_resp"
    dry_run: bool = False
    noop_run: bool = False
    debug: bool = False
    deployment_info: Sequence[Mapping[str, Any]] | None = None
    subgraphs: tuple[Subgraph, ...] = ()

    @property
    def method(self) -> Method:
        """Name the orchestrator's method."""
        return Method.TASK_DEPLOY


@dataclass(frozen=True, slots=True)
class GranularDeployMessage:
    """Deploy roles one after another, between two lists of hooks (dossier 4.3)."""

    deployment_info: Sequence[Mapping[str, Any]]
    pre_deployment: Sequence[Mapping[str, Any]]
    post_deployment: Sequence[Mapping[str, Any]]
    debug: bool = False

    @property
    def method(self) -> Method:
        """Name the orchestrator's method."""
        return Method.GRANULAR_DEPLOY

    @property
    def respond_to(self) -> str:
        """Name the reference's receiver method."""
        return "deploy_resp"


@dataclass(frozen=True, slots=True)
class RemovedNode:
    """A node to take out. ``is_asked`` false: it is gone without being asked."""

    uid: str
    slave_name: str
    roles: tuple[str, ...]
    is_asked: bool = True


@dataclass(frozen=True, slots=True)
class RemoveNodesMessage:
    """Erase nodes and forget them (dossier 4, DeletionTask)."""

    nodes: tuple[RemovedNode, ...]
    engine: Mapping[str, Any]
    check_ceph: bool

    @property
    def method(self) -> Method:
        """Name the orchestrator's method."""
        return Method.REMOVE_NODES

    @property
    def respond_to(self) -> str:
        """Name the reference's receiver method."""
        return "remove_nodes_resp"


@dataclass(frozen=True, slots=True)
class ExecuteTasksMessage:
    """Run some tasks, in order, without a graph (dossier 4, UpdateNodesInfoTask)."""

    tasks: Sequence[Mapping[str, Any]]
    respond_to: str = "deploy_resp"

    @property
    def method(self) -> Method:
        """Name the orchestrator's method."""
        return Method.EXECUTE_TASKS


Message = (
    ProvisionMessage
    | TaskDeployMessage
    | GranularDeployMessage
    | RemoveNodesMessage
    | ExecuteTasksMessage
)

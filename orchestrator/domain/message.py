"""What is a message: the units of work that the orchestrator executes, as plain values.

Texts called JSON are carried as they came and parsed where they are needed, so that what is only
passed through survives unchanged.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SYNC_NODE: Final = "null"
"""The node of stages, behind which no machine stands."""

MASTER_NODE: Final = "master"
"""The node that runs the orchestrator itself."""


@dataclass(frozen=True, slots=True)
class TaskDefinition:
    """The content of a task: everything but place and edges.

    An empty `type`, and None elsewhere, mean "as the directory says".
    """

    type: str
    fail_on_error: bool | None = None
    parameters: str | None = None


@dataclass(frozen=True, slots=True)
class Edges:
    """Relations in compressed sparse rows: row v holds ``targets[starts[v]:starts[v + 1]]``."""

    starts: NDArray[np.int64]
    targets: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class TaskGraph:
    """A task graph in columns: first the task instances, then `barriers` nameless vertices.

    `node`, `task` and `definition` have one entry an instance and index the tables. A barrier
    stands for "each of these before each of those". `directory` holds (task id, JSON object)
    pairs of the older form: what instances of a task share.
    """

    uids: tuple[str, ...]
    task_ids: tuple[str, ...]
    definitions: tuple[TaskDefinition, ...]
    node: NDArray[np.int64]
    task: NDArray[np.int64]
    definition: NDArray[np.int64]
    barriers: int
    requires: Edges
    required_for: Edges
    directory: tuple[tuple[str, str], ...] = ()

    @property
    def instances(self) -> int:
        """Count the (node, task) pairs."""
        return len(self.node)

    @property
    def vertices(self) -> int:
        """Count instances and barriers."""
        return len(self.node) + self.barriers


@dataclass(frozen=True, slots=True)
class FaultToleranceGroup:
    """How many of these nodes may fail before the run is stopped; 0 makes each critical."""

    name: str
    uids: tuple[str, ...]
    fault_tolerance: int


@dataclass(frozen=True, slots=True)
class NodeTransitions:
    """What is reported of a node at its end, as JSON objects (dossier 9.1 has the defaults)."""

    successful: str = '{"status":"ready"}'
    failed: str = '{"error_type":"deploy","status":"error"}'
    stopped: str = '{"status":"stopped"}'


@dataclass(frozen=True, slots=True)
class Subgraph:
    """Everything reachable from `start` that leads to one of `end`; an empty side means all.

    A selector is ``name`` or ``name/uid,uid,uid-uid``.
    """

    start: tuple[str, ...] = ()
    end: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TaskDeploy:
    """Run a task graph."""

    graph: TaskGraph
    fault_tolerance_groups: tuple[FaultToleranceGroup, ...] = ()
    transitions: NodeTransitions = field(default_factory=NodeTransitions)
    subgraphs: tuple[Subgraph, ...] = ()
    dry_run: bool = False
    noop_run: bool = False
    debug: bool = False


@dataclass(frozen=True, slots=True)
class NodeEntry:
    """One node of a method's list; `attributes` is the rest of its entry, a JSON object."""

    uid: str
    attributes: str = "{}"


@dataclass(frozen=True, slots=True)
class ProvisionTolerance:
    """These nodes may fail up to a share of them: `percentage` of 100, not rounded."""

    uids: tuple[str, ...]
    percentage: float


@dataclass(frozen=True, slots=True)
class Provision:
    """Write an image to nodes and boot them; `pre_provision` is a JSON list of hooks."""

    nodes: tuple[NodeEntry, ...]
    fault_tolerance: tuple[ProvisionTolerance, ...] = ()
    pre_provision: str = "[]"
    engine: str = "{}"


@dataclass(frozen=True, slots=True)
class GranularDeploy:
    """The older deployment: JSON lists of node and role entries, and of hooks around them."""

    deployment_info: str
    pre_deployment: str = "[]"
    post_deployment: str = "[]"


@dataclass(frozen=True, slots=True)
class StopDeployTask:
    """Stop another execution."""

    stop_task_uuid: str
    nodes: tuple[NodeEntry, ...] = ()
    engine: str = "{}"


@dataclass(frozen=True, slots=True)
class RemoveNodes:
    """Take nodes out of the environment and erase them."""

    nodes: tuple[NodeEntry, ...]
    engine: str = "{}"
    check_ceph: bool = False


@dataclass(frozen=True, slots=True)
class ResetEnvironment:
    """Erase nodes and let them be discovered again."""

    nodes: tuple[NodeEntry, ...]
    engine: str = "{}"


@dataclass(frozen=True, slots=True)
class ExecuteTasks:
    """Run hooks, a JSON list, on nodes."""

    tasks: str


@dataclass(frozen=True, slots=True)
class NetworkCheck:
    """Find out what nodes hear of each other; the message's method says what."""

    nodes: tuple[NodeEntry, ...]


@dataclass(frozen=True, slots=True)
class RepositoryCheck:
    """Find out which repositories nodes reach; without set-up all have the same `urls`."""

    nodes: tuple[NodeEntry, ...]
    urls: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DumpEnvironment:
    """Collect logs into an archive; `settings` is a JSON object."""

    settings: str = "{}"


Work = (
    TaskDeploy
    | Provision
    | GranularDeploy
    | StopDeployTask
    | RemoveNodes
    | ResetEnvironment
    | ExecuteTasks
    | NetworkCheck
    | RepositoryCheck
    | DumpEnvironment
)


@dataclass(frozen=True, slots=True)
class Message:
    """One unit of work with what the reference's envelope says about it.

    `subtasks` are executed first, within it.
    """

    task_uuid: str
    method: str
    work: Work
    respond_to: str = ""
    subtasks: tuple[Message, ...] = ()


METHODS: Final[dict[str, type]] = {
    "task_deploy": TaskDeploy,
    "image_provision": Provision,
    "native_provision": Provision,
    "granular_deploy": GranularDeploy,
    "stop_deploy_task": StopDeployTask,
    "remove_nodes": RemoveNodes,
    "reset_environment": ResetEnvironment,
    "execute_tasks": ExecuteTasks,
    "verify_networks": NetworkCheck,
    "check_dhcp": NetworkCheck,
    "multicast_verification": NetworkCheck,
    "check_repositories": RepositoryCheck,
    "check_repositories_with_setup": RepositoryCheck,
    "dump_environment": DumpEnvironment,
}
"""The methods that there are; nothing else is ever dispatched."""

SUBTASK_METHODS: Final = frozenset(
    {
        "check_dhcp",
        "multicast_verification",
        "check_repositories",
        "check_repositories_with_setup",
    }
)

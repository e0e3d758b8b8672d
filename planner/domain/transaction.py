"""What is a transaction, and what are its steps?"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from planner.domain.states import (
    ClusterStatus,
    RunMode,
    StepState,
    TaskState,
    TransactionState,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from planner.domain.errors import Violation


class TransactionKind(StrEnum):
    """What was asked for."""

    DEPLOY = "deploy"
    RUN_GRAPHS = "run_graphs"

    @property
    def label(self) -> str:
        """Name it for people."""
        return {"deploy": "the deployment", "run_graphs": "the run of graphs"}[self]


class StepKind(StrEnum):
    """What a step does; the names are the reference's task names (dossier 1.1)."""

    DELETION = "deletion"
    PROVISION = "provision"
    DEPLOYMENT = "deployment"
    DRY_RUN_DEPLOYMENT = "dry_run_deployment"


@dataclass(frozen=True, slots=True)
class GraphRun:
    """One graph of a sequence (dossier 9.1).

    ``nodes`` None means those that the graph's filter keeps; named ones, none included, win over
    the filter. Empty ``tasks`` means all of them.
    """

    type: str
    nodes: tuple[str, ...] | None = None
    tasks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Subgraph:
    """Everything reachable from its starts that leads to one of its ends; empty means all."""

    start: tuple[str, ...] = ()
    end: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Selection:
    """What a preview or a transaction is narrowed to; empty means everything.

    ``graphs`` run one after another; a transaction that has some is a sequence. ``debug`` and
    ``subgraphs`` are handed on to the orchestrator. With ``is_unchecked`` the operator answers
    for the cluster: of pre-flight only "every node is there" is left (dossier 9.1).
    """

    nodes: tuple[str, ...] = ()
    tasks: tuple[str, ...] = ()
    graphs: tuple[GraphRun, ...] = ()
    force: bool = False
    debug: bool = False
    subgraphs: tuple[Subgraph, ...] = ()
    is_unchecked: bool = False


@dataclass(frozen=True, slots=True)
class Failure:
    """A failure that is data: why a transaction or a step did not succeed."""

    reason: str
    message: str
    metadata: Mapping[str, str] = field(default_factory=dict)
    violations: tuple[Violation, ...] = ()


@dataclass(frozen=True, slots=True)
class StopRequest:
    """How a transaction shall be stopped."""

    force: bool = False
    grace_period_ms: int = 0
    erase: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Stats:
    """Figures of a transaction: task runs by state, failed nodes, time on the engine's clock."""

    task_runs: Mapping[TaskState, int] = field(default_factory=dict)
    failed_nodes: tuple[str, ...] = ()
    elapsed_ms: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Transaction:
    """A piece of work and its record.

    ``number`` orders transactions by acceptance; ``snapshot`` names what it was accepted over,
    ``retry_of`` the transaction whose unfinished work it does again.
    """

    id: str
    number: int = 0
    kind: TransactionKind
    cluster: str
    state: TransactionState = TransactionState.PENDING
    run_mode: RunMode = RunMode.NORMAL
    selection: Selection = field(default_factory=Selection)
    expected_digest: str = ""
    plan_digest: str = ""
    progress: int = 0
    failure: Failure | None = None
    activity: str = ""
    last_sequence: int = 0
    stats: Stats = field(default_factory=Stats)
    labels: Mapping[str, str] = field(default_factory=dict)
    scenario: str = ""
    stop: StopRequest | None = None
    snapshot: str = ""
    retry_of: str = ""
    previous_status: ClusterStatus = ClusterStatus.NEW
    created_at: datetime
    started_at: datetime | None = None
    finished_at: datetime | None = None

    @property
    def is_real(self) -> bool:
        """Tell whether nodes and cluster take part: not in NOOP and DRY_RUN."""
        return self.run_mode is RunMode.NORMAL

    @property
    def is_sequence(self) -> bool:
        """Tell whether it runs graphs one after another (dossier 9), not classic messages."""
        return bool(self.selection.graphs)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One message of a transaction and its record.

    ``cursor`` is the sequence of the execution's events that is recorded: the planner's only
    cursor (architecture law 4). ``journal`` is the journal those sequences belong to.
    A step that is not planned has no message yet: it is planned when it is reached (decision 5).
    """

    position: int
    kind: StepKind
    method: str
    execution: str
    uids: tuple[str, ...]
    weight: float
    graph_type: str = ""
    is_planned: bool = True
    state: StepState = StepState.PENDING
    progress: int = 0
    failure: Failure | None = None
    task_run_count: int = 0
    cursor: int = 0
    journal: str = ""
    elapsed_ms: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskRun:
    """One task on one node within a step: a row of the history. Offsets are milliseconds."""

    step: int
    instance: int
    uid: str
    task: str
    type: str
    state: TaskState = TaskState.PENDING
    start_ms: int | None = None
    end_ms: int | None = None
    error: str = ""

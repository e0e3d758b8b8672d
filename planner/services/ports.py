"""What do the services need from the outside?

``Store`` is the storage port, implemented by ``planner.storage``; ``MessageCodec`` turns messages
into what travels and is kept, implemented by ``planner.dispatch``; ``Bell`` wakes whoever waits
for news. ``planner.app`` injects the implementations.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager
    from datetime import datetime

    from planner.domain.action_log import ActionLog
    from planner.domain.cluster import Cluster
    from planner.domain.events import Event, EventBlock
    from planner.domain.graph.state import OldState
    from planner.domain.graph_layers import GraphKey
    from planner.domain.messages import Message
    from planner.domain.node import Node
    from planner.domain.notifications import Notification, Topic
    from planner.domain.recording import RunUpdate
    from planner.domain.release import Release
    from planner.domain.states import NodeStatus, TaskState, TransactionState
    from planner.domain.transaction import Step, TaskRun, Transaction


class Page(NamedTuple):
    """A keyset page: at most ``size`` rows after ``after`` (None begins)."""

    size: int
    after: tuple[Any, ...] | None = None


class StoredRelease(NamedTuple):
    """A release and the facts of its storage. ``digest`` names its content."""

    release: Release
    digest: str
    created_at: datetime
    updated_at: datetime


class Releases(Protocol):
    """Releases by id."""

    def get(self, release: str) -> StoredRelease:
        """Return it or raise NotFound."""

    def find(self, release: str) -> StoredRelease | None:
        """Return it, or None."""

    def put(self, release: Release, now: datetime) -> StoredRelease:
        """Insert or replace it."""

    def delete(self, release: str) -> None:
        """Remove it; raises NotFound."""

    def page(self, page: Page) -> Sequence[StoredRelease]:
        """List newest first, keyed by (created_at, id)."""


class StoredGraph(NamedTuple):
    """A graph that was put, as its author wrote it. ``digest`` names its content."""

    key: GraphKey
    document: Mapping[str, Any]
    warnings: Sequence[str]
    digest: str
    updated_at: datetime


class Graphs(Protocol):
    """Graphs that were put one by one, beside those of release documents."""

    def find(self, key: GraphKey) -> StoredGraph | None:
        """Return it, or None."""

    def put(
        self, key: GraphKey, document: Mapping[str, Any], warnings: Sequence[str], now: datetime
    ) -> StoredGraph:
        """Insert or replace it."""

    def delete(self, key: GraphKey) -> None:
        """Remove it; raises NotFound."""

    def of_owners(self, owners: Iterable[str]) -> Sequence[StoredGraph]:
        """List the graphs of owners, those of releases first: what comes later wins."""


class Clusters(Protocol):
    """Clusters by id."""

    def get(self, cluster: str) -> Cluster:
        """Return it or raise NotFound."""

    def lock(self, cluster: str) -> Cluster:
        """Return it locked until the work ends; the first lock of any work (law 13)."""

    def find(self, cluster: str) -> Cluster | None:
        """Return it, or None."""

    def add(self, cluster: Cluster) -> Cluster:
        """Insert it and return it with its number."""

    def save(self, cluster: Cluster) -> Cluster:
        """Write its present values and return it with a risen revision."""

    def page(self, page: Page) -> Sequence[Cluster]:
        """List newest first, keyed by number."""

    def of_release(self, release: str) -> Sequence[str]:
        """List the ids of clusters that have the release."""


class Nodes(Protocol):
    """Nodes by uid."""

    def get(self, uid: str) -> Node:
        """Return it or raise NotFound."""

    def find(self, uids: Iterable[str]) -> Mapping[str, Node]:
        """Return those that exist."""

    def find_by_mac(self, macs: Iterable[str]) -> Mapping[str, Node]:
        """Return those that are known."""

    def lock(self, uids: Iterable[str]) -> Mapping[str, Node]:
        """Return those that exist, locked until the work ends; after their cluster (law 13)."""

    def lock_changed(self, known: Mapping[str, int]) -> Mapping[str, Node]:
        """Lock nodes as ``lock`` does; return those whose revision is not the known one."""

    def of_cluster(self, cluster: str) -> Sequence[Node]:
        """Return all nodes of a cluster by uid, documents included."""

    def count(self, clusters: Iterable[str]) -> Mapping[str, int]:
        """Count the nodes of each cluster."""

    def add(self, nodes: Sequence[Node]) -> Sequence[Node]:
        """Insert nodes (their uids are ignored) and return them with uids."""

    def save(self, nodes: Iterable[Node]) -> None:
        """Write present values; revisions rise."""

    def save_state(self, nodes: Iterable[Node]) -> None:
        """Write only what work on a node changes, not what discovery and clients say of it.

        Revisions rise.
        """

    def save_progress(self, progress: Mapping[str, int], now: datetime) -> None:
        """Write only how far nodes are, in percent by uid; revisions rise."""

    def page(self, page: Page, cluster: str | None, status: NodeStatus | None) -> Sequence[Node]:
        """List newest first, keyed by uid; attributes and meta are left empty."""


class SnapshotContent(NamedTuple):
    """What a snapshot kept, with its nodes as they are now; ``revision`` is the cluster's."""

    release: Release
    cluster: Cluster
    nodes: Sequence[Node]
    graphs: Sequence[tuple[GraphKey, Mapping[str, Any]]]
    revision: int


class Snapshots(Protocol):
    """What transactions were accepted over (decision 5)."""

    def take(self, cluster: Cluster) -> str:
        """Keep what a plan of the cluster depends on, as it is now; return its digest."""

    def load(self, snapshot: str, cluster: Cluster) -> SnapshotContent:
        """Return what was kept, with the nodes that are still in the cluster."""


class Transactions(Protocol):
    """Transactions and their steps."""

    def get(self, transaction: str) -> Transaction:
        """Return it or raise NotFound."""

    def lock(self, transaction: str) -> Transaction:
        """Return it locked until the work ends; after its cluster (law 13)."""

    def active(self, cluster: str) -> Transaction | None:
        """Return the unfinished transaction of a cluster."""

    def active_of(self, clusters: Iterable[str]) -> Mapping[str, str]:
        """Map each cluster that has one to the id of its unfinished transaction."""

    def add(self, transaction: Transaction) -> Transaction:
        """Insert it and return it with its number."""

    def save(self, transaction: Transaction) -> None:
        """Write its present values."""

    def page(
        self, page: Page, cluster: str | None, state: TransactionState | None
    ) -> Sequence[Transaction]:
        """List newest first, keyed by number."""

    def unfinished(self) -> Sequence[Transaction]:
        """List every transaction that has not ended, oldest first."""

    def steps(self, transactions: Iterable[int]) -> Mapping[int, Sequence[Step]]:
        """Return the steps of transactions by number, in order."""

    def add_steps(self, transaction: int, steps: Sequence[Step]) -> None:
        """Insert the steps of a transaction."""

    def save_step(self, transaction: int, step: Step) -> None:
        """Write a step's present values."""


class History(Protocol):
    """Task runs: one row for each task on each node in each step."""

    def add(self, transaction: int, step: int, runs: Iterable[tuple[int, str, str, str]]) -> None:
        """Insert pending runs: (instance, uid, task, type)."""

    def update(self, transaction: int, step: int, updates: Sequence[RunUpdate]) -> None:
        """Write new values of runs."""

    def end_unfinished(self, transaction: int, state: TaskState) -> None:
        """Move every run that has not ended to a final state."""

    def states(
        self, transaction: int, step: int
    ) -> Iterator[tuple[int, str, str, TaskState, int | None]]:
        """Yield (instance, uid, task, state, start_ms) of a step's runs."""

    def ready(self, transaction: int, step: int) -> Iterable[tuple[str, str]]:
        """Return the (uid, task) pairs of a step that ended ready."""

    def counts(self, transaction: int) -> Mapping[TaskState, int]:
        """Count runs by state."""

    def page(
        self, transaction: int, page: Page, uid: str, task: str, state: TaskState | None
    ) -> Sequence[TaskRun]:
        """List runs keyed by (step, instance), narrowed where a filter is not empty."""


class EventLog(Protocol):
    """The append-only log of each transaction (law 3)."""

    def append(
        self, transaction: Transaction, events: Sequence[Event], now: datetime
    ) -> Transaction:
        """Append events in one block; return the transaction with its last sequence risen."""

    def read(self, transaction: int, after: int, limit: int) -> Sequence[EventBlock]:
        """Return blocks that hold sequences after ``after``, about ``limit`` events."""

    def oldest(self, transaction: int) -> int:
        """Return the oldest sequence that is kept; 1 for an empty log."""


class ActionLogs(Protocol):
    """What people asked for: one record an operation."""

    def open(self, action: ActionLog) -> None:
        """Insert the record of an operation that begins."""

    def close(self, transaction: Transaction, now: datetime) -> None:
        """Close what is open on behalf of a transaction that has ended."""

    def page(self, page: Page, cluster: str | None, transaction: str | None) -> Sequence[ActionLog]:
        """List newest first, keyed by number."""


class Notifications(Protocol):
    """What people are told without asking."""

    def add(self, told: Iterable[Notification], now: datetime) -> None:
        """Insert notifications in their order."""

    def page(self, page: Page, cluster: str | None, topic: Topic | None) -> Sequence[Notification]:
        """List newest first, keyed by number."""


class Envelope(NamedTuple):
    """A message as it travels: its step and its encoded bytes."""

    step: int
    data: bytes


class Batch(NamedTuple):
    """Messages that are sent together, in order, under one id."""

    id: str
    transaction: str
    messages: Sequence[Envelope]
    labels: Mapping[str, str]
    scenario: str


class Outbox(Protocol):
    """Batches on their way out (law 5)."""

    def add(self, transaction: Transaction, batch: Batch, now: datetime) -> None:
        """Insert a batch."""

    def pending(self, transaction: int) -> Sequence[Batch]:
        """Return the batches that are not confirmed, oldest first, with their messages."""

    def confirm(self, batch: str, now: datetime) -> None:
        """Mark a batch as received; idempotent."""

    def messages(self, transaction: int) -> Iterator[Envelope]:
        """Yield every message of a transaction in order."""


class LedgerEntry(NamedTuple):
    """What a request id was first used for."""

    method: str
    digest: str
    resource: str


class Ledger(Protocol):
    """Request ids that were seen."""

    def find(self, request_id: str) -> LedgerEntry | None:
        """Return what the id was used for, or None; whoever else asks waits for this work."""

    def add(self, request_id: str, entry: LedgerEntry, now: datetime) -> None:
        """Remember an id."""


class ExpectedStates(Protocol):
    """What tasks ran with, stored once per distinct content (decision 7, 8)."""

    def put(self, transaction: int, step: int, common: str, nodes: Mapping[str, str]) -> None:
        """Keep the canonical texts a step is planned with: the common one and one a node."""

    def record_success(
        self, cluster: str, transaction: int, step: int, runs: Iterable[tuple[str, str]]
    ) -> None:
        """Remember that (uid, task) last succeeded in this step."""

    def last_success(self, cluster: str, uid: str, task: str) -> str:
        """Return the id of the transaction in which a task last succeeded; empty: in none."""

    def old_state(self, cluster: str, forget: Iterable[str]) -> OldState:
        """Return what each (uid, task) last succeeded with; nothing for uids in ``forget``."""


class Work(Protocol):
    """One unit of work: everything read and written in it is one transaction of the database."""

    @property
    def releases(self) -> Releases:
        """Releases."""

    @property
    def graphs(self) -> Graphs:
        """Graphs that were put one by one."""

    @property
    def clusters(self) -> Clusters:
        """Clusters."""

    @property
    def nodes(self) -> Nodes:
        """Nodes."""

    @property
    def snapshots(self) -> Snapshots:
        """What transactions were accepted over."""

    @property
    def transactions(self) -> Transactions:
        """Transactions and their steps."""

    @property
    def history(self) -> History:
        """Task runs."""

    @property
    def log(self) -> EventLog:
        """Event logs."""

    @property
    def actions(self) -> ActionLogs:
        """What people asked for."""

    @property
    def notifications(self) -> Notifications:
        """What people are told."""

    @property
    def outbox(self) -> Outbox:
        """Outgoing messages."""

    @property
    def ledger(self) -> Ledger:
        """Request ids."""

    @property
    def expected(self) -> ExpectedStates:
        """What tasks ran with."""


class Store(Protocol):
    """Opens units of work."""

    def read(self) -> AbstractContextManager[Work]:
        """Open a unit that only reads."""

    def write(self) -> AbstractContextManager[Work]:
        """Open a unit that commits at its end, or rolls back when an exception leaves it.

        Raises Unavailable when the database is busy for longer than it may wait.
        """


class MessageCodec(Protocol):
    """Encodes messages for the wire and for keeping."""

    def encode(self, message: Message, execution: str) -> bytes:
        """Encode a message under the id of its execution."""

    def reference_json(self, data: bytes, *, include_secrets: bool) -> Iterator[str]:
        """Write an encoded message as the reference's envelope, in pieces of text."""

    def redacted(self, data: bytes) -> bytes:
        """Return the encoded message with its secrets replaced."""


NEW_WORK: Final = "new-work"
"""The topic that is rung when a transaction is accepted."""


class Bell(Protocol):
    """Wakes whoever waits for news of a topic; carries none."""

    def ring(self, topic: str) -> None:
        """Wake who listens to a topic: NEW_WORK or a transaction's id. Safe from any thread."""

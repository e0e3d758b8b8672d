"""Drives the planner's services the way its dispatcher would, without an orchestrator."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Any

from planner.dispatch.codec import WireCodec
from planner.domain.documents import canonical
from planner.domain.reports import ExecutionState, Report
from planner.domain.states import TaskState
from planner.services.assignment import Assignment, assign_nodes
from planner.services.bell import LocalBell
from planner.services.changes import Change, apply_changes
from planner.services.clusters import NewCluster, create_cluster
from planner.services.nodes import Discovered, register_nodes
from planner.services.planning import Planning, plan_transaction
from planner.services.progress import open_recording, record_reports
from planner.services.releases import import_release
from tests.planner.builders import NOW, a_release

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from planner.domain.recording import Recording
    from planner.domain.release import Release
    from planner.domain.transaction import Transaction
    from planner.services.ports import Store

LEGACY = "cloud-8.0"

_numbers = count(1)


def new_id() -> str:
    """Make an id like those of transactions."""
    return f"00000000-0000-4000-9000-{next(_numbers):012d}"


def planning(store: Store) -> Planning:
    """Build what planning needs, with the real codec."""
    return Planning(store, WireCodec(), LocalBell(), new_id, lambda: NOW)


def import_(store: Store, release: Release, **options: Any) -> Any:
    """Import a release under its id."""
    known: dict[str, Any] = {"replace_existing": False, "key": None, "now": NOW}
    return import_release(store, release.id, canonical(release.content), **{**known, **options})


def create(store: Store, cluster: str = "demo", settings: Any = None, **fields: Any) -> Any:
    """Create a cluster of the release "cloud"."""
    new = NewCluster(
        **{"id": cluster, "release": "cloud", "mode": "", "settings": settings or {}, **fields}
    )
    return create_cluster(store, new, key=None, now=NOW)


def discover(store: Store, number: int, **fields: Any) -> list[str]:
    """Register this many new nodes; return their uids."""
    known: dict[str, Any] = {"hostname": "", "ip": "", "meta": {}, "attributes": None}
    macs = (
        f"52:54:01:00:{n // 256:02x}:{n % 256:02x}" for n in (next(_numbers) for _ in range(number))
    )
    found = [Discovered(mac=mac, **{**known, **fields}) for mac in macs]
    return [node.uid for node in register_nodes(store, found, key=None, now=NOW)]


def assign(store: Store, cluster: str = "demo", **roles: str) -> list[str]:
    """Register a node for each role and assign them; return their uids.

    Named arguments are roles by any name: ``a="controller", b="compute"``.
    """
    uids = discover(store, len(roles))
    wanted = [Assignment(uid, (role,)) for uid, role in zip(uids, roles.values(), strict=True)]
    assign_nodes(store, cluster, wanted, key=None, now=NOW)
    return uids


def a_small_cluster(store: Store, version: str = "cloud-10.0", **sections: Any) -> list[str]:
    """Import a release and make the cluster "demo" of a controller and a compute."""
    import_(store, a_release(version, **sections))
    create(store)
    return assign(store, a="controller", b="compute")


def apply(store: Store, cluster: str = "demo", **fields: Any) -> Transaction:
    """Accept a change of a cluster."""
    change = Change(cluster=cluster, **fields)
    return apply_changes(store, LocalBell(), change, transaction=new_id(), key=None, now=NOW)


def apply_and_plan(store: Store, cluster: str = "demo", **fields: Any) -> Transaction:
    """Accept a change and plan it."""
    return plan_transaction(planning(store), apply(store, cluster, **fields).id)


def opened(store: Store, transaction: Transaction) -> Recording:
    """Open the recording of a transaction's present step."""
    recording = open_recording(store, transaction.id)
    if recording is None:
        raise AssertionError(f"transaction {transaction.id} has nothing to record")
    return recording


def record(store: Store, recording: Recording, *reports: Report) -> Transaction:
    """Record one window of reports."""
    last = recording.step.cursor + len(reports)
    return record_reports(store, LocalBell(), recording, reports, last, NOW)


def success(recording: Recording) -> Iterator[Report]:
    """Report that everything in a step runs and succeeds."""
    yield Report(0, execution_state=ExecutionState.RUNNING)
    for time, (uid, task) in enumerate(recording.runs):
        yield Report(time, uid, task, TaskState.RUNNING)
        yield Report(time + 1, uid, task, TaskState.READY)
    for uid in recording.step.uids:
        provisioned = recording.step.kind == "provision"
        status = "provisioned" if provisioned else "ready"
        yield Report(0, uid, node_attributes={"status": status})
    yield Report(0, execution_state=ExecutionState.READY)


def succeed(store: Store, transaction: Transaction) -> Transaction:
    """Record success of every step that is left."""
    while (recording := open_recording(store, transaction.id)) is not None:
        transaction = record(store, recording, *success(recording))
    return transaction


def fail(store: Store, transaction: Transaction, error: str = "no luck") -> Transaction:
    """Record that the present step fails."""
    recording = opened(store, transaction)
    return record(store, recording, Report(1, execution_state=ExecutionState.ERROR, error=error))


def log_of(store: Store, transaction: Transaction) -> Sequence[Any]:
    """Read the whole log of a transaction as (sequence, event)."""
    with store.read() as work:
        blocks = work.log.read(transaction.number, 0, 1_000_000)
    return [pair for block in blocks for pair in enumerate(block.events, block.first_sequence)]

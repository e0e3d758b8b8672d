"""How does the state a flow starts with get into our planner?"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from planner.dispatch.codec import WireCodec
from planner.domain.release import Release
from planner.domain.states import ClusterStatus, NodeErrorType, NodeStatus, TransactionState
from planner.domain.transaction import Transaction, TransactionKind
from planner.services.clusters import NewCluster, create_cluster
from planner.services.nodes import Discovered, register_nodes
from planner.storage.schema import upgrade
from planner.storage.unit_of_work import SqlStore
from tests.golden.flow import environment

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from planner.domain.node import Node
    from tests.golden.flow.recording import Recording

NOW: Final = datetime(2026, 11, 22, tzinfo=UTC)
CLUSTER: Final = "env"
RELEASE: Final = "recorded"
ATTEMPTS: Final = 2
"""The group whose recordings begin within an operation that the replay makes itself."""


@dataclass(frozen=True, slots=True)
class Scene:
    """A recording's world in our planner; nodes have the recorded ids as uids."""

    store: SqlStore
    codec: WireCodec
    recording: Recording


@contextmanager
def scene(recording: Recording, folder: Path) -> Iterator[Scene]:
    """Open a store on SQLite that holds what the recording starts with."""
    store = SqlStore(f"sqlite:///{folder / 'planner.db'}")
    try:
        upgrade(store.writer)
        _load(store, recording)
        yield Scene(store, WireCodec(), recording)
    finally:
        store.close()


def _load(store: SqlStore, recording: Recording) -> None:
    state = recording.given["state"]
    (cluster,) = state["clusters"]
    with store.write() as work:
        # Not imported: import refuses graphs that the original took, and what happens to them
        # later is what is recorded.
        work.releases.put(Release(RELEASE, environment.release_document(recording)), NOW)
    settings = environment.cluster_settings(recording)
    if recording.name in environment.WITHOUT_PROVISION:
        settings["provision"] = None
    new = NewCluster(CLUSTER, RELEASE, "", settings)
    create_cluster(store, new, key=None, now=NOW)
    _load_nodes(store, state["nodes"], environment.ATTRIBUTES_BY_TITLE.get(recording.name, {}))
    if recording.group != ATTEMPTS:
        _load_running(store, state["tasks"])
    with store.write() as work:
        present = work.clusters.lock(CLUSTER)
        work.clusters.save(
            replace(
                present,
                mode=cluster["mode"],
                status=ClusterStatus(cluster["status"]),
                pending_changes=frozenset(kind for kind, _ in cluster["changes"]),
                deployed_before=bool(cluster["deployed_before"]["value"]),
            )
        )


def _load_running(store: SqlStore, tasks: list[dict[str, Any]]) -> None:
    """Let an operation be under way where the recording has one."""
    if any(t["status"] in ("pending", "running") and not t["deleted"] for t in tasks):
        with store.write() as work:
            work.transactions.add(
                Transaction(
                    id="00000000-0000-4000-8000-000000000001",
                    kind=TransactionKind.DEPLOY,
                    cluster=CLUSTER,
                    state=TransactionState.RUNNING,
                    created_at=NOW,
                )
            )


def _load_nodes(
    store: SqlStore, recorded: list[dict[str, Any]], attributes: dict[str, Any]
) -> None:
    """Discover as many machines as there are ids, and give those that are recorded their state."""
    if not recorded:
        return
    found = [_discovered(str(number)) for number in range(1, max(n["id"] for n in recorded) + 1)]
    known = {node.uid: node for node in register_nodes(store, found, key=None, now=NOW)}
    with store.write() as work:
        work.nodes.save(
            _as_recorded(known[str(item["id"])], item, attributes if item["id"] == 1 else {})
            for item in recorded
        )


def _discovered(uid: str) -> Discovered:
    meta = environment.hardware(uid)
    mac = str(meta["interfaces"][0]["mac"])
    return Discovered(mac, f"node-{uid}", environment.address(uid), meta, {})


def _as_recorded(node: Node, item: dict[str, Any], attributes: dict[str, Any]) -> Node:
    return replace(
        node,
        hostname=item["hostname"],
        attributes=attributes,
        cluster=CLUSTER if item["cluster_id"] else None,
        status=NodeStatus(item["status"]),
        online=item["online"],
        roles=tuple(item["roles"]),
        pending_roles=tuple(item["pending_roles"]),
        primary_tags=tuple(sorted(item["primary_tags"])),
        pending_addition=item["pending_addition"],
        pending_deletion=item["pending_deletion"],
        progress=item["progress"],
        error_type=NodeErrorType(item["error_type"]) if item["error_type"] else None,
        error_message=item["error_msg"] or "",
    )

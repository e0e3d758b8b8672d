"""How is a change of a cluster previewed and applied?"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NamedTuple

from planner.domain.errors import InvalidInput, PreconditionFailed, Violation
from planner.domain.graph_layers import owners_of
from planner.domain.node_selection import choose_nodes
from planner.domain.plan import plan, settled
from planner.domain.planned import Snapshot
from planner.domain.states import (
    RunMode,
)
from planner.domain.transaction import Selection, Transaction, TransactionKind
from planner.services.acceptance import accept, check_idle
from planner.services.clusters import check_etag
from planner.services.idempotency import RequestKey, remember, replayed
from planner.services.ports import NEW_WORK
from planner.services.snapshots import present_snapshot

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from planner.domain.cluster import Cluster
    from planner.domain.planned import Plan
    from planner.domain.release import Release
    from planner.services.ports import Bell, Store, Work


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What a client wants done to a cluster."""

    cluster: str
    selection: Selection = field(default_factory=Selection)
    run_mode: RunMode = RunMode.NORMAL
    expected_digest: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    scenario: str = ""
    etag: str = ""


def preview_changes(store: Store, change: Change) -> Plan:
    """Answer what ``apply_changes`` with the same change would do. Writes nothing."""
    with store.read() as work:
        snapshot = present_snapshot(work, change.cluster, force=change.selection.force)
    _check_selection(snapshot, change.selection)
    _check_mode(snapshot, change.run_mode)
    return plan(snapshot, settled(snapshot.release, change.selection), change.run_mode)


def apply_changes(
    store: Store,
    bell: Bell,
    change: Change,
    *,
    transaction: str,
    key: RequestKey | None,
    now: datetime,
) -> Transaction:
    """Accept a change: a PENDING transaction in one short commit (law 2).

    Raises Conflict, ``TRANSACTION_IN_PROGRESS``, naming the active one; PreconditionFailed,
    ``NOTHING_TO_DEPLOY``, on a release before 9.0 that has nothing to do.
    """
    accepting = _Accepting(TransactionKind.DEPLOY, change, transaction, key, now)
    return _accept(store, bell, accepting)


def run_graphs(
    store: Store,
    bell: Bell,
    change: Change,
    *,
    transaction: str,
    key: RequestKey | None,
    now: datetime,
) -> Transaction:
    """Accept a run of the graphs that a selection names, one after another (dossier 9.1). Commits.

    Pre-flight is the operator's, but for offline nodes. Raises Conflict,
    ``TRANSACTION_IN_PROGRESS``; InvalidInput for graphs and nodes that are not there.
    """
    change = replace(change, selection=replace(change.selection, is_unchecked=True))
    accepting = _Accepting(TransactionKind.RUN_GRAPHS, change, transaction, key, now)
    return _accept(store, bell, accepting)


class _Accepting(NamedTuple):
    """A change on its way to become a transaction."""

    kind: TransactionKind
    change: Change
    transaction: str
    key: RequestKey | None
    now: datetime


def _accept(store: Store, bell: Bell, accepting: _Accepting) -> Transaction:
    kind, change, transaction, key, now = accepting
    with store.write() as work:
        made = replayed(work, key)
        if made is not None:
            return work.transactions.get(made)
        cluster = work.clusters.lock(change.cluster)
        check_etag(cluster, change.etag)
        check_idle(work, cluster)
        release = _check_acceptable(work, cluster, change)
        pending = Transaction(
            id=transaction,
            kind=kind,
            cluster=cluster.id,
            run_mode=change.run_mode,
            selection=settled(release, change.selection),
            expected_digest=change.expected_digest,
            labels=change.labels,
            scenario=change.scenario,
            created_at=now,
        )
        accepted = accept(work, cluster, pending, now)
        remember(work, key, transaction, now)
    bell.ring(NEW_WORK)
    return accepted


def _check_acceptable(work: Work, cluster: Cluster, change: Change) -> Release:
    """Check what is cheap enough to check while accepting (law 2)."""
    release = work.releases.get(cluster.release).release
    nodes = tuple(work.nodes.of_cluster(cluster.id))
    graphs = [(g.key, g.document) for g in work.graphs.of_owners(owners_of(cluster))]
    snapshot = Snapshot(release=release, cluster=cluster, nodes=nodes, graphs=graphs)
    _check_selection(snapshot, change.selection)
    _check_mode(snapshot, change.run_mode)
    selection = change.selection
    if not release.has_lcm and not selection.graphs:
        choice = choose_nodes(
            release, cluster, nodes, explicit=selection.nodes, force=selection.force
        )
        if choice.is_empty:
            raise PreconditionFailed(
                "NOTHING_TO_DEPLOY",
                f"clusters/{cluster.id}",
                f"cluster {cluster.id!r} has no node to delete, provision or deploy",
            )
    return release


def _check_selection(snapshot: Snapshot, selection: Selection) -> None:
    """Refuse names that the cluster and its release do not have, all at once."""
    uids = {node.uid for node in snapshot.nodes}
    graphs = snapshot.layers.types
    violations = [
        Violation("UNKNOWN_NODE", f"selection.nodes[{i}]", f"node {uid!r} is not in the cluster")
        for i, uid in enumerate(selection.nodes)
        if uid not in uids
    ]
    # What is marked for deletion is deleted first, and never deployed (decision 14).
    leaving = {node.uid for node in snapshot.nodes if node.pending_deletion}
    violations += [
        Violation("PENDING_DELETION", f"selection.nodes[{i}]", f"node {uid!r} is to be deleted")
        for i, uid in enumerate(selection.nodes)
        if uid in leaving
    ]
    field = "graphs[{}].type" if selection.is_unchecked else "selection.graph_types[{}]"
    violations += [
        Violation("UNKNOWN_GRAPH", field.format(i), f"there is no graph {graph.type!r}")
        for i, graph in enumerate(selection.graphs)
        if graph.type not in graphs
    ]
    violations += [
        Violation("UNKNOWN_NODE", f"graphs[{i}].nodes[{j}]", f"node {uid!r} is not in the cluster")
        for i, graph in enumerate(selection.graphs)
        for j, uid in enumerate(graph.nodes or ())
        if uid not in uids
    ]
    if violations:
        raise InvalidInput(violations)


def _check_mode(snapshot: Snapshot, run_mode: RunMode) -> None:
    if run_mode is not RunMode.NORMAL and not snapshot.release.has_lcm:
        raise PreconditionFailed(
            "DRY_RUN_NEEDS_LCM",
            f"clusters/{snapshot.cluster.id}",
            f"release {snapshot.release.id!r} ({snapshot.release.version}) cannot run dry:"
            " that needs version 9.0 or later",
        )

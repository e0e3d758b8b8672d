"""What does a plan depend on: as it is now, or as it was when a transaction was accepted?"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from planner.domain.graph_layers import owners_of
from planner.domain.planned import Snapshot

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from planner.domain.node import Node
    from planner.domain.transaction import Transaction
    from planner.services.ports import Work


def present_snapshot(work: Work, cluster: str, *, force: bool) -> Snapshot:
    """Read everything a plan of a cluster depends on, as it is now."""
    present = work.clusters.get(cluster)
    nodes = tuple(work.nodes.of_cluster(cluster))
    return Snapshot(
        release=work.releases.get(present.release).release,
        cluster=present,
        nodes=nodes,
        old_state=work.expected.old_state(cluster, _forgetful(nodes, force=force)),
        graphs=tuple(
            (graph.key, graph.document) for graph in work.graphs.of_owners(owners_of(present))
        ),
    )


def accepted_snapshot(work: Work, transaction: Transaction) -> tuple[Snapshot, int]:
    """Read what a transaction was accepted over, and the revision that this was."""
    cluster = work.clusters.get(transaction.cluster)
    kept = work.snapshots.load(transaction.snapshot, cluster)
    # Its own acceptance locked the cluster: a preview saw the status from before.
    kept = kept._replace(cluster=replace(kept.cluster, status=transaction.previous_status))
    forget = _forgetful(kept.nodes, force=transaction.selection.force)
    old_state = work.expected.old_state(cluster.id, forget)
    succeeded = _succeeded(work, transaction.retry_of) if transaction.retry_of else {}
    nodes = tuple(kept.nodes)
    graphs = tuple(kept.graphs)
    snapshot = Snapshot(kept.release, kept.cluster, nodes, old_state, succeeded, graphs)
    return snapshot, kept.revision


def _succeeded(work: Work, transaction: str) -> Mapping[str, frozenset[tuple[str, str]]]:
    """Name the (uid, task) pairs that ended well, by graph type, in a whole chain of retries."""
    pairs: dict[str, set[tuple[str, str]]] = {}
    while transaction:
        found = work.transactions.get(transaction)
        for step in work.transactions.steps([found.number])[found.number]:
            ready = work.history.ready(found.number, step.position)
            pairs.setdefault(step.graph_type, set()).update(ready)
        transaction = found.retry_of
    return {graph_type: frozenset(ready) for graph_type, ready in pairs.items()}


def _forgetful(nodes: Iterable[Node], *, force: bool) -> list[str]:
    """Name the nodes that forget what ran on them: redeployed ones, or all (dossier 8.3)."""
    return [node.uid for node in nodes if force or not node.remembers]

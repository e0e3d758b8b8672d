"""Puts domain values into a store, for tests that begin with something in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from planner.domain.states import TransactionState
from tests.planner.builders import NOW, a_cluster, a_node, a_release, a_step, a_transaction

if TYPE_CHECKING:
    from planner.domain.cluster import Cluster
    from planner.domain.node import Node
    from planner.domain.release import Release
    from planner.domain.transaction import Transaction
    from planner.services.ports import Store, Work


def put_cluster(store: Store, release: Release | None = None, **fields: Any) -> Cluster:
    """Store a cluster, and its release unless that is there."""
    with store.write() as work:
        release = release or a_release()
        if work.releases.find(release.id) is None:
            work.releases.put(release, NOW)
        return work.clusters.add(a_cluster(**{"release": release.id, **fields}))


def put_nodes(store: Store, *nodes: Node) -> list[Node]:
    """Store nodes whatever their uids; return them as they are stored."""
    with store.write() as work:
        return list(work.nodes.add(nodes))


def put_node(store: Store, **fields: Any) -> Node:
    """Store one node."""
    (node,) = put_nodes(store, a_node(**fields))
    return node


def put_transaction(store: Store, *, steps: int = 0, **fields: Any) -> Transaction:
    """Store a transaction with this many steps; the cluster need not exist."""
    with store.write() as work:
        return add_transaction(work, steps=steps, **fields)


def add_transaction(work: Work, *, steps: int = 0, **fields: Any) -> Transaction:
    """Store a transaction within a unit of work."""
    known: dict[str, Any] = {}
    if fields.get("state", TransactionState.PENDING).is_final:
        known["finished_at"] = NOW
    stored = work.transactions.add(a_transaction(**{**known, **fields}))
    work.transactions.add_steps(stored.number, [a_step(position=i) for i in range(steps)])
    return stored

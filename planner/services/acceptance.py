"""How is a piece of work accepted: one short commit, one active transaction a cluster (law 2)?"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from planner.domain.action_log import open_action
from planner.domain.errors import Conflict
from planner.domain.events import TransactionChanged
from planner.domain.states import ClusterStatus

if TYPE_CHECKING:
    from datetime import datetime

    from planner.domain.cluster import Cluster
    from planner.domain.transaction import Transaction
    from planner.services.ports import Work

ACTIVITY = "waiting to be planned"


def accept(work: Work, cluster: Cluster, pending: Transaction, now: datetime) -> Transaction:
    """Store a pending transaction with its snapshot and first event, within a unit of work.

    The cluster must be locked. A real transaction locks its settings by its status; what that
    was before is kept for the case that nothing comes of it.
    """
    pending = replace(pending, activity=ACTIVITY, previous_status=cluster.status)
    if pending.is_real:
        cluster = replace(cluster.become(ClusterStatus.DEPLOYMENT), updated_at=now)
        cluster = work.clusters.save(cluster)
    accepted = work.transactions.add(replace(pending, snapshot=work.snapshots.take(cluster)))
    event = TransactionChanged(accepted.state, 0, accepted.activity)
    accepted = work.log.append(accepted, [event], now)
    work.transactions.save(accepted)
    work.actions.open(open_action(accepted, accepted.kind, now))
    return accepted


def check_idle(work: Work, cluster: Cluster) -> None:
    """Raise Conflict, ``TRANSACTION_IN_PROGRESS``, naming the cluster's active transaction."""
    active = work.transactions.active(cluster.id)
    if active is not None:
        raise Conflict(
            "TRANSACTION_IN_PROGRESS",
            f"transaction {active.id} is {active.state} on cluster {cluster.id!r}",
            {"transaction": f"transactions/{active.id}", "cluster": cluster.id},
        )

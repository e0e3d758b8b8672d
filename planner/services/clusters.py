"""How are clusters created, read and changed?"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

from planner.domain.cluster import Cluster
from planner.domain.errors import (
    AlreadyExists,
    Conflict,
    InvalidInput,
    PreconditionFailed,
    Violation,
)
from planner.services.idempotency import RequestKey, remember, replayed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from planner.services.ports import Page, Store, Work


class ClusterView(NamedTuple):
    """A cluster with what is counted rather than stored."""

    cluster: Cluster
    node_count: int
    active_transaction: str


@dataclass(frozen=True, slots=True)
class NewCluster:
    """What a client says of a cluster that shall be."""

    id: str
    release: str
    mode: str
    settings: Mapping[str, Any]


def create_cluster(
    store: Store, new: NewCluster, *, key: RequestKey | None, now: datetime
) -> ClusterView:
    """Create a cluster of a known release. Commits."""
    with store.write() as work:
        made = replayed(work, key)
        if made is not None:
            return _view(work, [work.clusters.get(made)])[0]
        release = work.releases.get(new.release).release
        mode = new.mode or release.modes[0]
        if mode not in release.modes:
            known = ", ".join(release.modes)
            raise InvalidInput(
                [Violation("UNKNOWN_MODE", "mode", f"{mode!r} is none of the release's: {known}")]
            )
        if work.clusters.find(new.id) is not None:
            raise AlreadyExists("cluster", new.id, f"there is a cluster {new.id!r} already")
        cluster = work.clusters.add(
            Cluster(
                id=new.id,
                number=0,
                release=new.release,
                mode=mode,
                settings=new.settings,
                pending_changes=frozenset({"attributes", "networks"}),
                created_at=now,
                updated_at=now,
            )
        )
        remember(work, key, cluster.id, now)
        return _view(work, [cluster])[0]


def get_cluster(store: Store, cluster: str) -> ClusterView:
    """Return a cluster; raises NotFound."""
    with store.read() as work:
        return _view(work, [work.clusters.get(cluster)])[0]


def list_clusters(store: Store, page: Page) -> Sequence[ClusterView]:
    """List clusters newest first."""
    with store.read() as work:
        return _view(work, work.clusters.page(page))


def update_cluster_settings(
    store: Store,
    cluster: str,
    settings: Mapping[str, Any],
    *,
    etag: str,
    key: RequestKey | None,
    now: datetime,
) -> ClusterView:
    """Replace a cluster's settings. Commits. Refused while it is being deployed."""
    with store.write() as work:
        if replayed(work, key) is not None:
            return _view(work, [work.clusters.get(cluster)])[0]
        present = work.clusters.lock(cluster)
        check_etag(present, etag)
        check_unlocked(present)
        if settings != present.settings:
            present = work.clusters.save(
                replace(
                    present,
                    settings=settings,
                    pending_changes=present.pending_changes | {"attributes"},
                    updated_at=now,
                )
            )
        remember(work, key, cluster, now)
        return _view(work, [present])[0]


def check_etag(cluster: Cluster, etag: str) -> None:
    """Raise Conflict when an etag was given and is not the present one."""
    if etag and etag != cluster_etag(cluster):
        raise Conflict(
            "ETAG_MISMATCH", f"cluster {cluster.id!r} has changed", {"cluster": cluster.id}
        )


def check_unlocked(cluster: Cluster) -> None:
    """Raise PreconditionFailed while something works on the cluster."""
    if cluster.status.is_locked:
        raise PreconditionFailed(
            "CLUSTER_LOCKED",
            f"clusters/{cluster.id}",
            f"cluster {cluster.id!r} is in {cluster.status} and cannot be changed",
        )


def cluster_etag(cluster: Cluster) -> str:
    """Name a cluster's present state."""
    return str(cluster.revision)


def _view(work: Work, clusters: Sequence[Cluster]) -> Sequence[ClusterView]:
    ids = [cluster.id for cluster in clusters]
    counts = work.nodes.count(ids)
    active = work.transactions.active_of(ids)
    return [ClusterView(c, counts.get(c.id, 0), active.get(c.id, "")) for c in clusters]

"""How are clusters kept?"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, select, update

from planner.domain.cluster import Cluster
from planner.domain.errors import NotFound
from planner.domain.states import ClusterStatus
from planner.storage.tables import clusters
from planner.storage.upsert import inserted_number

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy import Select
    from sqlalchemy.engine import Connection, Row

    from planner.services.ports import Page
    from planner.storage.documents import DocumentRows


class ClusterRows:
    """The clusters table within one unit of work."""

    def __init__(self, connection: Connection, documents: DocumentRows) -> None:
        self._connection = connection
        self._documents = documents

    def get(self, cluster: str) -> Cluster:
        """Return it or raise NotFound."""
        found = self.find(cluster)
        if found is None:
            raise NotFound("cluster", cluster)
        return found

    def lock(self, cluster: str) -> Cluster:
        """Return it locked until the work ends; the first lock of any work (law 13)."""
        # SQLite ignores FOR UPDATE: there the whole unit of work holds the write lock.
        found = self._select(_by_id(cluster).with_for_update())
        if not found:
            raise NotFound("cluster", cluster)
        return found[0]

    def find(self, cluster: str) -> Cluster | None:
        """Return it, or None."""
        found = self._select(_by_id(cluster))
        return found[0] if found else None

    def add(self, cluster: Cluster) -> Cluster:
        """Insert it and return it with its number."""
        values = {**self._values(cluster), "id": cluster.id, "created_at": cluster.created_at}
        result = self._connection.execute(insert(clusters).values(values))
        return replace(cluster, number=inserted_number(result))

    def save(self, cluster: Cluster) -> Cluster:
        """Write its present values and return it with a risen revision."""
        cluster = replace(cluster, revision=cluster.revision + 1)
        self._connection.execute(
            update(clusters).where(clusters.c.id == cluster.id).values(self._values(cluster))
        )
        return cluster

    def page(self, page: Page) -> Sequence[Cluster]:
        """List newest first, keyed by number."""
        query = select(clusters).order_by(clusters.c.number.desc())
        if page.after is not None:
            query = query.where(clusters.c.number < page.after[0])
        return self._select(query.limit(page.size))

    def of_release(self, release: str) -> Sequence[str]:
        """List the ids of clusters that have the release."""
        query = select(clusters.c.id).where(clusters.c.release == release)
        return list(self._connection.execute(query.order_by(clusters.c.id)).scalars())

    def _select(self, query: Select[Any]) -> Sequence[Cluster]:
        rows: Iterable[Row[Any]] = list(self._connection.execute(query))
        settings = self._documents.get(row.settings for row in rows)
        return [
            Cluster(
                id=row.id,
                number=row.number,
                release=row.release,
                mode=row.mode,
                status=ClusterStatus(row.status),
                settings=settings[row.settings],
                pending_changes=frozenset(row.pending_changes),
                deployed_before=row.deployed_before,
                vips=row.vips,
                revision=row.revision,
                created_at=row.created_at,
                updated_at=row.updated_at,
            )
            for row in rows
        ]

    def _values(self, cluster: Cluster) -> dict[str, Any]:
        (settings,) = self._documents.put([cluster.settings])
        return {
            "release": cluster.release,
            "mode": cluster.mode,
            "status": cluster.status,
            "settings": settings,
            "pending_changes": sorted(cluster.pending_changes),
            "deployed_before": cluster.deployed_before,
            "vips": dict(cluster.vips),
            "revision": cluster.revision,
            "updated_at": cluster.updated_at,
        }


def _by_id(cluster: str) -> Select[Any]:
    return select(clusters).where(clusters.c.id == cluster)

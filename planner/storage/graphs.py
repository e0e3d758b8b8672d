"""How are graphs kept that were put one by one?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, delete, select

from planner.domain.errors import NotFound
from planner.domain.graph_layers import GraphKey
from planner.services.ports import StoredGraph
from planner.storage.tables import graphs
from planner.storage.upsert import insert_or_replace

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement, Select
    from sqlalchemy.engine import Connection

    from planner.storage.documents import DocumentRows


class GraphRows:
    """The graphs table within one unit of work."""

    def __init__(self, connection: Connection, documents: DocumentRows) -> None:
        self._connection = connection
        self._documents = documents

    def find(self, key: GraphKey) -> StoredGraph | None:
        """Return it, or None."""
        found = self._select(select(graphs).where(_is(key)))
        return found[0] if found else None

    def put(
        self, key: GraphKey, document: Mapping[str, Any], warnings: Sequence[str], now: datetime
    ) -> StoredGraph:
        """Insert or replace it."""
        (digest,) = self._documents.put([document])
        row = {
            **key._asdict(),
            "document": digest,
            "warnings": list(warnings),
            "updated_at": now,
        }
        insert_or_replace(self._connection, graphs, [row])
        return StoredGraph(key, document, warnings, digest, now)

    def delete(self, key: GraphKey) -> None:
        """Remove it; raises NotFound."""
        if self._connection.execute(delete(graphs).where(_is(key))).rowcount == 0:
            raise NotFound("graph", key.name)

    def of_owners(self, owners: Iterable[str]) -> Sequence[StoredGraph]:
        """List the graphs of owners, what a release defines first, so that a cluster wins."""
        order = (graphs.c.owner.desc(), graphs.c.plugin, graphs.c.type)
        return self._select(select(graphs).where(graphs.c.owner.in_(list(owners))).order_by(*order))

    def _select(self, query: Select[Any]) -> Sequence[StoredGraph]:
        rows = list(self._connection.execute(query))
        documents = self._documents.get(row.document for row in rows)
        return [
            StoredGraph(
                GraphKey(row.owner, row.plugin, row.type),
                documents[row.document],
                tuple(row.warnings),
                row.document,
                row.updated_at,
            )
            for row in rows
        ]


def _is(key: GraphKey) -> ColumnElement[bool]:
    return and_(
        graphs.c.owner == key.owner, graphs.c.plugin == key.plugin, graphs.c.type == key.type
    )

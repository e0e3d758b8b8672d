"""How are releases kept?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import BigInteger, delete, select, tuple_, type_coerce

from planner.domain.errors import NotFound
from planner.domain.release import Release
from planner.services.ports import Page, StoredRelease
from planner.storage.tables import releases
from planner.storage.upsert import insert_or_replace

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.engine import Connection, Row

    from planner.storage.documents import DocumentRows


class ReleaseRows:
    """The releases table within one unit of work."""

    def __init__(self, connection: Connection, documents: DocumentRows) -> None:
        self._connection = connection
        self._documents = documents

    def get(self, release: str) -> StoredRelease:
        """Return it or raise NotFound."""
        found = self.find(release)
        if found is None:
            raise NotFound("release", release)
        return found

    def find(self, release: str) -> StoredRelease | None:
        """Return it, or None."""
        row = self._connection.execute(select(releases).where(releases.c.id == release)).first()
        return self._releases([row])[0] if row is not None else None

    def put(self, release: Release, now: datetime) -> StoredRelease:
        """Insert or replace it."""
        known = self.find(release.id)
        (document,) = self._documents.put([release.content])
        created_at = known.created_at if known else now
        row = {
            "id": release.id,
            "document": document,
            "warnings": list(release.warnings),
            "created_at": created_at,
            "updated_at": now,
        }
        insert_or_replace(self._connection, releases, [row])
        return StoredRelease(release, document, created_at, now)

    def delete(self, release: str) -> None:
        """Remove it; raises NotFound."""
        result = self._connection.execute(delete(releases).where(releases.c.id == release))
        if result.rowcount == 0:
            raise NotFound("release", release)

    def page(self, page: Page) -> Sequence[StoredRelease]:
        """List newest first, keyed by (created_at, id)."""
        # A token may hold any number, which need not be a date.
        key = tuple_(type_coerce(releases.c.created_at, BigInteger), releases.c.id)
        query = select(releases).order_by(releases.c.created_at.desc(), releases.c.id.desc())
        if page.after is not None:
            query = query.where(key < page.after)
        return self._releases(list(self._connection.execute(query.limit(page.size))))

    def _releases(self, rows: Sequence[Row[tuple[object, ...]]]) -> Sequence[StoredRelease]:
        contents = self._documents.get(row.document for row in rows)
        return [
            StoredRelease(
                Release(row.id, contents[row.document], tuple(row.warnings)),
                row.document,
                row.created_at,
                row.updated_at,
            )
            for row in rows
        ]

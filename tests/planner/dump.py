"""Dumps a database, to prove that nothing was written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from planner.storage.tables import metadata

if TYPE_CHECKING:
    from planner.storage.unit_of_work import SqlStore


def dump(store: SqlStore) -> dict[str, list[Any]]:
    """Read every row of every table, sorted."""
    with store.writer.connect() as connection:
        return {
            table.name: sorted(map(repr, connection.execute(select(table))))
            for table in metadata.sorted_tables
        }

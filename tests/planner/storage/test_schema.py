"""Migrations make the schema that the tables describe."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from planner.storage.schema import upgrade
from planner.storage.tables import metadata
from tests.planner.stored import put_cluster

if TYPE_CHECKING:
    from collections.abc import Callable

    from planner.storage.unit_of_work import SqlStore


def test_migrated_schema_equals_the_tables(any_store: SqlStore) -> None:
    """Types, keys, indexes and defaults: nothing is left to add, remove or change."""
    with any_store.writer.connect() as connection:
        options = {"compare_type": True, "compare_server_default": True}
        context = MigrationContext.configure(connection, opts=options)

        assert compare_metadata(context, metadata) == []


def test_upgrading_again_changes_nothing(any_store: SqlStore) -> None:
    """Every start of the service does it."""
    cluster = put_cluster(any_store)

    upgrade(any_store.writer)

    with any_store.read() as work:
        assert work.clusters.get("demo") == cluster


def test_a_database_is_opened_again_as_it_was_left(
    database_url: str, open_store: Callable[[str], SqlStore]
) -> None:
    """What was committed is there for the next process."""
    first = open_store(database_url)
    cluster = put_cluster(first, settings={"a": 1})
    first.close()

    second = open_store(database_url)

    with second.read() as work:
        assert work.clusters.get("demo") == cluster

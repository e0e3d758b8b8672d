"""What the planner's tests share: databases that are migrated once and then emptied or copied."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from planner.storage.schema import upgrade
from planner.storage.tables import metadata

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Engine

EMPTY = ", ".join(f'"{table.name}"' for table in metadata.sorted_tables)
NEEDS_NO_DISK = ("fsync = off", "synchronous_commit = off", "full_page_writes = off")
"""No test survives a power failure anyway."""


@pytest.fixture(scope="session")
def migrated_postgres(postgres: str) -> Iterator[Engine]:
    """A migrated PostgreSQL database."""
    admin = create_engine(
        make_url(postgres).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT"
    )
    with admin.connect() as connection:
        for setting in NEEDS_NO_DISK:
            connection.execute(text(f"ALTER SYSTEM SET {setting}"))
        connection.execute(text("SELECT pg_reload_conf()"))
        connection.execute(text("CREATE DATABASE planner"))
    engine = create_engine(admin.url.set(database="planner"))
    upgrade(engine)
    yield engine
    engine.dispose()
    admin.dispose()


@pytest.fixture
def postgres_url(migrated_postgres: Engine) -> str:
    """The URL of a migrated PostgreSQL database with nothing in it."""
    with migrated_postgres.begin() as connection:
        connection.execute(text(f"TRUNCATE {EMPTY} RESTART IDENTITY CASCADE"))
    return migrated_postgres.url.render_as_string(hide_password=False)


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The bytes of a migrated SQLite database."""
    path = tmp_path_factory.mktemp("migrated") / "planner.db"
    engine = create_engine(f"sqlite:///{path}")
    upgrade(engine)
    engine.dispose()
    return path.read_bytes()


@pytest.fixture
def sqlite_url(tmp_path: Path, migrated_sqlite: bytes) -> str:
    """The URL of a migrated SQLite database with nothing in it."""
    path = tmp_path / "planner.db"
    path.write_bytes(migrated_sqlite)
    return f"sqlite:///{path}"

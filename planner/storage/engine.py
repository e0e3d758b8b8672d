"""How is a database opened so that reads are steady and writes never lose an update?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import create_engine, event
from sqlalchemy.engine import make_url

if TYPE_CHECKING:
    import sqlite3

    from sqlalchemy.engine import URL, Connection, Engine

BUSY_TIMEOUT_MS = 10_000
"""How long a SQLite writer waits for another one."""

CHECKPOINT_PAGES = 16_384
"""After how many pages the write-ahead log is moved into the file, which waits for the disk:
64 MiB, a deployment of 1,000 nodes."""


def open_engines(url: str) -> tuple[Engine, Engine]:
    """Open a database for reading and for writing; the two may be one engine.

    On SQLite a writer begins with BEGIN IMMEDIATE, so that what it reads cannot change under
    it; a reader begins deferred and is never in a writer's way (WAL).
    """
    parsed = make_url(url)
    if parsed.drivername == "postgresql":
        # The driver that is installed with us, rather than SQLAlchemy's default.
        parsed = parsed.set(drivername="postgresql+psycopg")
    if parsed.get_backend_name() != "sqlite":
        engine = create_engine(parsed, pool_size=8, max_overflow=8, pool_pre_ping=True)
        return engine, engine
    return _sqlite(parsed, "BEGIN"), _sqlite(parsed, "BEGIN IMMEDIATE")


def _sqlite(url: URL, begin: str) -> Engine:
    engine = create_engine(url, connect_args={"check_same_thread": False})

    @event.listens_for(engine, "connect")
    def _configure(connection: sqlite3.Connection, _record: Any) -> None:
        # SQLAlchemy begins transactions itself: the driver's own guesses come too late.
        connection.isolation_level = None
        for pragma in (
            "journal_mode=WAL",
            "synchronous=NORMAL",
            f"wal_autocheckpoint={CHECKPOINT_PAGES}",
            f"busy_timeout={BUSY_TIMEOUT_MS}",
            "foreign_keys=ON",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine

"""Where does the orchestrator keep what must survive, and who may write there when?

One SQLite file in WAL mode. What is written is committed when the writer's block ends: a killed
process loses nothing that was told to anyone. After a power failure the newest commits may be
missing; clients see that as `SEQUENCE_AHEAD`.
"""

from __future__ import annotations

import sqlite3
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from orchestrator.engine.errors import JournalVersionError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SCHEMA_VERSION: Final = 1

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS batch (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    batch_id TEXT NOT NULL UNIQUE,
    digest BLOB NOT NULL,
    labels TEXT NOT NULL,
    scenario TEXT NOT NULL,
    scenario_text TEXT NOT NULL,
    created REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS execution (
    task_uuid TEXT PRIMARY KEY,
    batch_number INTEGER NOT NULL REFERENCES batch (number),
    position INTEGER NOT NULL,
    method TEXT NOT NULL,
    stops TEXT NOT NULL,
    message BLOB NOT NULL,
    tables BLOB NOT NULL,
    state INTEGER NOT NULL,
    progress INTEGER NOT NULL DEFAULT 0,
    error TEXT NOT NULL DEFAULT '',
    last_sequence INTEGER NOT NULL DEFAULT 0,
    trimmed_sequence INTEGER NOT NULL DEFAULT 0,
    elapsed_ms INTEGER NOT NULL DEFAULT 0,
    ended REAL,
    UNIQUE (batch_number, position)
);
CREATE INDEX IF NOT EXISTS execution_state ON execution (state);
CREATE TABLE IF NOT EXISTS event_block (
    task_uuid TEXT NOT NULL,
    first_sequence INTEGER NOT NULL,
    last_sequence INTEGER NOT NULL,
    payload BLOB NOT NULL,
    PRIMARY KEY (task_uuid, first_sequence)
);
CREATE TABLE IF NOT EXISTS command (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    task_uuid TEXT NOT NULL,
    step INTEGER NOT NULL,
    at_ms INTEGER NOT NULL,
    kind TEXT NOT NULL,
    payload TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS command_of_execution ON command (task_uuid, number);
CREATE TABLE IF NOT EXISTS scenario (
    name TEXT PRIMARY KEY, text TEXT NOT NULL, updated REAL NOT NULL
) WITHOUT ROWID;
"""


class JournalFile:
    """The open file: one connection, one thread at a time.

    `journal_id` is the identity that the file took when it was new.
    """

    def __init__(self, path: Path, new_id: str) -> None:
        """Open or create the file; raises JournalVersionError for a layout that is not ours."""
        self._lock = threading.Lock()
        self._connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA synchronous=NORMAL")
        self._connection.execute("PRAGMA busy_timeout=5000")
        version = self._connection.execute("PRAGMA user_version").fetchone()[0]
        if version not in {0, SCHEMA_VERSION}:
            raise JournalVersionError(str(path), version, SCHEMA_VERSION)
        self._connection.executescript(f"{_SCHEMA} PRAGMA user_version = {SCHEMA_VERSION};")
        with self.write() as sql:
            sql.execute("INSERT OR IGNORE INTO meta VALUES ('journal_id', ?)", (new_id,))
            row = sql.execute("SELECT value FROM meta WHERE name = 'journal_id'").fetchone()
        self.journal_id: str = row[0]

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()

    @contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """Write in one transaction: committed at the end, nothing kept when something is raised."""
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    @contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """Read what is committed."""
        with self._lock:
            yield self._connection

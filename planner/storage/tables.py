"""Which tables are there, and what does a row mean?

Free-form values are canonical JSON text. What is large or repeats (settings, attributes, release
documents, expected states) is kept once per distinct content in ``documents`` and named by its
digest. ``transactions.number`` orders transactions by acceptance and is the key inside the
database; ``transactions.id`` is what clients know.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    TypeDecorator,
    text,
)

from planner.domain.documents import canonical

if TYPE_CHECKING:
    from sqlalchemy.engine import Dialect


class JsonText(TypeDecorator[Any]):
    """A JSON value as canonical text: equal values are equal text, on every database."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        """Write a value; None is NULL."""
        return None if value is None else canonical(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        """Read a value."""
        return None if value is None else json.loads(value)


class Instant(TypeDecorator[datetime]):
    """A point in time as milliseconds since the epoch, UTC: the same on every database."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        """Write a point in time; None is NULL."""
        return None if value is None else to_milliseconds(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        """Read a point in time."""
        return None if value is None else datetime.fromtimestamp(value / 1000, UTC)


def to_milliseconds(moment: datetime) -> int:
    """Count the milliseconds from the epoch to a point in time."""
    return round(moment.timestamp() * 1000)


# SQLite numbers rows by itself only in a column declared as plain INTEGER.
Number = BigInteger().with_variant(Integer(), "sqlite")

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

documents = Table(
    "documents",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("body", Text, nullable=False),
)

releases = Table(
    "releases",
    metadata,
    Column("id", String(63), primary_key=True),
    Column("document", String(64), ForeignKey("documents.digest"), nullable=False),
    Column("warnings", JsonText, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
)

# Graphs that were put one by one: of a release or a cluster, its own or a plugin's.
graphs = Table(
    "graphs",
    metadata,
    Column("owner", String(80), primary_key=True),
    # Empty: the owner's own graph.
    Column("plugin", String(63), primary_key=True),
    Column("type", String(63), primary_key=True),
    Column("document", String(64), ForeignKey("documents.digest"), nullable=False),
    Column("warnings", JsonText, nullable=False),
    Column("updated_at", Instant, nullable=False),
)

clusters = Table(
    "clusters",
    metadata,
    Column("number", Number, primary_key=True, autoincrement=True),
    Column("id", String(63), nullable=False, unique=True),
    Column("release", String(63), ForeignKey("releases.id"), nullable=False, index=True),
    Column("mode", String(63), nullable=False),
    Column("status", String(32), nullable=False),
    Column("settings", String(64), ForeignKey("documents.digest"), nullable=False),
    Column("pending_changes", JsonText, nullable=False),
    Column("deployed_before", Boolean, nullable=False),
    Column("vips", JsonText, nullable=False),
    Column("revision", BigInteger, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
    sqlite_autoincrement=True,
)

nodes = Table(
    "nodes",
    metadata,
    Column("uid", Number, primary_key=True, autoincrement=True),
    Column("mac", String(17), nullable=False, unique=True),
    Column("hostname", String(255), nullable=False),
    Column("ip", String(45), nullable=False),
    Column("cluster", String(63), ForeignKey("clusters.id"), nullable=True, index=True),
    Column("status", String(32), nullable=False),
    Column("online", Boolean, nullable=False),
    Column("roles", JsonText, nullable=False),
    Column("pending_roles", JsonText, nullable=False),
    Column("primary_tags", JsonText, nullable=False),
    Column("addresses", JsonText, nullable=False),
    Column("pending_addition", Boolean, nullable=False),
    Column("pending_deletion", Boolean, nullable=False),
    Column("progress", SmallInteger, nullable=False),
    Column("error_type", String(32), nullable=True),
    Column("error_message", Text, nullable=False),
    Column("attributes", String(64), ForeignKey("documents.digest"), nullable=False),
    Column("meta", String(64), ForeignKey("documents.digest"), nullable=False),
    Column("revision", BigInteger, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
    sqlite_autoincrement=True,
)

transactions = Table(
    "transactions",
    metadata,
    Column("number", Number, primary_key=True, autoincrement=True),
    Column("id", String(36), nullable=False, unique=True),
    Column("kind", String(32), nullable=False),
    # No foreign key: a record outlives its cluster (decision 15).
    Column("cluster", String(63), nullable=False, index=True),
    Column("scope", String(128), nullable=True),
    Column("state", String(16), nullable=False),
    Column("run_mode", String(16), nullable=False),
    Column("selection", JsonText, nullable=False),
    Column("expected_digest", String(64), nullable=False),
    Column("plan_digest", String(64), nullable=False),
    Column("progress", SmallInteger, nullable=False),
    Column("failure", JsonText, nullable=True),
    Column("activity", Text, nullable=False),
    Column("last_sequence", BigInteger, nullable=False),
    Column("stats", JsonText, nullable=False),
    Column("labels", JsonText, nullable=False),
    Column("scenario", String(128), nullable=False),
    Column("stop", JsonText, nullable=True),
    Column("snapshot", String(64), nullable=False),
    Column("retry_of", String(36), nullable=False),
    Column("previous_status", String(32), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("started_at", Instant, nullable=True),
    Column("finished_at", Instant, nullable=True),
    sqlite_autoincrement=True,
)

# One active transaction a scope is a fact of the database, not a habit (law 2).
Index(
    "uq_transactions_active_scope",
    transactions.c.scope,
    unique=True,
    sqlite_where=text("finished_at IS NULL"),
    postgresql_where=text("finished_at IS NULL"),
)

steps = Table(
    "steps",
    metadata,
    Column("transaction", Number, ForeignKey("transactions.number"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("kind", String(32), nullable=False),
    Column("method", String(64), nullable=False),
    Column("execution", String(64), nullable=False, unique=True),
    Column("graph_type", String(63), nullable=False),
    Column("uids", JsonText, nullable=False),
    Column("weight", Float, nullable=False),
    Column("state", String(16), nullable=False),
    Column("progress", SmallInteger, nullable=False),
    Column("failure", JsonText, nullable=True),
    Column("task_run_count", Integer, nullable=False),
    Column("is_planned", Boolean, nullable=False),
    Column("cursor", BigInteger, nullable=False),
    Column("journal", String(64), nullable=False),
    Column("elapsed_ms", BigInteger, nullable=False),
)

task_runs = Table(
    "task_runs",
    metadata,
    Column("transaction", Number, ForeignKey("transactions.number"), primary_key=True),
    Column("step", Integer, primary_key=True),
    Column("instance", Integer, primary_key=True),
    Column("uid", String(32), nullable=False),
    Column("task", Text, nullable=False),
    Column("type", String(32), nullable=False),
    Column("state", String(16), nullable=False),
    Column("start_ms", BigInteger, nullable=True),
    Column("end_ms", BigInteger, nullable=True),
    Column("error", Text, nullable=False),
    sqlite_with_rowid=False,
)

event_blocks = Table(
    "event_blocks",
    metadata,
    Column("transaction", Number, ForeignKey("transactions.number"), primary_key=True),
    Column("first_sequence", BigInteger, primary_key=True),
    Column("last_sequence", BigInteger, nullable=False),
    Column("recorded_at", Instant, nullable=False),
    Column("events", Text, nullable=False),
)

batches = Table(
    "batches",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("transaction", Number, ForeignKey("transactions.number"), nullable=False, index=True),
    Column("labels", JsonText, nullable=False),
    Column("scenario", String(128), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("confirmed_at", Instant, nullable=True),
)

batch_messages = Table(
    "batch_messages",
    metadata,
    Column("batch", String(64), ForeignKey("batches.id"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("step", Integer, nullable=False),
    Column("data", LargeBinary, nullable=False),
)

request_ledger = Table(
    "request_ledger",
    metadata,
    Column("request_id", String(128), primary_key=True),
    Column("method", String(64), nullable=False),
    Column("digest", String(64), nullable=False),
    Column("resource", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
)

expected_states = Table(
    "expected_states",
    metadata,
    Column("transaction", Number, ForeignKey("transactions.number"), primary_key=True),
    Column("step", Integer, primary_key=True),
    # Empty: the part that all nodes share.
    Column("uid", String(32), primary_key=True),
    Column("document", String(64), ForeignKey("documents.digest"), nullable=False),
)

task_successes = Table(
    "task_successes",
    metadata,
    Column("cluster", String(63), primary_key=True),
    Column("uid", String(32), primary_key=True),
    Column("task", Text, primary_key=True),
    Column("transaction", Number, nullable=False),
    Column("step", Integer, nullable=False),
    sqlite_with_rowid=False,
)

# No foreign keys: what was done and told outlives transactions and clusters (decision 15, 16).
action_logs = Table(
    "action_logs",
    metadata,
    Column("number", Number, primary_key=True, autoincrement=True),
    Column("operation", String(32), nullable=False),
    Column("action_group", String(32), nullable=False),
    Column("transaction", String(36), nullable=False, index=True),
    Column("cluster", String(63), nullable=False, index=True),
    Column("started_at", Instant, nullable=False),
    Column("ended_at", Instant, nullable=True),
    Column("ended_with", String(16), nullable=True),
    Column("message", Text, nullable=False),
    sqlite_autoincrement=True,
)

notifications = Table(
    "notifications",
    metadata,
    Column("number", Number, primary_key=True, autoincrement=True),
    Column("topic", String(16), nullable=False),
    Column("message", Text, nullable=False),
    Column("cluster", String(63), nullable=False, index=True),
    # Empty: it is not about a single node.
    Column("node", String(32), nullable=False),
    Column("transaction", String(36), nullable=False),
    Column("created_at", Instant, nullable=False),
    sqlite_autoincrement=True,
)

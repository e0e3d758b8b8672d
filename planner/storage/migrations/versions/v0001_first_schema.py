"""The first schema: inventory, transactions, logs, outbox, ledger, expected states."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

# SQLite numbers rows by itself only in a column declared as plain INTEGER.
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Create every table."""
    op.create_table(
        "action_logs",
        sa.Column("number", NUMBER, autoincrement=True, nullable=False),
        sa.Column("operation", sa.String(length=32), nullable=False),
        sa.Column("action_group", sa.String(length=32), nullable=False),
        sa.Column("transaction", sa.String(length=36), nullable=False),
        sa.Column("cluster", sa.String(length=63), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_with", sa.String(length=16), nullable=True),
        sa.Column("message", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_action_logs")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_action_logs_cluster"), "action_logs", ["cluster"])
    op.create_index(op.f("ix_action_logs_transaction"), "action_logs", ["transaction"])
    op.create_table(
        "notifications",
        sa.Column("number", NUMBER, autoincrement=True, nullable=False),
        sa.Column("topic", sa.String(length=16), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("cluster", sa.String(length=63), nullable=False),
        sa.Column("node", sa.String(length=32), nullable=False),
        sa.Column("transaction", sa.String(length=36), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_notifications")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_notifications_cluster"), "notifications", ["cluster"])
    op.create_table(
        "documents",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_documents")),
    )
    op.create_table(
        "graphs",
        sa.Column("owner", sa.String(length=80), nullable=False),
        sa.Column("plugin", sa.String(length=63), nullable=False),
        sa.Column("type", sa.String(length=63), nullable=False),
        sa.Column("document", sa.String(length=64), nullable=False),
        sa.Column("warnings", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["document"], ["documents.digest"], name=op.f("fk_graphs_document")
        ),
        sa.PrimaryKeyConstraint("owner", "plugin", "type", name=op.f("pk_graphs")),
    )
    op.create_table(
        "request_ledger",
        sa.Column("request_id", sa.String(length=128), nullable=False),
        sa.Column("method", sa.String(length=64), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("resource", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("request_id", name=op.f("pk_request_ledger")),
    )
    op.create_table(
        "task_successes",
        sa.Column("cluster", sa.String(length=63), nullable=False),
        sa.Column("uid", sa.String(length=32), nullable=False),
        sa.Column("task", sa.Text(), nullable=False),
        sa.Column("transaction", NUMBER, nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("cluster", "uid", "task", name=op.f("pk_task_successes")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "transactions",
        sa.Column("number", NUMBER, autoincrement=True, nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("cluster", sa.String(length=63), nullable=False),
        sa.Column("scope", sa.String(length=128), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("run_mode", sa.String(length=16), nullable=False),
        sa.Column("selection", sa.Text(), nullable=False),
        sa.Column("expected_digest", sa.String(length=64), nullable=False),
        sa.Column("plan_digest", sa.String(length=64), nullable=False),
        sa.Column("progress", sa.SmallInteger(), nullable=False),
        sa.Column("failure", sa.Text(), nullable=True),
        sa.Column("activity", sa.Text(), nullable=False),
        sa.Column("last_sequence", sa.BigInteger(), nullable=False),
        sa.Column("stats", sa.Text(), nullable=False),
        sa.Column("labels", sa.Text(), nullable=False),
        sa.Column("scenario", sa.String(length=128), nullable=False),
        sa.Column("stop", sa.Text(), nullable=True),
        sa.Column("snapshot", sa.String(length=64), nullable=False),
        sa.Column("retry_of", sa.String(length=36), nullable=False),
        sa.Column("previous_status", sa.String(length=32), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=True),
        sa.Column("finished_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_transactions")),
        sa.UniqueConstraint("id", name=op.f("uq_transactions_id")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_transactions_cluster"), "transactions", ["cluster"], unique=False)
    op.create_index(
        "uq_transactions_active_scope",
        "transactions",
        ["scope"],
        unique=True,
        sqlite_where=sa.text("finished_at IS NULL"),
        postgresql_where=sa.text("finished_at IS NULL"),
    )
    op.create_table(
        "batches",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("transaction", NUMBER, nullable=False),
        sa.Column("labels", sa.Text(), nullable=False),
        sa.Column("scenario", sa.String(length=128), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("confirmed_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["transaction"], ["transactions.number"], name=op.f("fk_batches_transaction")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_batches")),
    )
    op.create_index(op.f("ix_batches_transaction"), "batches", ["transaction"], unique=False)
    op.create_table(
        "event_blocks",
        sa.Column("transaction", NUMBER, nullable=False),
        sa.Column("first_sequence", sa.BigInteger(), nullable=False),
        sa.Column("last_sequence", sa.BigInteger(), nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.Column("events", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["transaction"], ["transactions.number"], name=op.f("fk_event_blocks_transaction")
        ),
        sa.PrimaryKeyConstraint("transaction", "first_sequence", name=op.f("pk_event_blocks")),
    )
    op.create_table(
        "expected_states",
        sa.Column("transaction", NUMBER, nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("uid", sa.String(length=32), nullable=False),
        sa.Column("document", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["document"], ["documents.digest"], name=op.f("fk_expected_states_document")
        ),
        sa.ForeignKeyConstraint(
            ["transaction"], ["transactions.number"], name=op.f("fk_expected_states_transaction")
        ),
        sa.PrimaryKeyConstraint("transaction", "step", "uid", name=op.f("pk_expected_states")),
    )
    op.create_table(
        "releases",
        sa.Column("id", sa.String(length=63), nullable=False),
        sa.Column("document", sa.String(length=64), nullable=False),
        sa.Column("warnings", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["document"], ["documents.digest"], name=op.f("fk_releases_document")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_releases")),
    )
    op.create_table(
        "steps",
        sa.Column("transaction", NUMBER, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("method", sa.String(length=64), nullable=False),
        sa.Column("execution", sa.String(length=64), nullable=False),
        sa.Column("graph_type", sa.String(length=63), nullable=False),
        sa.Column("uids", sa.Text(), nullable=False),
        sa.Column("weight", sa.Float(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("progress", sa.SmallInteger(), nullable=False),
        sa.Column("failure", sa.Text(), nullable=True),
        sa.Column("task_run_count", sa.Integer(), nullable=False),
        sa.Column("is_planned", sa.Boolean(), nullable=False),
        sa.Column("cursor", sa.BigInteger(), nullable=False),
        sa.Column("journal", sa.String(length=64), nullable=False),
        sa.Column("elapsed_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["transaction"], ["transactions.number"], name=op.f("fk_steps_transaction")
        ),
        sa.PrimaryKeyConstraint("transaction", "position", name=op.f("pk_steps")),
        sa.UniqueConstraint("execution", name=op.f("uq_steps_execution")),
    )
    op.create_table(
        "task_runs",
        sa.Column("transaction", NUMBER, nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("instance", sa.Integer(), nullable=False),
        sa.Column("uid", sa.String(length=32), nullable=False),
        sa.Column("task", sa.Text(), nullable=False),
        sa.Column("type", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("start_ms", sa.BigInteger(), nullable=True),
        sa.Column("end_ms", sa.BigInteger(), nullable=True),
        sa.Column("error", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["transaction"], ["transactions.number"], name=op.f("fk_task_runs_transaction")
        ),
        sa.PrimaryKeyConstraint("transaction", "step", "instance", name=op.f("pk_task_runs")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "batch_messages",
        sa.Column("batch", sa.String(length=64), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["batch"], ["batches.id"], name=op.f("fk_batch_messages_batch")),
        sa.PrimaryKeyConstraint("batch", "position", name=op.f("pk_batch_messages")),
    )
    op.create_table(
        "clusters",
        sa.Column("number", NUMBER, autoincrement=True, nullable=False),
        sa.Column("id", sa.String(length=63), nullable=False),
        sa.Column("release", sa.String(length=63), nullable=False),
        sa.Column("mode", sa.String(length=63), nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("settings", sa.String(length=64), nullable=False),
        sa.Column("pending_changes", sa.Text(), nullable=False),
        sa.Column("deployed_before", sa.Boolean(), nullable=False),
        sa.Column("vips", sa.Text(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["release"], ["releases.id"], name=op.f("fk_clusters_release")),
        sa.ForeignKeyConstraint(
            ["settings"], ["documents.digest"], name=op.f("fk_clusters_settings")
        ),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_clusters")),
        sa.UniqueConstraint("id", name=op.f("uq_clusters_id")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_clusters_release"), "clusters", ["release"], unique=False)
    op.create_table(
        "nodes",
        sa.Column("uid", NUMBER, autoincrement=True, nullable=False),
        sa.Column("mac", sa.String(length=17), nullable=False),
        sa.Column("hostname", sa.String(length=255), nullable=False),
        sa.Column("ip", sa.String(length=45), nullable=False),
        sa.Column("cluster", sa.String(length=63), nullable=True),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("online", sa.Boolean(), nullable=False),
        sa.Column("roles", sa.Text(), nullable=False),
        sa.Column("pending_roles", sa.Text(), nullable=False),
        sa.Column("primary_tags", sa.Text(), nullable=False),
        sa.Column("addresses", sa.Text(), nullable=False),
        sa.Column("pending_addition", sa.Boolean(), nullable=False),
        sa.Column("pending_deletion", sa.Boolean(), nullable=False),
        sa.Column("progress", sa.SmallInteger(), nullable=False),
        sa.Column("error_type", sa.String(length=32), nullable=True),
        sa.Column("error_message", sa.Text(), nullable=False),
        sa.Column("attributes", sa.String(length=64), nullable=False),
        sa.Column("meta", sa.String(length=64), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["attributes"], ["documents.digest"], name=op.f("fk_nodes_attributes")
        ),
        sa.ForeignKeyConstraint(["cluster"], ["clusters.id"], name=op.f("fk_nodes_cluster")),
        sa.ForeignKeyConstraint(["meta"], ["documents.digest"], name=op.f("fk_nodes_meta")),
        sa.PrimaryKeyConstraint("uid", name=op.f("pk_nodes")),
        sa.UniqueConstraint("mac", name=op.f("uq_nodes_mac")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_nodes_cluster"), "nodes", ["cluster"], unique=False)

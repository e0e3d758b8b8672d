"""Runs migrations on the connection that ``planner.storage.schema`` hands over."""

from __future__ import annotations

from alembic import context

from planner.storage.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    # SQLite cannot alter a column in place; batch mode copies the table.
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()

"""How are many rows written with plain tuples, the fastest way that SQLAlchemy leaves open?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.engine import Connection


def executemany(connection: Connection, statement: str, rows: Sequence[tuple[Any, ...]]) -> None:
    """Run a statement of ours, with ``?`` for each value, once a row.

    The statements have no literal ``?`` or ``%``; drivers that want ``%s`` get it.
    """
    if not rows:
        return
    if connection.dialect.paramstyle in ("format", "pyformat"):
        statement = statement.replace("?", "%s")
    connection.exec_driver_sql(statement, list(rows))

"""How are many rows written at once, the fastest way that SQLAlchemy leaves open?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.engine import Connection


@dataclass(frozen=True, slots=True)
class BulkStatement:
    """A statement that writes many rows of the same columns, in two spellings.

    ``each`` runs once a row, with ``?`` for each value: best where no server is in between.
    ``at_once`` writes all rows, with ``%s`` for an array of each column's values: PostgreSQL
    takes them twice as fast, because a row is no message of its own.
    """

    each: str
    at_once: str


def write_rows(
    connection: Connection, statement: BulkStatement, rows: Sequence[tuple[Any, ...]]
) -> None:
    """Write rows as plain tuples; none is no statement. On PostgreSQL no key may come twice."""
    if not rows:
        return
    if connection.dialect.name == "postgresql":
        columns = tuple(list(column) for column in zip(*rows, strict=True))
        connection.exec_driver_sql(statement.at_once, columns)
    else:
        connection.exec_driver_sql(statement.each, list(rows))

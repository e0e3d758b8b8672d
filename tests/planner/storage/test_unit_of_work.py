"""A unit of work is one transaction of the database: whole, isolated, or unavailable."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from sqlalchemy.engine import make_url

from planner.domain.errors import Conflict, NotFound, Unavailable
from planner.storage import engine as engines
from planner.storage.unit_of_work import SqlStore
from tests.planner.builders import a_cluster
from tests.planner.stored import put_cluster, put_node, put_transaction
from tests.planner.threads import all_at_once

if TYPE_CHECKING:
    from collections.abc import Callable

    from planner.domain.cluster import Cluster


def test_an_exception_takes_back_everything(any_store: SqlStore) -> None:
    """Nothing of a unit is kept unless all of it is."""
    before = put_cluster(any_store)

    def fail_half_way() -> None:
        with any_store.write() as work:
            work.clusters.save(before)
            work.clusters.add(a_cluster(id="second"))
            work.clusters.get("gone")

    with pytest.raises(NotFound):
        fail_half_way()

    with any_store.read() as work:
        assert work.clusters.get("demo") == before
        assert work.clusters.find("second") is None


def test_what_a_reading_unit_writes_is_not_kept(any_store: SqlStore) -> None:
    """A mistake cannot do harm."""
    before = put_cluster(any_store)

    with any_store.read() as work:
        work.clusters.save(before)

    with any_store.read() as work:
        assert work.clusters.get("demo") == before


def test_readers_neither_wait_for_a_writer_nor_see_half_of_its_work(any_store: SqlStore) -> None:
    """What is not committed is not there."""
    before = put_cluster(any_store)

    with any_store.write() as writing:
        writing.clusters.save(writing.clusters.lock("demo"))
        with any_store.read() as reading:
            assert reading.clusters.get("demo") == before

    with any_store.read() as work:
        assert work.clusters.get("demo").revision == before.revision + 1


def test_no_update_is_lost(any_store: SqlStore) -> None:
    """Read, then write what was read plus one: from six threads, every one counts."""
    before = put_cluster(any_store)

    def raise_revision() -> None:
        for _ in range(5):
            with any_store.write() as work:
                work.clusters.save(work.clusters.lock("demo"))

    answers = all_at_once(*[raise_revision] * 6)

    with any_store.read() as work:
        after = work.clusters.get("demo").revision
    assert answers == [None] * 6
    assert after == before.revision + 30


def test_what_a_unit_read_cannot_change_under_it_on_sqlite(store: SqlStore) -> None:
    """A writer begins IMMEDIATE: even without a lock nobody writes in between."""
    put_cluster(store)

    def raise_revision() -> None:
        with store.write() as work:
            work.clusters.save(work.clusters.get("demo"))

    all_at_once(*[raise_revision] * 8)

    with store.read() as work:
        assert work.clusters.get("demo").revision == 9


def test_locks_in_their_order_never_deadlock(any_store: SqlStore) -> None:
    """Cluster, transaction, nodes by number (law 13), whatever order they are named in."""
    put_cluster(any_store)
    transaction = put_transaction(any_store).id
    uids = [put_node(any_store).uid for _ in range(4)]

    def lock(named: list[str]) -> Callable[[], None]:
        def run() -> None:
            for _ in range(5):
                with any_store.write() as work:
                    work.clusters.lock("demo")
                    work.transactions.lock(transaction)
                    work.nodes.lock(named)

        return run

    answers = all_at_once(lock(uids), lock(uids[::-1]), lock(uids[2:] + uids[:2]))

    assert answers == [None, None, None]


def impatient(url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """Make whoever opens this database wait for locks only a moment."""
    monkeypatch.setattr(engines, "BUSY_TIMEOUT_MS", 10)
    parsed = make_url(url)
    if parsed.get_backend_name() == "postgresql":
        parsed = parsed.update_query_dict({"options": "-c lock_timeout=10ms"})
    return parsed.render_as_string(hide_password=False)


def test_a_busy_database_is_unavailable(
    database_url: str,
    open_store: Callable[[str], SqlStore],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Who waited in vain is told to try again, and can."""
    holder = open_store(database_url)
    store = SqlStore(impatient(database_url, monkeypatch))
    put_cluster(holder)

    with holder.write() as held:
        held.clusters.lock("demo")
        with pytest.raises(Unavailable) as busy, store.write() as work:
            work.clusters.lock("demo")

    with store.write() as work:
        assert work.clusters.lock("demo").id == "demo"
    store.close()
    assert busy.value.reason == "DATABASE_UNAVAILABLE"


def test_a_lost_race_is_a_conflict(any_store: SqlStore) -> None:
    """What only the database could find is told in our words."""
    put_cluster(any_store)

    with pytest.raises(Conflict) as lost, any_store.write() as work:
        work.clusters.add(a_cluster())

    assert lost.value.reason == "CONCURRENT_CHANGE"


def test_a_lock_shows_what_the_writer_before_wrote(any_store: SqlStore) -> None:
    """Waiting for a lock ends with the newest row, not with the one seen before."""
    before = put_cluster(any_store)

    def rename(status: str) -> Callable[[], Cluster]:
        def run() -> Cluster:
            with any_store.write() as work:
                present = work.clusters.lock("demo")
                settings = {**present.settings, status: True}
                return work.clusters.save(replace(present, settings=settings))

        return run

    all_at_once(rename("one"), rename("two"), rename("three"))

    with any_store.read() as work:
        after = work.clusters.get("demo")
    assert after.settings == {"one": True, "two": True, "three": True}
    assert after.revision == before.revision + 3

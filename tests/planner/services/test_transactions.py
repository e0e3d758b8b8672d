"""What was done is read, and the log from any sequence that is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import delete

from planner.domain.errors import NotFound, OutOfRange
from planner.services.transactions import (
    check_reached,
    get_transaction,
    read_events,
    read_messages,
)
from planner.storage.tables import event_blocks
from tests.planner.work import a_small_cluster, apply_and_plan, succeed

if TYPE_CHECKING:
    from planner.domain.transaction import Transaction
    from planner.storage.unit_of_work import SqlStore


@pytest.fixture
def done(store: SqlStore) -> Transaction:
    """A transaction that has ended."""
    a_small_cluster(store)
    return succeed(store, apply_and_plan(store))


def read(store: SqlStore, transaction: Transaction, after: int, limit: int = 1000) -> list[int]:
    """Read the log after a sequence; return the first sequence of each block."""
    blocks = read_events(store, transaction.number, after, transaction.last_sequence, limit)
    return [block.first_sequence for block in blocks]


def trim(store: SqlStore, transaction: Transaction, before: int) -> None:
    """Forget the blocks of a log that end before a sequence."""
    c = event_blocks.c
    with store.writer.begin() as connection:
        connection.execute(
            delete(event_blocks).where(
                c.transaction == transaction.number, c.last_sequence < before
            )
        )


def test_the_log_is_read_from_anywhere(store: SqlStore, done: Transaction) -> None:
    """The first block holds what follows."""
    starts = read(store, done, 0)

    assert starts[0] == 1
    assert read(store, done, starts[1] - 1) == starts[1:]
    assert read(store, done, done.last_sequence) == []


def test_a_sequence_that_the_log_has_not_reached_is_out_of_range() -> None:
    """With the sequence that it has reached."""
    check_reached(7, 7)

    with pytest.raises(OutOfRange) as refused:
        check_reached(8, 7)

    assert refused.value.reason == "SEQUENCE_AHEAD"
    assert refused.value.metadata == {"last_sequence": "7"}


def test_events_that_are_trimmed_are_out_of_range(store: SqlStore, done: Transaction) -> None:
    """With the oldest that is kept; from there on everything can be read."""
    oldest = read(store, done, 0)[2]
    trim(store, done, oldest)

    with pytest.raises(OutOfRange) as refused:
        read(store, done, oldest - 2)

    assert refused.value.reason == "EVENTS_TRIMMED"
    assert refused.value.metadata == {"oldest_sequence": str(oldest)}
    assert read(store, done, oldest - 1)[0] == oldest


def test_messages_are_read_with_their_steps(store: SqlStore, done: Transaction) -> None:
    """In the order in which they were sent."""
    found = [(step.method, envelope.step) for step, envelope in read_messages(store, done.id)]

    assert found == [("native_provision", 0), ("task_deploy", 1)]


@pytest.mark.timeout(20)
def test_slow_readers_of_messages_hold_nobody_up(store: SqlStore, done: Transaction) -> None:
    """However many stand in the middle, everybody else is served."""
    readers = [read_messages(store, done.id) for _ in range(40)]
    for reader in readers:
        next(reader)

    assert get_transaction(store, done.id).transaction == done


def test_an_unknown_transaction_is_not_found(store: SqlStore) -> None:
    """To read, and to read the messages of."""
    with pytest.raises(NotFound):
        get_transaction(store, "gone")
    with pytest.raises(NotFound):
        list(read_messages(store, "gone"))

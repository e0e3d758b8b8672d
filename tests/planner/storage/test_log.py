"""The port EventLog, on every database (law 3)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from planner.domain.errors import Conflict, Violation
from planner.domain.events import Event, NodeChanged, StepChanged, TaskChanged, TransactionChanged
from planner.domain.states import NodeErrorType, NodeStatus, StepState, TaskState, TransactionState
from planner.domain.transaction import Failure, StepKind
from tests.planner.builders import NOW
from tests.planner.stored import put_transaction

if TYPE_CHECKING:
    from planner.domain.transaction import Transaction
    from planner.services.ports import Store

FAILURE = Failure("BAD", "text", {"k": "v"}, (Violation("R", "s", "m — ü"),))
EVENTS: list[Event] = [
    TransactionChanged(TransactionState.RUNNING, 0, "waiting"),
    TransactionChanged(None, 5),
    StepChanged(step=0, kind=StepKind.DEPLOYMENT, state=StepState.RUNNING, progress=1),
    StepChanged(step=0, kind=StepKind.DEPLOYMENT, state=None, progress=2),
    StepChanged(
        step=0, kind=StepKind.DEPLOYMENT, state=StepState.FAILED, progress=2, failure=FAILURE
    ),
    TaskChanged(0, "1", "a", TaskState.ERROR, 2**40, "exit 1"),
    NodeChanged("1", NodeStatus.ERROR, 100, NodeErrorType.DEPLOY, "no luck"),
    NodeChanged("2", NodeStatus.READY, 100),
    TransactionChanged(TransactionState.FAILED, 5, "", FAILURE),
]


def append(store: Store, transaction: Transaction, *blocks: int) -> Transaction:
    """Append blocks of this many progress events, each in its own commit."""
    for count in blocks:
        with store.write() as work:
            figures = [TransactionChanged(None, figure) for figure in range(count)]
            transaction = work.log.append(transaction, figures, NOW)
            work.transactions.save(transaction)
    return transaction


def test_events_are_read_as_they_were_appended(any_store: Store) -> None:
    """Every kind, with all its fields, at the time of their commit."""
    transaction = put_transaction(any_store)

    with any_store.write() as work:
        after = work.log.append(transaction, EVENTS, NOW + timedelta(milliseconds=3))

    with any_store.read() as work:
        (block,) = work.log.read(transaction.number, 0, 100)
    assert list(block.events) == EVENTS
    assert block.time_ms == round(NOW.timestamp() * 1000) + 3
    assert (block.first_sequence, block.last_sequence) == (1, len(EVENTS))
    assert after == replace(transaction, last_sequence=len(EVENTS))


def test_sequences_rise_by_exactly_one(any_store: Store) -> None:
    """Block after block, without a gap."""
    transaction = append(any_store, put_transaction(any_store), 3, 1, 4)

    with any_store.read() as work:
        blocks = work.log.read(transaction.number, 0, 100)

    sequences = [
        number
        for block in blocks
        for number in range(block.first_sequence, block.last_sequence + 1)
    ]
    assert sequences == list(range(1, 9))


def test_appending_nothing_changes_nothing(any_store: Store) -> None:
    """A window may bring no news."""
    transaction = append(any_store, put_transaction(any_store), 2, 0)

    with any_store.read() as work:
        assert len(work.log.read(transaction.number, 0, 100)) == 1
    assert transaction.last_sequence == 2


@pytest.mark.parametrize(
    ("after", "expected"), [(0, [1, 4, 5]), (2, [1, 4, 5]), (3, [4, 5]), (4, [5]), (9, [])]
)
def test_reading_begins_with_the_block_that_holds_what_follows(
    any_store: Store, after: int, expected: list[int]
) -> None:
    """A block is given whole, even if its beginning is known."""
    number = append(any_store, put_transaction(any_store), 3, 1, 2).number

    with any_store.read() as work:
        blocks = work.log.read(number, after, 100)

    assert [block.first_sequence for block in blocks] == expected


def test_reading_is_bounded(any_store: Store) -> None:
    """About as many events as asked for, at least one block."""
    number = append(any_store, put_transaction(any_store), 3, 3, 3).number

    with any_store.read() as work:
        blocks = work.log.read(number, 0, 4)

    assert [block.first_sequence for block in blocks] == [1, 4]


def test_each_transaction_has_a_log_of_its_own(any_store: Store) -> None:
    """Sequences of one say nothing of another."""
    one = append(any_store, put_transaction(any_store, cluster="a"), 5)
    two = append(any_store, put_transaction(any_store, cluster="b"), 1)

    with any_store.read() as work:
        (block,) = work.log.read(two.number, 0, 100)
        assert work.log.oldest(one.number) == 1
    assert (block.first_sequence, block.last_sequence) == (1, 1)


def test_a_sequence_cannot_be_written_twice(any_store: Store) -> None:
    """Whoever appends to a stale transaction is told, and nothing of his work is kept."""
    stale = put_transaction(any_store)
    append(any_store, stale, 2)

    with pytest.raises(Conflict):
        append(any_store, stale, 1)

    with any_store.read() as work:
        (block,) = work.log.read(stale.number, 0, 100)
        assert work.transactions.get(stale.id).last_sequence == 2
    assert len(block.events) == 2

"""The ports Outbox and Ledger, on every database."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from planner.domain.errors import Conflict
from planner.services.ports import Batch, Envelope, LedgerEntry
from tests.planner.builders import NOW
from tests.planner.stored import put_transaction

if TYPE_CHECKING:
    from planner.domain.transaction import Transaction
    from planner.services.ports import Store

ENTRY = LedgerEntry("ApplyChanges", "d" * 64, "a resource — ü")


def put_batch(store: Store, transaction: Transaction, name: str, *steps: int, at: int = 0) -> Batch:
    """Store a batch with one message a step."""
    messages = [Envelope(step, f"{name}/{step}".encode() + b"\x00\xff") for step in steps]
    batch = Batch(name, transaction.id, messages, {"suite": "ü"}, "slow")
    with store.write() as work:
        work.outbox.add(transaction, batch, NOW + timedelta(seconds=at))
    return batch


def test_a_batch_waits_until_it_is_confirmed(any_store: Store) -> None:
    """With its messages, labels and scenario."""
    transaction = put_transaction(any_store)
    batch = put_batch(any_store, transaction, "one", 0, 1)

    with any_store.read() as work:
        assert work.outbox.pending(transaction.number) == [batch]


def test_batches_wait_in_the_order_they_were_made(any_store: Store) -> None:
    """Those of other transactions are not among them."""
    transaction, other = put_transaction(any_store), put_transaction(any_store, cluster="b")
    put_batch(any_store, transaction, "z", 0, at=1)
    put_batch(any_store, transaction, "a", 1, at=2)
    put_batch(any_store, other, "b", 0)

    with any_store.read() as work:
        assert [batch.id for batch in work.outbox.pending(transaction.number)] == ["z", "a"]


def test_confirming_is_idempotent(any_store: Store) -> None:
    """Once or twice, known or not."""
    transaction = put_transaction(any_store)
    put_batch(any_store, transaction, "one", 0)

    for _ in range(2):
        with any_store.write() as work:
            work.outbox.confirm("one", NOW)
            work.outbox.confirm("gone", NOW)

    with any_store.read() as work:
        assert work.outbox.pending(transaction.number) == []


def test_messages_are_kept_for_the_record(any_store: Store) -> None:
    """Confirmed or not, in the order of the steps, byte for byte."""
    transaction = put_transaction(any_store)
    put_batch(any_store, transaction, "z", 0, 1)
    put_batch(any_store, transaction, "a", 2, at=1)
    with any_store.write() as work:
        work.outbox.confirm("z", NOW)

    with any_store.read() as work:
        messages = list(work.outbox.messages(transaction.number))

    assert messages == [
        Envelope(0, b"z/0\x00\xff"),
        Envelope(1, b"z/1\x00\xff"),
        Envelope(2, b"a/2\x00\xff"),
    ]


def test_the_ledger_remembers_what_an_id_was_used_for(any_store: Store) -> None:
    """An id that was never seen is None."""
    with any_store.write() as work:
        work.ledger.add("r-1", ENTRY, NOW)

    with any_store.read() as work:
        assert work.ledger.find("r-1") == ENTRY
        assert work.ledger.find("r-2") is None


def test_an_id_is_remembered_once(any_store: Store) -> None:
    """The second of two who use it at once is told so, and the first one's entry stays."""
    with any_store.write() as work:
        work.ledger.add("r-1", ENTRY, NOW)

    with pytest.raises(Conflict), any_store.write() as work:
        work.ledger.add("r-1", ENTRY._replace(resource="another"), NOW)

    with any_store.read() as work:
        assert work.ledger.find("r-1") == ENTRY

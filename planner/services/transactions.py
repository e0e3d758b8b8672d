"""What was done, and what is being done right now? Reads only."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from planner.domain.errors import OutOfRange

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from planner.domain.events import EventBlock
    from planner.domain.states import TaskState, TransactionState
    from planner.domain.transaction import Step, TaskRun, Transaction
    from planner.services.ports import Envelope, Page, Store


class TransactionView(NamedTuple):
    """A transaction with its steps."""

    transaction: Transaction
    steps: Sequence[Step]


def get_transaction(store: Store, transaction: str) -> TransactionView:
    """Return a transaction; raises NotFound."""
    with store.read() as work:
        found = work.transactions.get(transaction)
        return TransactionView(found, work.transactions.steps([found.number])[found.number])


def list_transactions(
    store: Store, page: Page, cluster: str | None, state: TransactionState | None
) -> Sequence[TransactionView]:
    """List transactions newest first."""
    with store.read() as work:
        found = work.transactions.page(page, cluster, state)
        steps = work.transactions.steps(transaction.number for transaction in found)
        return [TransactionView(item, steps[item.number]) for item in found]


def list_task_runs(
    store: Store,
    transaction: str,
    page: Page,
    *,
    uid: str = "",
    task: str = "",
    state: TaskState | None = None,
) -> Sequence[TaskRun]:
    """List the history of a transaction by step, node and task."""
    with store.read() as work:
        number = work.transactions.get(transaction).number
        return work.history.page(number, page, uid, task, state)


def read_events(
    store: Store, transaction: int, after: int, last: int, limit: int
) -> Sequence[EventBlock]:
    """Read a transaction's log, by its number, after a sequence.

    ``last`` is the newest sequence that the caller knows of.

    Raises OutOfRange, ``EVENTS_TRIMMED``, when what follows ``after`` is no longer kept.
    """
    with store.read() as work:
        blocks = work.log.read(transaction, after, limit)
        if after < last and (not blocks or blocks[0].first_sequence > after + 1):
            oldest = blocks[0].first_sequence if blocks else work.log.oldest(transaction)
            raise OutOfRange(
                "EVENTS_TRIMMED",
                f"events up to {oldest - 1} are no longer kept",
                {"oldest_sequence": str(oldest)},
            )
        return blocks


def check_reached(sequence: int, last: int) -> None:
    """Raise OutOfRange, ``SEQUENCE_AHEAD``, for a sequence that a log has not reached."""
    if sequence > last:
        raise OutOfRange(
            "SEQUENCE_AHEAD",
            f"the log ends at sequence {last}, before {sequence}",
            {"last_sequence": str(last)},
        )


def read_messages(store: Store, transaction: str) -> Iterator[tuple[Step, Envelope]]:
    """Yield each message of a transaction with its step, in order.

    All are read at once: whoever takes them slowly must not hold the database up.
    """
    with store.read() as work:
        number = work.transactions.get(transaction).number
        steps = work.transactions.steps([number])[number]
        envelopes = list(work.outbox.messages(number))
    for envelope in envelopes:
        yield steps[envelope.step], envelope

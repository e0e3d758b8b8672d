"""WatchTransaction and WaitTransaction, over a real port."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import grpc
import pytest
from grpc import aio

from planner.domain.reports import ExecutionState, Report
from planner.rpc import watch as watching
from planner.v1 import transaction_pb2
from planner.v1 import transaction_service_pb2 as pb
from tests.planner.rpc.serving import Client, refusal, serving
from tests.planner.work import a_small_cluster, apply_and_plan, opened, record, succeed

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from planner.storage.unit_of_work import SqlStore

UNKNOWN = "00000000-0000-4000-8000-000000000000"


@pytest.fixture(autouse=True)
def _look_often(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tests record without ringing the service's bell: it looks by itself."""
    monkeypatch.setattr(watching, "LOOK_S", 0.01)


@pytest.fixture
async def client(store: SqlStore) -> AsyncIterator[Client]:
    """A served store with a small cluster in it."""
    a_small_cluster(store)
    async with serving(store) as served:
        yield served


def watch(client: Client, transaction: str, after: int | None = None) -> Any:
    """Open a stream."""
    request = pb.WatchTransactionRequest(transaction=transaction, after_sequence=after)
    return client.transactions.WatchTransaction(request)


async def to_the_end(client: Client, transaction: str, after: int | None = None) -> Sequence[Any]:
    """Read a whole stream."""
    return [response async for response in watch(client, transaction, after)]


def events_in(responses: Sequence[Any]) -> list[transaction_pb2.TransactionEvent]:
    """Return the events of responses."""
    return [event for response in responses for event in response.events.events]


async def test_a_stream_begins_with_a_snapshot_and_ends_with_finished(
    store: SqlStore, client: Client
) -> None:
    """Between them every event that follows the snapshot, as it is recorded."""
    planned = apply_and_plan(store)
    stream = aiter(watch(client, planned.id))
    first = await anext(stream)

    await asyncio.to_thread(succeed, store, planned)
    rest = [response async for response in stream]

    sequences = [event.sequence for event in events_in(rest)]
    finished = rest[-1].finished
    assert first.snapshot.last_sequence == planned.last_sequence
    assert sequences == list(range(planned.last_sequence + 1, finished.last_sequence + 1))
    assert finished.state == transaction_pb2.TRANSACTION_STATE_SUCCEEDED
    assert [response.HasField("finished") for response in rest].count(True) == 1


async def test_resuming_anywhere_equals_the_uninterrupted_stream(
    store: SqlStore, client: Client
) -> None:
    """From every sequence on: what follows it, and one finished."""
    done = succeed(store, apply_and_plan(store))
    whole = await to_the_end(client, done.id, 0)
    events = events_in(whole)

    resumed = [
        await to_the_end(client, done.id, after) for after in range(1, done.last_sequence + 1)
    ]

    assert [event.sequence for event in events] == list(range(1, done.last_sequence + 1))
    for after, responses in enumerate(resumed, 1):
        assert events_in(responses) == events[after:]
        assert responses[-1].finished == whole[-1].finished
        assert not any(response.HasField("snapshot") for response in responses)


async def test_a_finished_transaction_is_told_at_once(store: SqlStore, client: Client) -> None:
    """A snapshot, then finished."""
    done = succeed(store, apply_and_plan(store))

    snapshot, finished = await to_the_end(client, f"transactions/{done.id}")

    assert snapshot.snapshot == finished.finished


async def test_an_idle_watcher_is_told_that_it_missed_nothing(
    store: SqlStore, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bookmark has the newest sequence, which was sent."""
    monkeypatch.setattr(watching, "BOOKMARK_S", 0)
    planned = apply_and_plan(store)
    stream = watch(client, planned.id, planned.last_sequence)

    response = await stream.read()
    stream.cancel()

    assert response.bookmark.last_sequence == planned.last_sequence


async def test_a_stream_ends_unavailable_when_the_server_drains(
    store: SqlStore, client: Client
) -> None:
    """Never OK without finished; the client watches again."""
    stream = watch(client, apply_and_plan(store).id)
    await stream.read()

    client.watcher.drain()
    with pytest.raises(aio.AioRpcError) as ended:
        await stream.read()

    refused = refusal(ended.value)
    assert refused.code is grpc.StatusCode.UNAVAILABLE
    assert refused.reason == "DRAINING"
    assert refused.details["RetryInfo"].retry_delay.seconds > 0


@pytest.mark.parametrize(
    ("transaction", "after", "code", "reason"),
    [
        (UNKNOWN, None, grpc.StatusCode.NOT_FOUND, "TRANSACTION_NOT_FOUND"),
        ("nonsense", None, grpc.StatusCode.INVALID_ARGUMENT, "INVALID_INPUT"),
        ("", 5, grpc.StatusCode.INVALID_ARGUMENT, "INVALID_INPUT"),
        ("known", 10_000, grpc.StatusCode.OUT_OF_RANGE, "SEQUENCE_AHEAD"),
        ("known", 2**63 - 1, grpc.StatusCode.OUT_OF_RANGE, "SEQUENCE_AHEAD"),
        ("known", 2**63, grpc.StatusCode.INVALID_ARGUMENT, "INVALID_INPUT"),
        ("known", 2**64 - 1, grpc.StatusCode.INVALID_ARGUMENT, "INVALID_INPUT"),
    ],
)
async def test_a_stream_that_cannot_begin_says_why(
    store: SqlStore,
    client: Client,
    transaction: str,
    after: int | None,
    code: grpc.StatusCode,
    reason: str,
) -> None:
    """With details, like any other call."""
    known = apply_and_plan(store).id

    with pytest.raises(aio.AioRpcError) as ended:
        await to_the_end(client, known if transaction == "known" else transaction, after)

    refused = refusal(ended.value)
    assert (refused.code, refused.reason) == (code, reason)


async def test_waiting_answers_an_unfinished_transaction_in_time(
    store: SqlStore, client: Client
) -> None:
    """That is an answer, not an error."""
    planned = apply_and_plan(store)
    request = pb.WaitTransactionRequest(transaction=planned.id, timeout_ms=1)

    answer = await client.transactions.WaitTransaction(request)

    assert answer.transaction.state == transaction_pb2.TRANSACTION_STATE_RUNNING
    assert not answer.transaction.done


async def test_waiting_ends_with_the_transaction(store: SqlStore, client: Client) -> None:
    """However long one would have waited."""
    planned = apply_and_plan(store)
    recording = opened(store, planned)
    request = pb.WaitTransactionRequest(transaction=planned.id, timeout_ms=3_600_000)
    waiting = client.transactions.WaitTransaction(request)

    failed = Report(1, execution_state=ExecutionState.ERROR, error="no luck")
    await asyncio.to_thread(record, store, recording, failed)

    answer = await waiting
    assert answer.transaction.done
    assert answer.transaction.failure.message == "no luck"


async def test_waiting_comes_back_before_the_deadline(store: SqlStore, client: Client) -> None:
    """A call with a deadline and no timeout of its own is answered, not cut off."""
    request = pb.WaitTransactionRequest(transaction=apply_and_plan(store).id)

    answer = await client.transactions.WaitTransaction(request, timeout=1)

    assert not answer.transaction.done


async def test_waiting_has_a_longest_time(client: Client) -> None:
    """An hour; more is refused with the field."""
    request = pb.WaitTransactionRequest(transaction=UNKNOWN, timeout_ms=3_600_001)

    with pytest.raises(aio.AioRpcError) as ended:
        await client.transactions.WaitTransaction(request)

    assert refusal(ended.value).fields == [("OUT_OF_RANGE", "timeout_ms")]

"""Watching executions: from any sequence, in both forms, to the end."""

from __future__ import annotations

from typing import Any

import grpc
import pytest
from google.rpc import error_details_pb2

from orchestrator.v1 import execution_pb2
from orchestrator.v1 import orchestrator_service_pb2 as pb
from tests.orchestrator.client import Client, Serving, detail_of, reason_of
from tests.orchestrator.graphs import deploy_message, lattice

STEPPED = "clock: {mode: stepped}"


async def test_resuming_anywhere_equals_the_uninterrupted_stream(client: Client) -> None:
    """After any sequence the rest follows, none missing, none twice."""
    await client.submit("b", deploy_message("d", lattice(2, 4)))
    events, _ = await client.watch("d")
    for after in range(len(events) + 1):
        rest, _ = await client.watch("d", after)
        assert rest == events[after:]


async def test_columns_say_what_events_say(client: Client) -> None:
    """Both forms carry the same events, also after a sequence inside a block."""
    await client.submit("b", deploy_message("d", lattice(3, 5)))
    events, _ = await client.watch("d")
    for after in (0, 1, 7, len(events) - 1):
        request = pb.WatchExecutionRequest(
            execution="d", after_sequence=after, form=pb.EVENT_FORM_COLUMNS
        )
        tables = execution_pb2.ExecutionTables()
        seen: list[tuple[int, int, str, str, int]] = []
        async for response in client.executions.WatchExecution(request):
            if response.HasField("opened"):
                tables = response.opened.tables
            columns = response.columns
            elapsed = 0
            for index, delta in enumerate(columns.elapsed_ms_delta):
                elapsed += delta
                uid, task = columns.uid[index], columns.task[index]
                seen.append(
                    (
                        columns.first_sequence + index,
                        elapsed,
                        tables.uids[uid - 1] if uid else "",
                        tables.task_ids[task - 1] if task else "",
                        columns.task_status[index],
                    )
                )
        assert seen == [
            (e.sequence, e.elapsed_ms, e.uid, e.task_id, e.task_status) for e in events[after:]
        ]


async def test_an_idle_watcher_gets_bookmarks(serving: Serving) -> None:
    """A watcher of an execution that stands still learns that it has missed nothing."""
    async with serving(STEPPED, bookmark_seconds=0.05) as client:
        await client.submit("b", deploy_message("d", lattice(1, 2)))
        stream = client.executions.WatchExecution(pb.WatchExecutionRequest(execution="d"))
        async for response in stream:
            if response.HasField("bookmark") and response.bookmark.last_sequence:
                assert response.bookmark.last_sequence == 2
                break
        stream.cancel()


async def test_unknown_trimmed_and_unreached_sequences_are_refused(client: Client) -> None:
    """Each has its own status and reason."""
    await client.submit("b", deploy_message("d", lattice(1, 3)))
    events, _ = await client.watch("d")
    acknowledge = pb.AcknowledgeEventsRequest(execution="d", sequence=4)
    assert (await client.executions.AcknowledgeEvents(acknowledge)).trimmed_sequence == 4
    for name, after, code, reason in (
        ("nope", 0, grpc.StatusCode.NOT_FOUND, "EXECUTION_NOT_FOUND"),
        ("d", 3, grpc.StatusCode.OUT_OF_RANGE, "EVENTS_TRIMMED"),
        ("d", len(events) + 1, grpc.StatusCode.OUT_OF_RANGE, "SEQUENCE_AHEAD"),
        ("a b", 0, grpc.StatusCode.INVALID_ARGUMENT, "INVALID_ARGUMENT"),
    ):
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await client.watch(name, after)
        assert (caught.value.code(), reason_of(caught.value)) == (code, reason)
    rest, _ = await client.watch("d", 4)
    assert rest == events[4:]


async def test_acknowledging_is_idempotent(client: Client) -> None:
    """A lower or repeated acknowledgement changes nothing and is no error."""
    await client.submit("b", deploy_message("d", lattice(1, 3)))
    await client.watch("d")
    for sequence in (5, 5, 2):
        request = pb.AcknowledgeEventsRequest(execution="d", sequence=sequence)
        answer = await client.executions.AcknowledgeEvents(request)
        assert answer.trimmed_sequence == 5


async def test_shutdown_sends_watchers_away(serving: Serving) -> None:
    """A watcher of an unfinished execution gets UNAVAILABLE, to come back later."""
    async with serving(STEPPED) as client:
        await client.submit("b", deploy_message("d", lattice(1, 2)))
        stream = client.executions.WatchExecution(pb.WatchExecutionRequest(execution="d"))
        await stream.read()
        await client.service.close()
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await drained(stream)
        assert caught.value.code() is grpc.StatusCode.UNAVAILABLE
        assert detail_of(caught.value, error_details_pb2.RetryInfo()).retry_delay.seconds == 1


async def drained(stream: grpc.aio.UnaryStreamCall[Any, Any]) -> None:
    """Read a stream to its end."""
    while await stream.read() is not grpc.aio.EOF:
        pass

"""How is the orchestrator reached?"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Final

import grpc
from grpc import aio

from orchestrator.v1 import orchestrator_service_pb2 as pb
from orchestrator.v1.orchestrator_service_pb2_grpc import OrchestratorServiceStub

if TYPE_CHECKING:
    from collections.abc import AsyncIterable, Iterator

    from planner.services.ports import Batch

PIECE: Final = 1 << 20
"""Size of a piece of a message in bytes: far below gRPC's 4 MiB."""

OPTIONS: Final = (
    # A frozen peer is noticed only by pings, and their timeout only by this option.
    ("grpc.keepalive_time_ms", 10_000),
    ("grpc.keepalive_timeout_ms", 5_000),
    ("grpc.http2.ping_timeout_ms", 5_000),
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.http2.max_pings_without_data", 0),
    ("grpc.initial_reconnect_backoff_ms", 200),
    ("grpc.max_reconnect_backoff_ms", 5_000),
    (
        "grpc.service_config",
        json.dumps(
            {
                "methodConfig": [
                    {
                        "name": [{"service": "orchestrator.v1.OrchestratorService"}],
                        "retryPolicy": {
                            "maxAttempts": 4,
                            "initialBackoff": "0.1s",
                            "maxBackoff": "2s",
                            "backoffMultiplier": 2,
                            "retryableStatusCodes": ["UNAVAILABLE"],
                        },
                    }
                ]
            }
        ),
    ),
)


class Orchestrator:
    """A connection to one orchestrator. Calls wait until it can be reached."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._channel = aio.insecure_channel(address, options=OPTIONS)
        self._stub = OrchestratorServiceStub(self._channel)

    async def submit(self, batch: Batch) -> pb.SubmitBatchResponse:
        """Hand over a batch; idempotent. Raises grpc.aio.AioRpcError."""
        return await self._stub.SubmitBatch(iter(list(_parts(batch))), wait_for_ready=True)

    def watch(self, execution: str, after: int) -> AsyncIterable[pb.WatchExecutionResponse]:
        """Stream the events of an execution after a sequence, in columns."""
        request = pb.WatchExecutionRequest(
            execution=execution, after_sequence=after, form=pb.EVENT_FORM_COLUMNS
        )
        return self._stub.WatchExecution(request, wait_for_ready=True)

    async def stop(self, request: pb.StopExecutionRequest) -> pb.StopExecutionResponse:
        """Stop an execution; idempotent."""
        return await self._stub.StopExecution(request, wait_for_ready=True)

    async def acknowledge(self, execution: str, sequence: int) -> None:
        """Let the orchestrator forget events that are recorded."""
        request = pb.AcknowledgeEventsRequest(execution=execution, sequence=sequence)
        await self._stub.AcknowledgeEvents(request, wait_for_ready=True)

    async def close(self) -> None:
        """Close the connection; calls in flight are cancelled."""
        await self._channel.close(grace=None)


def is_lost(error: aio.AioRpcError) -> bool:
    """Tell whether the orchestrator does not know what it once confirmed: it lost its journal."""
    return error.code() in (grpc.StatusCode.NOT_FOUND, grpc.StatusCode.OUT_OF_RANGE)


def is_refusal(error: aio.AioRpcError) -> bool:
    """Tell whether trying again cannot help: the batch itself is at fault."""
    return error.code() in (
        grpc.StatusCode.INVALID_ARGUMENT,
        grpc.StatusCode.ALREADY_EXISTS,
        grpc.StatusCode.NOT_FOUND,
        grpc.StatusCode.FAILED_PRECONDITION,
    )


def _parts(batch: Batch) -> Iterator[pb.SubmitBatchRequest]:
    scenario, labels = batch.scenario, dict(batch.labels)
    header = pb.BatchHeader(batch_id=batch.id, labels=labels, scenario=scenario)
    yield pb.SubmitBatchRequest(header=header)
    checksum = hashlib.sha256()
    for message in batch.messages:
        checksum.update(message.data)
        for start in range(0, len(message.data), PIECE):
            last = start + PIECE >= len(message.data)
            piece = pb.MessagePiece(data=message.data[start : start + PIECE], last=last)
            yield pb.SubmitBatchRequest(piece=piece)
    commit = pb.BatchCommit(message_count=len(batch.messages), sha256=checksum.digest())
    yield pb.SubmitBatchRequest(commit=commit)

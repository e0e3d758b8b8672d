"""A client of the orchestrator as tests want it: few words, whole answers."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING, Any

import grpc
from google.rpc import error_details_pb2, status_pb2

from orchestrator.v1 import execution_pb2, simulation_service_pb2_grpc
from orchestrator.v1 import orchestrator_service_pb2 as pb
from orchestrator.v1 import orchestrator_service_pb2_grpc as pb_grpc

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestrator.app import Orchestrator
    from orchestrator.v1 import message_pb2


class Client:
    """Stubs of both services and the calls that most tests make."""

    def __init__(self, channel: grpc.aio.Channel, service: Orchestrator) -> None:
        self.channel = channel
        self.service = service
        self.executions: pb_grpc.OrchestratorServiceAsyncStub = pb_grpc.OrchestratorServiceStub(
            channel
        )
        self.simulation: simulation_service_pb2_grpc.SimulationServiceAsyncStub = (
            simulation_service_pb2_grpc.SimulationServiceStub(channel)
        )

    async def submit(
        self, batch_id: str, *messages: message_pb2.Message, **header: Any
    ) -> pb.SubmitBatchResponse:
        """Submit whole messages as a batch."""
        return await self.executions.SubmitBatch(batch_parts(batch_id, *messages, **header))

    async def watch(
        self, task_uuid: str, after_sequence: int = 0
    ) -> tuple[list[execution_pb2.ExecutionEvent], execution_pb2.Execution]:
        """Follow an execution to its end; return its events and how it ended."""
        request = pb.WatchExecutionRequest(execution=task_uuid, after_sequence=after_sequence)
        events: list[execution_pb2.ExecutionEvent] = []
        finished: execution_pb2.Execution | None = None
        async for response in self.executions.WatchExecution(request):
            assert finished is None, "nothing follows finished"
            events.extend(response.events.events)
            if response.HasField("finished"):
                finished = response.finished.execution
        assert finished is not None, "a stream does not end OK without finished"
        return events, finished

    async def get(self, task_uuid: str) -> execution_pb2.Execution:
        """Return one execution."""
        request = pb.GetExecutionRequest(execution=task_uuid)
        return (await self.executions.GetExecution(request)).execution


Serving = Callable[..., AbstractAsyncContextManager[Client]]
"""Runs the service with a scenario's text and settings; several times on one journal."""


def batch_parts(
    batch_id: str, *messages: message_pb2.Message, **header: Any
) -> Iterator[pb.SubmitBatchRequest]:
    """Yield the parts of a batch of whole messages."""
    yield pb.SubmitBatchRequest(header=pb.BatchHeader(batch_id=batch_id, **header))
    for message in messages:
        yield pb.SubmitBatchRequest(message=message)
    yield pb.SubmitBatchRequest(commit=pb.BatchCommit(message_count=len(messages)))


def reason_of(error: grpc.RpcError) -> str:
    """Return the reason that an error's ErrorInfo carries."""
    reason: str = detail_of(error, error_details_pb2.ErrorInfo()).reason
    return reason


def detail_of(error: grpc.RpcError, detail: Any) -> Any:
    """Return the detail of a type that an error carries; fails where there is none."""
    status = status_pb2.Status()
    assert isinstance(error, grpc.Call | grpc.aio.AioRpcError)
    for key, value in error.trailing_metadata() or ():
        if key == "grpc-status-details-bin":
            status.ParseFromString(value)
    for packed in status.details:
        if packed.Unpack(detail):
            return detail
    raise AssertionError(f"no {detail.DESCRIPTOR.name} in {status}")

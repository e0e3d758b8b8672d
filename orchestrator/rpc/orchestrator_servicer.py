"""`OrchestratorService`: what each RPC does, in a line or two."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from orchestrator.domain.errors import OrchestratorError, Violation
from orchestrator.domain.states import ExecutionState
from orchestrator.rpc.errors import RequestInvalidError, abort_async, answered
from orchestrator.rpc.executions import execution_message
from orchestrator.rpc.names import task_uuid_of
from orchestrator.rpc.paging import page_size, read_token, write_token
from orchestrator.simulate.commands import StopCommand
from orchestrator.v1 import orchestrator_service_pb2 as pb
from orchestrator.v1 import orchestrator_service_pb2_grpc as pb_grpc

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Coroutine

    import grpc

    from orchestrator.engine.engine import Engine
    from orchestrator.rpc.submit import BatchDoor
    from orchestrator.rpc.watch import Watch

T = TypeVar("T")


class OnLoop(Protocol):
    """Runs a coroutine on the engine's event loop and waits for it, from any other thread."""

    def __call__(self, work: Coroutine[Any, Any, T]) -> T:
        """Return what `work` returns, or raise what it raises."""


class OrchestratorServicer(pb_grpc.OrchestratorServiceServicer):
    """Streams are async; unary handlers are plain functions that run in worker threads (law 9)."""

    def __init__(self, engine: Engine, door: BatchDoor, watch: Watch, on_loop: OnLoop) -> None:
        self._engine = engine
        self._door = door
        self._watch = watch
        self._on_loop = on_loop

    async def SubmitBatch(
        self,
        request_iterator: AsyncIterator[pb.SubmitBatchRequest],
        context: grpc.aio.ServicerContext[Any, Any],
    ) -> pb.SubmitBatchResponse:
        """Take a batch from its parts."""
        try:
            return await self._door.submit(request_iterator)
        except OrchestratorError as error:
            await abort_async(context, error)

    async def WatchExecution(
        self,
        request: pb.WatchExecutionRequest,
        context: grpc.aio.ServicerContext[Any, Any],
    ) -> AsyncIterator[pb.WatchExecutionResponse]:
        """Follow an execution to its end."""
        try:
            task_uuid = task_uuid_of(request.execution)
            async for response in self._watch.responses(
                task_uuid, request.after_sequence, request.form
            ):
                yield response
        except OrchestratorError as error:
            await abort_async(context, error)

    @answered
    def StopExecution(self, request: pb.StopExecutionRequest) -> pb.StopExecutionResponse:
        """Stop an execution; answers when the stop has taken effect."""
        command = StopCommand(request.force, request.grace_period_ms, request.erase)
        record = self._on_loop(self._engine.stop(task_uuid_of(request.execution), command))
        return pb.StopExecutionResponse(execution=execution_message(record))

    @answered
    def AcknowledgeEvents(
        self, request: pb.AcknowledgeEventsRequest
    ) -> pb.AcknowledgeEventsResponse:
        """Let the journal forget events."""
        task_uuid = task_uuid_of(request.execution)
        trimmed = self._engine.journal.acknowledge(task_uuid, request.sequence)
        return pb.AcknowledgeEventsResponse(trimmed_sequence=trimmed)

    @answered
    def GetExecution(self, request: pb.GetExecutionRequest) -> pb.GetExecutionResponse:
        """Answer one execution."""
        record = self._engine.journal.execution(task_uuid_of(request.execution))
        return pb.GetExecutionResponse(execution=execution_message(record))

    @answered
    def ListExecutions(self, request: pb.ListExecutionsRequest) -> pb.ListExecutionsResponse:
        """Answer a page of executions."""
        size = page_size(request.page_size)
        filters: list[int | str] = [request.batch_id, request.state]
        key = read_token(request.page_token, filters, (int, int))
        state = _state_of(request.state)
        rows = self._engine.journal.list_executions(
            limit=size + 1,
            before=None if key is None else (int(key[0]), int(key[1])),
            batch_id=request.batch_id,
            state=state,
        )
        page = rows[:size]
        token = ""
        if len(rows) > size:
            token = write_token([page[-1].batch_number, page[-1].position], filters)
        return pb.ListExecutionsResponse(
            executions=[execution_message(record) for record in page], next_page_token=token
        )


def _state_of(number: int) -> ExecutionState | None:
    """Return the state to filter by; an unspecified one is none, an unknown one is refused."""
    if not number:
        return None
    try:
        return ExecutionState(number)
    except ValueError:
        violation = Violation("INVALID_STATE", "state", f"{number} is no state")
        raise RequestInvalidError([violation]) from None

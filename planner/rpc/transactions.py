"""TransactionService: one RPC, one use case."""

from __future__ import annotations

import asyncio
from contextlib import closing
from typing import TYPE_CHECKING, Final

from planner.domain.errors import InvalidInput, Violation
from planner.rpc.activity import write_action_log, write_notification
from planner.rpc.enums import NOTIFICATION_TOPIC, TASK_STATE, TRANSACTION_STATE
from planner.rpc.errors import stream, unary, waiting
from planner.rpc.names import Fields, one_resource
from planner.rpc.paging import LARGEST_PAGE, PAGE, page_of
from planner.rpc.records import write_task_run, write_transaction
from planner.services import activity, transactions
from planner.v1 import transaction_service_pb2 as pb
from planner.v1.transaction_service_pb2_grpc import TransactionServiceServicer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Generator, Iterator

    import grpc

    from planner.rpc.watch import Watcher
    from planner.services.ports import MessageCodec, Store

    Context = grpc.ServicerContext
    AsyncContext = grpc.aio.ServicerContext[pb.WatchTransactionRequest, pb.WatchTransactionResponse]

RUN_PAGE, LARGEST_RUN_PAGE = 500, 5000
MAX_WAIT_MS, DEFAULT_WAIT_MS = 3_600_000, 60_000
PIECE: Final = 1 << 20
"""Size of a piece of a message in bytes."""


class TransactionServicer(TransactionServiceServicer):
    """Turns requests into reads and records into responses."""

    def __init__(self, store: Store, codec: MessageCodec, watcher: Watcher) -> None:
        self._store = store
        self._codec = codec
        self._watcher = watcher

    @unary
    def GetTransaction(
        self, request: pb.GetTransactionRequest, context: Context
    ) -> pb.GetTransactionResponse:
        view = transactions.get_transaction(self._store, _transaction(request.transaction))
        return pb.GetTransactionResponse(transaction=write_transaction(view))

    @unary
    def ListTransactions(
        self, request: pb.ListTransactionsRequest, context: Context
    ) -> pb.ListTransactionsResponse:
        fields = Fields()
        cluster = fields.optional("clusters", request.cluster, "cluster")
        state = TRANSACTION_STATE.read(request.state, "state", fields)
        fields.check()
        page = page_of(request, default=PAGE, largest=LARGEST_PAGE, key=(int,))
        found = transactions.list_transactions(self._store, page.fetch, cluster, state)
        rows, more = page.cut(found)
        return pb.ListTransactionsResponse(
            transactions=[write_transaction(row) for row in rows],
            next_page_token=page.token(rows[-1].transaction.number) if more else "",
        )

    @stream
    async def WatchTransaction(
        self, request: pb.WatchTransactionRequest, context: AsyncContext
    ) -> AsyncIterator[pb.WatchTransactionResponse]:
        after = request.after_sequence if request.HasField("after_sequence") else None
        if after is not None and after >= 1 << 63:
            text = f"{after} is more than a log can have"
            raise InvalidInput([Violation("OUT_OF_RANGE", "after_sequence", text)])
        async for response in self._watcher.watch(_transaction(request.transaction), after):
            yield response

    @waiting
    async def WaitTransaction(
        self, request: pb.WaitTransactionRequest, context: AsyncContext
    ) -> pb.WaitTransactionResponse:
        fields = Fields()
        transaction = fields.resource("transactions", request.transaction, "transaction")
        if request.timeout_ms > MAX_WAIT_MS:
            text = f"{request.timeout_ms} is more than {MAX_WAIT_MS}"
            fields.violate("OUT_OF_RANGE", "timeout_ms", text)
        fields.check()
        timeout = _timeout_s(request.timeout_ms, context.time_remaining())
        view = await self._watcher.wait(transaction, timeout)
        return pb.WaitTransactionResponse(transaction=write_transaction(view))

    @unary
    def ListTaskRuns(
        self, request: pb.ListTaskRunsRequest, context: Context
    ) -> pb.ListTaskRunsResponse:
        fields = Fields()
        transaction = fields.resource("transactions", request.transaction, "transaction")
        state = TASK_STATE.read(request.state, "state", fields)
        fields.check()
        page = page_of(request, default=RUN_PAGE, largest=LARGEST_RUN_PAGE, key=(int, int))
        found = transactions.list_task_runs(
            self._store, transaction, page.fetch, uid=request.uid, task=request.task, state=state
        )
        rows, more = page.cut(found)
        return pb.ListTaskRunsResponse(
            task_runs=[write_task_run(row) for row in rows],
            next_page_token=page.token(rows[-1].step, rows[-1].instance) if more else "",
        )

    @unary
    def ListActionLogs(
        self, request: pb.ListActionLogsRequest, context: Context
    ) -> pb.ListActionLogsResponse:
        fields = Fields()
        cluster = fields.optional("clusters", request.cluster, "cluster")
        transaction = fields.optional("transactions", request.transaction, "transaction")
        fields.check()
        page = page_of(request, default=PAGE, largest=LARGEST_PAGE, key=(int,))
        found = activity.list_action_logs(self._store, page.fetch, cluster, transaction)
        rows, more = page.cut(found)
        return pb.ListActionLogsResponse(
            action_logs=[write_action_log(row) for row in rows],
            next_page_token=page.token(rows[-1].number) if more else "",
        )

    @unary
    def ListNotifications(
        self, request: pb.ListNotificationsRequest, context: Context
    ) -> pb.ListNotificationsResponse:
        fields = Fields()
        cluster = fields.optional("clusters", request.cluster, "cluster")
        topic = NOTIFICATION_TOPIC.read(request.topic, "topic", fields)
        fields.check()
        page = page_of(request, default=PAGE, largest=LARGEST_PAGE, key=(int,))
        found = activity.list_notifications(self._store, page.fetch, cluster, topic)
        rows, more = page.cut(found)
        return pb.ListNotificationsResponse(
            notifications=[write_notification(row) for row in rows],
            next_page_token=page.token(rows[-1].number) if more else "",
        )

    @stream
    async def StreamMessages(
        self, request: pb.StreamMessagesRequest, context: AsyncContext
    ) -> AsyncIterator[pb.StreamMessagesResponse]:
        fields = Fields()
        transaction = fields.resource("transactions", request.transaction, "transaction")
        if request.form not in pb.MessageForm.values():
            fields.violate("UNKNOWN_ENUM_VALUE", "form", f"{request.form} is no known value")
        fields.check()
        with closing(self._pieces(transaction, request)) as pieces:
            while (piece := await asyncio.to_thread(next, pieces, None)) is not None:
                yield piece

    def _pieces(
        self, transaction: str, request: pb.StreamMessagesRequest
    ) -> Generator[pb.StreamMessagesResponse]:
        protobuf = request.form == pb.MESSAGE_FORM_PROTOBUF
        for step, envelope in transactions.read_messages(self._store, transaction):
            if protobuf:
                whole = envelope.data
                chunks: Iterator[bytes] = iter(
                    (whole if request.include_secrets else self._codec.redacted(whole),)
                )
            else:
                text = self._codec.reference_json(
                    envelope.data, include_secrets=request.include_secrets
                )
                chunks = (chunk.encode() for chunk in text)
            for data, last in _cut(chunks):
                yield pb.StreamMessagesResponse(
                    step=step.position, method=step.method, data=data, last=last
                )


def _cut(chunks: Iterator[bytes]) -> Iterator[tuple[bytes, bool]]:
    """Regroup chunks of any size into pieces of PIECE bytes, telling which is the last."""
    waiting = bytearray()
    for chunk in chunks:
        waiting += chunk
        while len(waiting) > PIECE:
            yield bytes(waiting[:PIECE]), False
            del waiting[:PIECE]
    yield bytes(waiting), True


def _timeout_s(asked_ms: int, left_s: float | None) -> float:
    """Give the time to wait: as asked, but so that the answer comes before the deadline."""
    if left_s is None:
        return (asked_ms or DEFAULT_WAIT_MS) / 1000
    before_deadline = left_s - min(0.1, left_s / 10)
    return min(asked_ms / 1000, before_deadline) if asked_ms else before_deadline


def _transaction(name: str) -> str:
    return one_resource("transactions", name, "transaction")

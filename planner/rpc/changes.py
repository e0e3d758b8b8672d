"""PlannerService: one RPC, one use case."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Final

from planner.domain.errors import OutOfRange
from planner.rpc.change_forms import (
    read_apply,
    read_graphs,
    read_labels,
    read_preview,
    read_stop,
)
from planner.rpc.errors import unary
from planner.rpc.names import Fields
from planner.rpc.paging import page_of
from planner.rpc.plans import write_plan, write_task_groups
from planner.rpc.records import write_transaction
from planner.services import changes
from planner.services.explaining import explain
from planner.services.retrying import Retry, retry_transaction
from planner.services.stopping import stop_transaction
from planner.services.transactions import get_transaction
from planner.v1 import planner_service_pb2 as pb
from planner.v1.planner_service_pb2_grpc import PlannerServiceServicer

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    import grpc

    from planner.services.ports import Bell, Store
    from planner.v1 import transaction_pb2

    Context = grpc.ServicerContext

GROUP_PAGE, LARGEST_GROUP_PAGE = 1000, 10_000


class PlannerServicer(PlannerServiceServicer):
    """Turns requests into commands and records into responses."""

    def __init__(self, store: Store, bell: Bell, now: Callable[[], datetime]) -> None:
        self._store = store
        self._bell = bell
        self._now = now

    @unary
    def PreviewChanges(
        self, request: pb.PreviewChangesRequest, context: Context
    ) -> pb.PreviewChangesResponse:
        fields = Fields()
        change = read_preview(request, fields)
        node = (
            fields.optional("nodes", request.node, "node")
            if request.node not in _PLACES
            else (request.node)
        )
        fields.check()
        page = page_of(request, default=GROUP_PAGE, largest=LARGEST_GROUP_PAGE, key=(str, int))
        plan = changes.preview_changes(self._store, change)
        digest, start = page.after or (plan.digest, 0)
        if digest != plan.digest:
            raise OutOfRange(
                "PAGE_TOKEN_EXPIRED",
                "the plan is no longer the one that the first page showed",
                {"plan_digest": plan.digest},
            )
        groups = plan.task_groups(task=request.task, uid=node or "")
        if node and request.task:
            groups = explain(self._store, change.cluster, node, request.task, groups)
        end = start + page.size
        return pb.PreviewChangesResponse(
            plan=write_plan(plan, whole=start == 0),
            task_groups=write_task_groups(groups[start:end]),
            next_page_token=page.token(plan.digest, end) if end < len(groups) else "",
        )

    @unary
    def ApplyChanges(
        self, request: pb.ApplyChangesRequest, context: Context
    ) -> pb.ApplyChangesResponse:
        fields = Fields()
        change = read_apply(request, fields)
        key = fields.request_key(request, "ApplyChanges")
        fields.check()
        accepted = changes.apply_changes(
            self._store,
            self._bell,
            change,
            transaction=str(uuid.uuid4()),
            key=key,
            now=self._now(),
        )
        return pb.ApplyChangesResponse(transaction=self._written(accepted.id))

    @unary
    def RunGraphs(self, request: pb.RunGraphsRequest, context: Context) -> pb.RunGraphsResponse:
        fields = Fields()
        change = read_graphs(request, fields)
        key = fields.request_key(request, "RunGraphs")
        fields.check()
        accepted = changes.run_graphs(
            self._store,
            self._bell,
            change,
            transaction=str(uuid.uuid4()),
            key=key,
            now=self._now(),
        )
        return pb.RunGraphsResponse(transaction=self._written(accepted.id))

    @unary
    def RetryTransaction(
        self, request: pb.RetryTransactionRequest, context: Context
    ) -> pb.RetryTransactionResponse:
        fields = Fields()
        retry = Retry(
            transaction=fields.resource("transactions", request.transaction, "transaction"),
            labels=read_labels(request.labels, fields),
            scenario=fields.optional("scenarios", request.scenario, "scenario") or "",
        )
        key = fields.request_key(request, "RetryTransaction")
        fields.check()
        accepted = retry_transaction(
            self._store,
            self._bell,
            retry,
            transaction=str(uuid.uuid4()),
            key=key,
            now=self._now(),
        )
        return pb.RetryTransactionResponse(transaction=self._written(accepted.id))

    @unary
    def StopTransaction(
        self, request: pb.StopTransactionRequest, context: Context
    ) -> pb.StopTransactionResponse:
        fields = Fields()
        transaction = fields.resource("transactions", request.transaction, "transaction")
        stop = read_stop(request, fields)
        fields.check()
        stop_transaction(self._store, self._bell, transaction, stop, now=self._now())
        return pb.StopTransactionResponse(transaction=self._written(transaction))

    def _written(self, transaction: str) -> transaction_pb2.Transaction:
        return write_transaction(get_transaction(self._store, transaction))


_PLACES: Final = frozenset({"master", "null"})
"""Uids of places that are no nodes: the master and the sync node."""

"""PlannerService: one RPC, one use case."""

from __future__ import annotations

import re
import uuid
from typing import TYPE_CHECKING, Any, Final

from planner.domain.errors import OutOfRange
from planner.domain.states import RunMode
from planner.domain.transaction import Selection, StopRequest
from planner.rpc.enums import RUN_MODE
from planner.rpc.errors import unary
from planner.rpc.names import Fields
from planner.rpc.paging import page_of
from planner.rpc.plans import write_plan, write_task_groups
from planner.rpc.records import write_transaction
from planner.services import changes
from planner.services.retrying import Retry, retry_transaction
from planner.services.stopping import stop_transaction
from planner.services.transactions import get_transaction
from planner.v1 import planner_service_pb2 as pb
from planner.v1.planner_service_pb2_grpc import PlannerServiceServicer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    import grpc

    from planner.services.ports import Bell, Store
    from planner.v1 import selection_pb2

    Context = grpc.ServicerContext

GROUP_PAGE, LARGEST_GROUP_PAGE = 1000, 10_000
MAX_LABELS, MAX_LABEL_LENGTH, MAX_SELECTED = 64, 256, 10_000
MAX_GRACE_MS: Final = 24 * 3_600_000
DIGEST: Final = re.compile(r"[0-9a-f]{64}\Z")


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
        change = _read_preview(request, fields)
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
        change = _read_apply(request, fields)
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
        view = get_transaction(self._store, accepted.id)
        return pb.ApplyChangesResponse(transaction=write_transaction(view))

    @unary
    def RetryTransaction(
        self, request: pb.RetryTransactionRequest, context: Context
    ) -> pb.RetryTransactionResponse:
        fields = Fields()
        retry = Retry(
            transaction=fields.resource("transactions", request.transaction, "transaction"),
            labels=_read_labels(request.labels, fields),
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
        view = get_transaction(self._store, accepted.id)
        return pb.RetryTransactionResponse(transaction=write_transaction(view))

    @unary
    def StopTransaction(
        self, request: pb.StopTransactionRequest, context: Context
    ) -> pb.StopTransactionResponse:
        fields = Fields()
        transaction = fields.resource("transactions", request.transaction, "transaction")
        stop = _read_stop(request, fields)
        fields.check()
        stop_transaction(self._store, self._bell, transaction, stop, now=self._now())
        view = get_transaction(self._store, transaction)
        return pb.StopTransactionResponse(transaction=write_transaction(view))


_PLACES: Final = frozenset({"master", "null"})
"""Uids of places that are no nodes: the master and the sync node."""


def _read_preview(request: pb.PreviewChangesRequest, fields: Fields) -> changes.Change:
    return changes.Change(
        cluster=fields.resource("clusters", request.cluster, "cluster"),
        selection=_read_selection(request.selection, fields),
        run_mode=RUN_MODE.read(request.run_mode, "run_mode", fields) or RunMode.NORMAL,
    )


def _read_apply(request: pb.ApplyChangesRequest, fields: Fields) -> changes.Change:
    digest = request.expected_plan_digest
    if digest and not DIGEST.match(digest):
        fields.violate("BAD_DIGEST", "expected_plan_digest", "is not 64 hexadecimal digits")
    return changes.Change(
        cluster=fields.resource("clusters", request.cluster, "cluster"),
        selection=_read_selection(request.selection, fields),
        run_mode=RUN_MODE.read(request.run_mode, "run_mode", fields) or RunMode.NORMAL,
        expected_digest=digest,
        labels=_read_labels(request.labels, fields),
        scenario=fields.optional("scenarios", request.scenario, "scenario") or "",
        etag=request.etag,
    )


def _read_selection(selection: selection_pb2.Selection, fields: Fields) -> Selection:
    for field in ("nodes", "tasks", "graph_types"):
        values: Any = getattr(selection, field)
        if len(values) > MAX_SELECTED:
            text = f"{len(values)} are more than {MAX_SELECTED}"
            fields.violate("TOO_MANY", f"selection.{field}", text)
    nodes = [
        fields.resource("nodes", node, f"selection.nodes[{index}]")
        for index, node in enumerate(selection.nodes[:MAX_SELECTED])
    ]
    return Selection(
        nodes=tuple(dict.fromkeys(nodes)),
        tasks=tuple(dict.fromkeys(selection.tasks)),
        graph_types=tuple(selection.graph_types),
        force=selection.force,
    )


def _read_labels(labels: Mapping[str, str], fields: Fields) -> Mapping[str, str]:
    if len(labels) > MAX_LABELS:
        fields.violate("TOO_MANY", "labels", f"{len(labels)} are more than {MAX_LABELS}")
    for key, value in labels.items():
        if not 1 <= len(key) <= MAX_LABEL_LENGTH or len(value) > MAX_LABEL_LENGTH:
            text = f"a label and its value have at most {MAX_LABEL_LENGTH} characters"
            fields.violate("BAD_LABEL", f"labels[{key[:40]!r}]", text)
    return dict(labels)


def _read_stop(request: pb.StopTransactionRequest, fields: Fields) -> StopRequest:
    if not request.force and (request.grace_period_ms or request.erase):
        fields.violate("NEEDS_FORCE", "force", "grace_period_ms and erase need force")
    if request.grace_period_ms > MAX_GRACE_MS:
        text = f"{request.grace_period_ms} is more than a day"
        fields.violate("OUT_OF_RANGE", "grace_period_ms", text)
    return StopRequest(request.force, request.grace_period_ms, request.erase)

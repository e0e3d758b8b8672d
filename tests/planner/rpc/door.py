"""Calls the planner's unary RPCs through grpcio-testing, and reads what comes back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import grpc_testing
from google.rpc import error_details_pb2, status_pb2

from planner.dispatch.codec import WireCodec
from planner.rpc.changes import PlannerServicer
from planner.rpc.inventory import InventoryServicer
from planner.rpc.transactions import TransactionServicer
from planner.rpc.watch import Watcher
from planner.services.bell import LocalBell
from planner.v1 import inventory_service_pb2, planner_service_pb2, transaction_service_pb2

if TYPE_CHECKING:
    import grpc
    from google.protobuf.message import Message

    from planner.storage.unit_of_work import SqlStore

NOW: Final = datetime(2026, 11, 22, 12, tzinfo=UTC)

SERVICES: Final = [
    inventory_service_pb2.DESCRIPTOR.services_by_name["InventoryService"],
    planner_service_pb2.DESCRIPTOR.services_by_name["PlannerService"],
    transaction_service_pb2.DESCRIPTOR.services_by_name["TransactionService"],
]
METHODS: Final = {method.name: method for service in SERVICES for method in service.methods}
"""Every RPC by its name; names are unique across the services."""

MOST_TRAILERS: Final = 8 * 1024
"""Clients refuse an answer whose metadata are larger (gRPC's default)."""

DETAILS: Final = {
    kind.DESCRIPTOR.name: kind
    for kind in (
        error_details_pb2.BadRequest,
        error_details_pb2.ErrorInfo,
        error_details_pb2.PreconditionFailure,
        error_details_pb2.QuotaFailure,
        error_details_pb2.ResourceInfo,
        error_details_pb2.RetryInfo,
    )
}


@dataclass(eq=False)
class Refused(Exception):
    """A call that was answered with a status other than OK."""

    code: grpc.StatusCode
    message: str
    details: dict[str, Any]

    @property
    def reason(self) -> str:
        """Reason of the ErrorInfo."""
        return str(self.details["ErrorInfo"].reason)

    @property
    def fields(self) -> list[tuple[str, str]]:
        """Reason and field of each violation, as the BadRequest names them."""
        return [(v.reason, v.field) for v in self.details["BadRequest"].field_violations]


class Door:
    """The planner's servicers behind grpcio-testing, over a store."""

    def __init__(self, store: SqlStore) -> None:
        bell = LocalBell()
        servicers = (
            InventoryServicer(store, lambda: NOW),
            PlannerServicer(store, bell, lambda: NOW),
            TransactionServicer(store, WireCodec(), Watcher(store, bell, lambda: NOW)),
        )
        self._server = grpc_testing.server_from_dictionary(
            dict(zip(SERVICES, servicers, strict=True)),
            grpc_testing.strict_fake_time(NOW.timestamp()),
        )

    def call(self, method: str, request: Message) -> Any:
        """Return the response as a client reads it, or raise Refused."""
        answer = self.ask(method, request)
        if isinstance(answer, Refused):
            raise answer
        return answer

    def ask(self, method: str, request: Message) -> Any:
        """Return the response as a client reads it, or a Refused."""
        sent = type(request).FromString(request.SerializeToString())
        rpc = self._server.invoke_unary_unary(METHODS[method], (), sent, None)
        response, trailers, code, message = rpc.termination()
        if code.value[0] == 0:
            return type(response).FromString(response.SerializeToString())
        return Refused(code, message, read_details(trailers or (), message))


def read_details(trailers: Any, message: str) -> dict[str, Any]:
    """Decode grpc-status-details-bin by the kinds of details; empty where there are none."""
    packed = dict(trailers).get("grpc-status-details-bin", b"")
    status = status_pb2.Status.FromString(packed)
    details = {}
    for detail in status.details:
        kind = DETAILS[detail.type_url.rpartition(".")[2]]
        details[kind.DESCRIPTOR.name] = kind.FromString(detail.value)
    if packed and (len(packed) * 4 // 3 + len(message.encode()) > MOST_TRAILERS):
        raise AssertionError(f"{len(packed)} bytes of details do not reach a client")
    return details

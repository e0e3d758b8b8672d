"""What does the planner's gRPC server serve, and with which options?"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import grpc
from google.rpc import error_details_pb2  # noqa: F401 - so that reflection serves error details
from grpc import aio
from grpc_channelz.v1 import channelz
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection, reflection_pb2

from planner.v1 import inventory_service_pb2, planner_service_pb2, transaction_service_pb2
from planner.v1.inventory_service_pb2_grpc import add_InventoryServiceServicer_to_server
from planner.v1.planner_service_pb2_grpc import add_PlannerServiceServicer_to_server
from planner.v1.transaction_service_pb2_grpc import add_TransactionServiceServicer_to_server

if TYPE_CHECKING:
    from planner.rpc.changes import PlannerServicer
    from planner.rpc.inventory import InventoryServicer
    from planner.rpc.transactions import TransactionServicer

SERVICES: Final = tuple(
    module.DESCRIPTOR.services_by_name[name].full_name
    for module, name in (
        (inventory_service_pb2, "InventoryService"),
        (planner_service_pb2, "PlannerService"),
        (transaction_service_pb2, "TransactionService"),
    )
)

OPTIONS: Final = (
    # Two servers on one port by mistake would share it silently.
    ("grpc.so_reuseport", 0),
    # Clients may ping every five seconds, also while nothing is going on.
    ("grpc.http2.min_ping_interval_without_data_ms", 5_000),
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.keepalive_time_ms", 10_000),
    ("grpc.http2.ping_timeout_ms", 5_000),
)

WORKERS: Final = 16
"""Threads that unary handlers run in."""


@dataclass(frozen=True, slots=True)
class Servicers:
    """The planner's three services."""

    inventory: InventoryServicer
    planner: PlannerServicer
    transactions: TransactionServicer


def make_server(servicers: Servicers) -> tuple[aio.Server, health.aio.HealthServicer]:
    """Make a server with the planner's services, health, reflection and channelz; not started.

    Must be called within the event loop that will run it.
    """
    server = aio.server(ThreadPoolExecutor(WORKERS, "rpc"), options=OPTIONS)
    add_InventoryServiceServicer_to_server(servicers.inventory, server)
    add_PlannerServiceServicer_to_server(servicers.planner, server)
    add_TransactionServiceServicer_to_server(servicers.transactions, server)
    healthy = health.aio.HealthServicer()
    health_pb2_grpc.add_HealthServicer_to_server(healthy, server)
    channelz.add_channelz_servicer(server)
    _add_reflection(server)
    return server, healthy


async def set_serving(healthy: health.aio.HealthServicer) -> None:
    """Answer health checks, of the whole and of each service, with SERVING."""
    for service in ("", *SERVICES):
        await healthy.set(service, health_pb2.HealthCheckResponse.SERVING)


def _add_reflection(server: aio.Server) -> None:
    """Serve reflection v1alpha, and v1: the same messages under another name."""
    names = (*SERVICES, health.SERVICE_NAME, reflection.SERVICE_NAME)
    reflection.enable_server_reflection(names, server)
    servicer = reflection.aio.ReflectionServicer(names)
    handler = grpc.stream_stream_rpc_method_handler(
        servicer.ServerReflectionInfo,
        reflection_pb2.ServerReflectionRequest.FromString,
        reflection_pb2.ServerReflectionResponse.SerializeToString,
    )
    server.add_generic_rpc_handlers(
        (
            grpc.method_handlers_generic_handler(
                "grpc.reflection.v1.ServerReflection", {"ServerReflectionInfo": handler}
            ),
        )
    )

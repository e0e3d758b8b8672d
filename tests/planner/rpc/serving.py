"""Serves the planner's RPCs on a real port, for tests of streams."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from grpc import aio

from planner.dispatch.codec import WireCodec
from planner.rpc.changes import PlannerServicer
from planner.rpc.inventory import InventoryServicer
from planner.rpc.server import Servicers, make_server
from planner.rpc.transactions import TransactionServicer
from planner.rpc.watch import Watcher
from planner.services.bell import LocalBell
from planner.v1.inventory_service_pb2_grpc import InventoryServiceStub
from planner.v1.transaction_service_pb2_grpc import TransactionServiceStub
from tests.planner.rpc.door import NOW, Refused, read_details

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from planner.storage.unit_of_work import SqlStore


@dataclass
class Client:
    """Stubs of a served planner, asynchronous ones, and its watcher."""

    inventory: Any
    transactions: Any
    watcher: Watcher


@asynccontextmanager
async def serving(store: SqlStore) -> AsyncIterator[Client]:
    """Serve a store on a free port of this machine until the context ends."""
    bell = LocalBell()
    watcher = Watcher(store, bell, lambda: NOW)
    server, _ = make_server(
        Servicers(
            InventoryServicer(store, lambda: NOW),
            PlannerServicer(store, bell, lambda: NOW),
            TransactionServicer(store, WireCodec(), watcher),
        )
    )
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    async with aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        yield Client(InventoryServiceStub(channel), TransactionServiceStub(channel), watcher)
    await server.stop(None)


def refusal(error: aio.AioRpcError) -> Refused:
    """Read what a call was refused with."""
    trailers = dict(error.trailing_metadata() or ())
    message = error.details() or ""
    return Refused(error.code(), message, read_details(trailers, message))

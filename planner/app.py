"""How do the parts become a running planner? The composition root."""

from __future__ import annotations

import asyncio
import logging
import uuid
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from planner.dispatch.codec import WireCodec
from planner.dispatch.connection import Orchestrator
from planner.dispatch.courier import Courier
from planner.dispatch.desk import PlanningDesk
from planner.dispatch.dispatcher import Dispatcher
from planner.rpc.changes import PlannerServicer
from planner.rpc.inventory import InventoryServicer
from planner.rpc.server import Servicers, make_server, set_serving
from planner.rpc.transactions import TransactionServicer
from planner.rpc.watch import Watcher
from planner.services.bell import LocalBell
from planner.services.planning import Planning
from planner.storage.schema import upgrade
from planner.storage.unit_of_work import SqlStore

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from grpc import aio

    from planner.settings import Settings

logger = logging.getLogger(__name__)


class PortTaken(Exception):
    """The address cannot be listened on."""


@dataclass(frozen=True, slots=True)
class Planner:
    """A running planner."""

    address: str


@asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[Planner]:
    """Run a planner in this event loop until the context ends; then shut it down gracefully.

    On entry the schema is at its newest revision, the port is open, health answers SERVING and
    unfinished transactions are being worked on. Raises PortTaken.
    """
    store = await asyncio.to_thread(_open_store, settings.url)
    bell = LocalBell()
    codec = WireCodec()
    orchestrator = Orchestrator(settings.orchestrator)
    planning = Planning(store, codec, bell, new_id=lambda: str(uuid.uuid4()), now=_now)
    desk = PlanningDesk(planning)
    courier = Courier(store, bell, orchestrator, desk.plan_next, _now)
    dispatcher = Dispatcher(store, bell, desk, courier, _now)
    watcher = Watcher(store, bell, _now)
    server, healthy = make_server(
        Servicers(
            InventoryServicer(store, _now),
            PlannerServicer(store, bell, _now),
            TransactionServicer(store, codec, watcher),
        )
    )
    address = _listen(server, settings.listen)
    await server.start()
    working = asyncio.create_task(dispatcher.run(), name="dispatcher")
    await set_serving(healthy)
    try:
        yield Planner(address)
    finally:
        await healthy.enter_graceful_shutdown()
        watcher.drain()
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)
        await server.stop(settings.grace_s)
        await orchestrator.close()
        store.close()


def _open_store(url: str) -> SqlStore:
    store = SqlStore(url)
    upgrade(store.writer)
    return store


def _listen(server: aio.Server, address: str) -> str:
    """Open the port; return the address with the port that was given."""
    host, _, _ = address.rpartition(":")
    try:
        port = server.add_insecure_port(address)
    except RuntimeError as error:
        raise PortTaken(f"cannot listen on {address}: {error}") from error
    return f"{host}:{port}"


def _now() -> datetime:
    return datetime.now(UTC)

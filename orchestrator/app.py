"""How do the rooms become one service? The composition root."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Final, Self, TypeVar

import grpc
from grpc_channelz.v1 import channelz
from grpc_health.v1 import health, health_pb2, health_pb2_grpc

from orchestrator.engine.bell import Bells
from orchestrator.engine.engine import Engine
from orchestrator.engine.execution_runner import Surroundings
from orchestrator.engine.journal import Journal
from orchestrator.rpc.orchestrator_servicer import OrchestratorServicer
from orchestrator.rpc.reflection import add_reflection
from orchestrator.rpc.run_opener import SimulatedRunOpener
from orchestrator.rpc.simulation_servicer import SimulationServicer
from orchestrator.rpc.submit import BatchDoor
from orchestrator.rpc.watch import Watch
from orchestrator.simulate.scenario_reader import read_scenario
from orchestrator.v1 import orchestrator_service_pb2_grpc, simulation_service_pb2_grpc

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from orchestrator.settings import Settings

T = TypeVar("T")

SERVICE: Final = "orchestrator.v1.OrchestratorService"
SIMULATION_SERVICE: Final = "orchestrator.v1.SimulationService"
JOURNAL_FILE: Final = "journal.sqlite3"

SERVER_OPTIONS: Final = (
    ("grpc.so_reuseport", 0),
    ("grpc.http2.min_ping_interval_without_data_ms", 5_000),
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.keepalive_time_ms", 10_000),
    ("grpc.http2.ping_timeout_ms", 5_000),
)
"""Peers that ping are welcome, a frozen one is noticed, a second server on the port is an error."""


class SystemClock:
    """The real time."""

    def now(self) -> float:
        """Return seconds since the epoch."""
        return time.time()

    def monotonic(self) -> float:
        """Return seconds that never go back."""
        return time.monotonic()


class Orchestrator:
    """The running service: journal, engine, server.

    Use as an async context manager; `port` is the real one. On leaving it drains: health says
    NOT_SERVING, watchers are sent away with UNAVAILABLE, executions stay as their journal has
    them.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._stack = contextlib.AsyncExitStack()
        self.port = 0

    async def __aenter__(self) -> Self:
        async with contextlib.AsyncExitStack() as stack:
            await self._start(stack)
            self._stack = stack.pop_all()
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Drain and end; idempotent."""
        await self._stack.aclose()

    async def _start(self, stack: contextlib.AsyncExitStack) -> None:
        settings = self._settings
        scenario = settings.scenario.read_text("utf-8") if settings.scenario else ""
        read_scenario(scenario)
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        journal = Journal(settings.data_dir / JOURNAL_FILE, new_id=str(uuid.uuid4()))
        stack.callback(journal.close)
        workers = stack.enter_context(ThreadPoolExecutor(2, thread_name_prefix="engine"))
        clock = SystemClock()
        surroundings = Surroundings(journal, SimulatedRunOpener(), Bells(), clock, workers)
        engine = Engine(surroundings, settings.max_running)
        server, health_servicer = self._server(engine, clock, scenario)
        self.port = server.add_insecure_port(settings.listen)
        await server.start()
        engine.start()
        for service in ("", SERVICE, SIMULATION_SERVICE):
            await health_servicer.set(service, health_pb2.HealthCheckResponse.SERVING)

        async def drain() -> None:
            await health_servicer.enter_graceful_shutdown()
            await engine.aclose()
            await server.stop(settings.grace_seconds)

        stack.push_async_callback(drain)

    def _server(
        self, engine: Engine, clock: SystemClock, scenario: str
    ) -> tuple[grpc.aio.Server, health.aio.HealthServicer]:
        settings = self._settings
        server = grpc.aio.server(
            migration_thread_pool=ThreadPoolExecutor(16, thread_name_prefix="unary"),
            options=SERVER_OPTIONS,
            maximum_concurrent_rpcs=settings.max_concurrent_rpcs,
        )
        door = BatchDoor(engine, clock, scenario, settings.max_batch_bytes)
        watch = Watch(engine, clock, settings.bookmark_seconds)
        on_loop = LoopCaller(asyncio.get_running_loop())
        servicer = OrchestratorServicer(engine, door, watch, on_loop)
        orchestrator_service_pb2_grpc.add_OrchestratorServiceServicer_to_server(servicer, server)
        services = [SERVICE, health.SERVICE_NAME, "grpc.channelz.v1.Channelz"]
        if settings.simulation:
            simulation_service_pb2_grpc.add_SimulationServiceServicer_to_server(
                SimulationServicer(engine, clock, on_loop), server
            )
            services.append(SIMULATION_SERVICE)
        health_servicer = health.aio.HealthServicer()
        health_pb2_grpc.add_HealthServicer_to_server(health_servicer, server)
        channelz.add_channelz_servicer(server)
        add_reflection(server, services)
        return server, health_servicer


class LoopCaller:
    """Runs coroutines on one event loop from other threads; the servicer's `OnLoop`."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop

    def __call__(self, work: Coroutine[Any, Any, T]) -> T:
        """Return what `work` returns, or raise what it raises."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()


async def serve(settings: Settings, announce: Callable[[str], None]) -> None:
    """Serve until SIGTERM or SIGINT; `announce` gets one line when calls are welcome."""
    asked_to_end = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, asked_to_end.set)
    async with Orchestrator(settings) as orchestrator:
        host = settings.listen.rpartition(":")[0]
        announce(f"orchestrator SERVING on {host}:{orchestrator.port}")
        await asked_to_end.wait()

"""What do watchers cost, and how soon do they see an event?"""

from __future__ import annotations

import asyncio
import contextlib
import queue
import tempfile
import threading
import time
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Final

import grpc
from grpc import aio

from orchestrator.v1 import simulation_service_pb2 as simulation_pb
from orchestrator.v1.simulation_service_pb2_grpc import SimulationServiceStub
from planner.v1 import transaction_pb2
from planner.v1 import transaction_service_pb2 as pb
from tests.bench.deploying import CLUSTER, deployable, follow
from tests.bench.meters import percentile
from tests.processes import running_pair
from tests.scenes import apply, load_sample

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.bench.subjects import Figure
    from tests.processes import Pair

    RawWatch = aio.UnaryStreamMultiCallable[bytes, bytes]

WATCH: Final = "/planner.v1.TransactionService/WatchTransaction"
FAN_OUT_NODES, SLOWED_NODES = 500, 200
WATCHERS: Final = 10
STEPPED: Final = "clock: {mode: stepped}\n"
STEP_MS, STEPS = 2_000, 400
FEWEST: Final = 50
"""Steps that have to bring an event, so that a percentile says something."""
QUIET_S: Final = 0.25
"""After this long without an event a step of the clock counts as one that brings none."""


def measure_fan_out() -> Iterator[Figure]:
    """Let watchers follow a log of 500 nodes from its first event, all at once.

    They keep what arrives as bytes, so that the client costs little; that each has every event
    is checked afterwards.
    """
    with deployable(FAN_OUT_NODES) as pair:
        transaction = apply(pair, CLUSTER)
        events = follow(pair, transaction)
        for watchers in (10, 100):
            taken = asyncio.run(_watch_raw(pair.planner.address, transaction, watchers, events))
            yield f"fan_out_{watchers}", watchers * events / taken


async def _watch_raw(address: str, transaction: str, watchers: int, events: int) -> float:
    async with aio.insecure_channel(address) as channel:
        call: RawWatch = channel.unary_stream(WATCH)
        request = pb.WatchTransactionRequest(transaction=transaction, after_sequence=0)
        started = time.perf_counter()
        streams = [_collected(call, request.SerializeToString()) for _ in range(watchers)]
        received = await asyncio.gather(*streams)
        taken = time.perf_counter() - started
    for stream in received:
        parsed = map(pb.WatchTransactionResponse.FromString, stream)
        if sum(len(response.events.events) for response in parsed) != events:
            raise AssertionError("a watcher has not seen every event")
    return taken


async def _collected(call: RawWatch, request: bytes) -> list[bytes]:
    return [response async for response in call(request)]


def measure_slowdown() -> Iterator[Figure]:
    """Deploy 200 nodes without and with ten watchers in turn, three times; compare medians."""
    alone, watched = [], []
    for _ in range(3):
        alone.append(_deployed_s(0))
        watched.append(_deployed_s(WATCHERS))
    yield "watched_slowdown", (median(watched) / median(alone) - 1) * 100


def _deployed_s(watchers: int) -> float:
    with deployable(SLOWED_NODES) as pair:
        started = time.perf_counter()
        transaction = apply(pair, CLUSTER)
        follow(pair, transaction) if not watchers else asyncio.run(
            _watch_raw_only(pair, transaction, watchers)
        )
        return time.perf_counter() - started


async def _watch_raw_only(pair: Pair, transaction: str, watchers: int) -> None:
    async with aio.insecure_channel(pair.planner.address) as channel:
        call: RawWatch = channel.unary_stream(WATCH)
        request = pb.WatchTransactionRequest(transaction=transaction, after_sequence=0)
        data = request.SerializeToString()
        await asyncio.gather(*(_collected(call, data) for _ in range(watchers)))


def measure_event() -> Iterator[Figure]:
    """Step the clock of a deployment of the sample; time from asking for a step to its event.

    That is longer than from the journal to the watcher: the way to the orchestrator is in it.
    """
    with tempfile.TemporaryDirectory() as data, running_pair(Path(data)) as pair:
        load_sample(pair)
        with grpc.insecure_channel(pair.orchestrator.address) as channel:
            fleet = SimulationServiceStub(channel)
            fleet.PutScenario(simulation_pb.PutScenarioRequest(scenario="stepped", yaml=STEPPED))
            transaction = apply(pair, scenario="stepped")
            latencies = _stepped(pair, fleet, transaction)
    if len(latencies) < FEWEST:
        raise AssertionError(f"only {len(latencies)} steps brought an event")
    yield "event_p99", percentile(latencies, 0.99) * 1000


def _stepped(pair: Pair, fleet: SimulationServiceStub, transaction: str) -> list[float]:
    """Step the clock; return the seconds until the next event, for steps that brought one."""
    arrived = _Arrivals(pair, transaction)
    execution = arrived.execution
    latencies = []
    for _ in range(STEPS):
        asked = time.perf_counter()
        try:
            fleet.AdvanceTime(
                simulation_pb.AdvanceTimeRequest(execution=execution(), by_ms=STEP_MS)
            )
        except grpc.RpcError:
            # The first execution has ended; the next one may not have begun.
            time.sleep(QUIET_S)
            continue
        at = arrived.after(asked)
        if at is not None:
            latencies.append(at - asked)
    return latencies


class _Arrivals:
    """When events of a transaction arrived at a watcher of ours."""

    def __init__(self, pair: Pair, transaction: str) -> None:
        self._pair = pair
        self._request = pb.GetTransactionRequest(transaction=transaction)
        self._news: queue.SimpleQueue[float] = queue.SimpleQueue()
        threading.Thread(target=self._watch, args=(transaction,), daemon=True).start()

    def execution(self) -> str:
        """Name the execution that is going on."""
        steps = self._pair.transactions.GetTransaction(self._request).transaction.steps
        open_states = (transaction_pb2.STEP_STATE_PENDING, transaction_pb2.STEP_STATE_RUNNING)
        return next((s.execution for s in steps if s.state in open_states), "executions/none")

    def after(self, asked: float) -> float | None:
        """Return when the first event after a moment arrived; None when there is none."""
        try:
            while (at := self._news.get(timeout=QUIET_S)) < asked:
                pass
        except queue.Empty:
            return None
        return at

    def _watch(self, transaction: str) -> None:
        request = pb.WatchTransactionRequest(transaction=transaction, after_sequence=0)
        with contextlib.suppress(grpc.RpcError):
            for response in self._pair.transactions.WatchTransaction(request):
                if response.HasField("events"):
                    self._news.put(time.perf_counter())

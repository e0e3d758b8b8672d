"""How long is the planner's event loop held up while it plans?"""

from __future__ import annotations

import asyncio
import gc
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from planner.app import running
from planner.cli.serve import COLLECTIONS
from planner.settings import Settings
from planner.v1 import transaction_service_pb2 as pb
from tests.bench import clusters, library
from tests.bench.deploying import CLUSTER
from tests.processes import Pair, Service
from tests.scenes import apply

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.bench.library import Fleet
    from tests.bench.subjects import Figure

NODES: Final = 500
TICK_S: Final = 0.005
NOWHERE: Final = "127.0.0.1:1"
"""No orchestrator: what is planned stays in the outbox."""


def measure() -> Iterator[Figure]:
    """Plan and store 500 nodes in a planner within this process; its loop ticks meanwhile."""
    gc.set_threshold(*COLLECTIONS)
    yield "loop_lag", asyncio.run(_lag(library.fleet(NODES), library.release_document())) * 1000


async def _lag(grown: Fleet, document: str) -> float:
    with tempfile.TemporaryDirectory() as data:
        settings = Settings(
            listen="127.0.0.1:0", orchestrator=NOWHERE, data_dir=Path(data), grace_s=0
        )
        async with running(settings) as planner:
            pair = Pair(Service([], planner.address), Service([], NOWHERE))
            await asyncio.to_thread(_prepare, pair, grown, document)
            ticking = asyncio.create_task(_longest_lag())
            await asyncio.to_thread(_plan, pair)
            ticking.cancel()
            pair.close()
            return await ticking


async def _longest_lag() -> float:
    """Tick until cancelled; return by how many seconds the worst tick came late."""
    longest = 0.0
    try:
        while True:
            asked = time.perf_counter()
            await asyncio.sleep(TICK_S)
            longest = max(longest, time.perf_counter() - asked - TICK_S)
    except asyncio.CancelledError:
        return longest


def _prepare(pair: Pair, grown: Fleet, document: str) -> None:
    clusters.import_release(pair, CLUSTER, document)
    uids = clusters.register(pair, grown)
    clusters.make_cluster(pair, CLUSTER, CLUSTER, grown, uids)


def _plan(pair: Pair) -> None:
    """Apply and wait until the plan is stored."""
    request = pb.GetTransactionRequest(transaction=apply(pair, CLUSTER))
    while not pair.transactions.GetTransaction(request).transaction.steps:
        time.sleep(0.2)

"""What does a deployment cost from ApplyChanges to its last event, with two processes?"""

from __future__ import annotations

import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from planner.v1 import transaction_pb2
from planner.v1 import transaction_service_pb2 as pb
from tests.bench import clusters, library
from tests.bench.meters import cpu_s, peak_mib
from tests.processes import running_pair
from tests.scenes import apply, wait

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.bench.subjects import Figure
    from tests.processes import Pair, Service

CROWD, CROWD_NODES = 100, 50
CLUSTER: Final = "bench"


def measure_1000() -> Iterator[Figure]:
    """Deploy 1,000 nodes."""
    yield from _measure(1000)


def measure_5000() -> Iterator[Figure]:
    """Deploy 5,000 nodes."""
    yield from _measure(5000)


def measure_crowd() -> Iterator[Figure]:
    """Deploy one cluster of 50 nodes ten times over, then a hundred at once; compare the CPU."""
    grown = library.fleet(CROWD_NODES)
    with tempfile.TemporaryDirectory() as data, running_pair(Path(data)) as pair:
        clusters.import_release(pair, CLUSTER, library.release_document())
        names = [f"c{number}" for number in range(CROWD + 10)]
        for number, name in enumerate(names):
            uids = clusters.register(pair, grown, first_number=1 + number * CROWD_NODES)
            clusters.make_cluster(pair, name, CLUSTER, grown, uids)
        singles, crowd = names[:10], names[10:]
        before = _both_cpu_s(pair)
        for name in singles:
            _check(wait(pair, apply(pair, name)))
        single_s = (_both_cpu_s(pair) - before) / len(singles)
        before = _both_cpu_s(pair)
        transactions = [apply(pair, name) for name in crowd]
        for transaction in transactions:
            _check(wait(pair, transaction))
        yield "crowd", (_both_cpu_s(pair) - before) / (single_s * len(crowd))


def _measure(size: int) -> Iterator[Figure]:
    with deployable(size) as pair:
        started = time.perf_counter()
        transaction = apply(pair, CLUSTER)
        follow(pair, transaction)
        yield f"deploy_{size}", time.perf_counter() - started
        yield f"deploy_{size}_planner", peak_mib(pid_of(pair.planner))
        yield f"deploy_{size}_orchestrator", peak_mib(pid_of(pair.orchestrator))


@contextmanager
def deployable(size: int, database_url: str = "") -> Iterator[Pair]:
    """Run a pair that has a cluster of real nodes, called CLUSTER, ready to be deployed."""
    grown = library.fleet(size)
    document = library.release_document()
    with (
        tempfile.TemporaryDirectory() as data,
        running_pair(Path(data), database_url=database_url) as pair,
    ):
        clusters.import_release(pair, CLUSTER, document)
        uids = clusters.register(pair, grown)
        clusters.make_cluster(pair, CLUSTER, CLUSTER, grown, uids)
        yield pair


def follow(pair: Pair, transaction: str) -> int:
    """Watch a transaction from its first event; check that none is missing; count them."""
    request = pb.WatchTransactionRequest(transaction=transaction, after_sequence=0)
    last = 0
    for response in pair.transactions.WatchTransaction(request):
        events = response.events.events
        if events:
            if (events[0].sequence, events[-1].sequence) != (last + 1, last + len(events)):
                raise AssertionError(f"events are missing after {last}")
            last = events[-1].sequence
        if response.HasField("finished"):
            _check(response.finished)
    return last


def _check(finished: transaction_pb2.Transaction) -> None:
    """Check that a deployment ended well and each of its task runs with it."""
    if finished.state != transaction_pb2.TRANSACTION_STATE_SUCCEEDED:
        raise AssertionError(f"{finished.name}: {finished.failure.message}")
    planned = sum(step.task_run_count for step in finished.steps)
    done = {count.state: count.count for count in finished.stats.task_runs}
    well = (transaction_pb2.TASK_STATE_READY, transaction_pb2.TASK_STATE_SKIPPED)
    if not planned or sum(done.get(state, 0) for state in well) != planned:
        raise AssertionError(f"{finished.name}: of {planned} runs ended {done}")


def pid_of(service: Service) -> int:
    """Return the id of a service's process."""
    if service.process is None:
        raise AssertionError("the service does not run")
    return service.process.pid


def _both_cpu_s(pair: Pair) -> float:
    return cpu_s(pid_of(pair.planner)) + cpu_s(pid_of(pair.orchestrator))

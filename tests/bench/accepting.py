"""How long does a client wait for ApplyChanges and PreviewChanges, against a bare RPC?"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

import grpc
import yaml
from google.protobuf.json_format import ParseDict
from grpc_health.v1 import health_pb2, health_pb2_grpc

from planner.v1 import inventory_service_pb2 as inventory_pb
from planner.v1 import planner_service_pb2 as planner_pb
from tests.bench.meters import percentile
from tests.processes import running_pair
from tests.scenes import SAMPLE_ROLES, SAMPLES, apply, load_sample, make_cluster, wait

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.bench.subjects import Figure
    from tests.processes import Pair

TIMES: Final = 100
WARM: Final = 5
"""Calls before the clock: connections, caches and imports of the first ones are start-up."""


def measure() -> Iterator[Figure]:
    """Accept the sample a hundred times, each on a fresh cluster that is then left to end."""
    with tempfile.TemporaryDirectory() as data, running_pair(Path(data)) as pair:
        load_sample(pair)
        with grpc.insecure_channel(pair.planner.address) as channel:
            health = health_pb2_grpc.HealthStub(channel)
            bare = _times(TIMES * 5, lambda: health.Check(health_pb2.HealthCheckRequest()))
        preview = planner_pb.PreviewChangesRequest(cluster="demo")
        previews = _times(TIMES, lambda: pair.changes.PreviewChanges(preview))
        machines = sample_machines()
        applies = [_accept(pair, machines, number) for number in range(TIMES + WARM)][WARM:]
    bare_p50, bare_p99 = percentile(bare, 0.5), percentile(bare, 0.99)
    yield "bare_p50", bare_p50 * 1000
    yield "bare_p99", bare_p99 * 1000
    yield "apply_p50", percentile(applies, 0.5) / bare_p50
    yield "apply_p99", percentile(applies, 0.99) / bare_p99
    yield "preview_p99", percentile(previews, 0.99) * 1000


def _accept(pair: Pair, machines: inventory_pb.RegisterNodesRequest, number: int) -> float:
    """Accept the sample's change on six new machines; return the seconds until the answer."""
    for machine, node in enumerate(machines.nodes):
        node.mac = f"52:54:01:{number >> 8:02x}:{number & 255:02x}:{machine:02x}"
    uids = [node.uid for node in pair.inventory.RegisterNodes(machines).nodes]
    make_cluster(pair, f"c{number}", "cloud", dict(zip(uids, SAMPLE_ROLES, strict=True)))
    started = time.perf_counter()
    transaction = apply(pair, f"c{number}")
    took = time.perf_counter() - started
    wait(pair, transaction)
    return took


def sample_machines() -> inventory_pb.RegisterNodesRequest:
    """Return what discovery says of the sample's machines; names are left to the planner."""
    with (SAMPLES / "nodes.yaml").open() as report:
        nodes = yaml.load(report, Loader=yaml.BaseLoader)  # noqa: S506 - text only
    request: inventory_pb.RegisterNodesRequest
    request = ParseDict({"nodes": nodes}, inventory_pb.RegisterNodesRequest())
    for node in request.nodes:
        node.hostname = ""
    return request


def _times(count: int, call: Callable[[], object]) -> list[float]:
    """Call so often, after WARM calls that do not count; return the seconds each took."""
    taken = []
    for _ in range(count + WARM):
        started = time.perf_counter()
        call()
        taken.append(time.perf_counter() - started)
    return taken[WARM:]

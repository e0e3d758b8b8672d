"""Sets up what end-to-end tests begin with, through the services' own RPCs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from google.protobuf.json_format import ParseDict

from planner.v1 import inventory_service_pb2 as inventory_pb
from planner.v1 import planner_service_pb2 as planner_pb
from planner.v1 import transaction_service_pb2 as transaction_pb

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from planner.v1 import transaction_pb2
    from tests.processes import Pair

SAMPLES = Path(__file__).parents[1] / "samples"
SAMPLE_ROLES = ["controller"] * 3 + ["compute"] * 2 + ["storage"]


def load_sample(pair: Pair, cluster: str = "demo") -> list[str]:
    """Import the sample release, register its six machines, make a cluster; return the uids."""
    document = (SAMPLES / "release.yaml").read_text()
    pair.inventory.ImportRelease(
        inventory_pb.ImportReleaseRequest(release="cloud", document=document)
    )
    with (SAMPLES / "nodes.yaml").open() as report:
        nodes = yaml.load(report, Loader=yaml.BaseLoader)  # noqa: S506 - text only
    request = ParseDict({"nodes": nodes}, inventory_pb.RegisterNodesRequest())
    uids = [node.uid for node in pair.inventory.RegisterNodes(request).nodes]
    make_cluster(pair, cluster, "cloud", dict(zip(uids, SAMPLE_ROLES, strict=True)))
    return uids


def make_cluster(
    pair: Pair,
    cluster: str,
    release: str,
    roles: Mapping[str, str],
    settings: Mapping[str, Any] | None = None,
) -> None:
    """Create a cluster and give it nodes with one role each."""
    pair.inventory.CreateCluster(
        inventory_pb.CreateClusterRequest(
            cluster=cluster, release=release, settings_json=json.dumps(settings or {})
        )
    )
    request = inventory_pb.AssignNodesRequest(cluster=cluster)
    for uid, role in roles.items():
        request.assignments.add(node=uid, roles=[role])
    pair.inventory.AssignNodes(request)


def apply(pair: Pair, cluster: str = "demo", **fields: Any) -> str:
    """Apply the changes of a cluster; return the transaction's name."""
    request = planner_pb.ApplyChangesRequest(cluster=cluster, **fields)
    return pair.changes.ApplyChanges(request).transaction.name


def watch(
    pair: Pair, transaction: str, after: int | None = None
) -> tuple[list[transaction_pb2.TransactionEvent], transaction_pb2.Transaction]:
    """Watch a transaction to its end; return its events and how it ended."""
    request = transaction_pb.WatchTransactionRequest(transaction=transaction, after_sequence=after)
    events: list[transaction_pb2.TransactionEvent] = []
    finished = None
    for response in pair.transactions.WatchTransaction(request, wait_for_ready=True):
        assert finished is None, "nothing follows finished"
        events.extend(response.events.events)
        if response.HasField("finished"):
            finished = response.finished
    assert finished is not None, "a stream does not end OK without finished"
    return events, finished


def wait(pair: Pair, transaction: str) -> transaction_pb2.Transaction:
    """Wait until a transaction is done."""
    while True:
        request = transaction_pb.WaitTransactionRequest(transaction=transaction, timeout_ms=60_000)
        response = pair.transactions.WaitTransaction(request, wait_for_ready=True)
        if response.transaction.done:
            return response.transaction


def task_runs(pair: Pair, transaction: str) -> Sequence[transaction_pb2.TaskRun]:
    """List the whole history of a transaction."""
    request = transaction_pb.ListTaskRunsRequest(transaction=transaction, page_size=5000)
    runs: list[transaction_pb2.TaskRun] = []
    while True:
        response = pair.transactions.ListTaskRuns(request)
        runs.extend(response.task_runs)
        if not response.next_page_token:
            return runs
        request.page_token = response.next_page_token

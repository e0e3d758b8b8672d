"""Real input: the 204 tasks of fuel-library and the data of a real cluster of five nodes."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING, Any

from planner.v1 import cluster_pb2, transaction_pb2
from planner.v1 import inventory_service_pb2 as inventory_pb
from planner.v1 import transaction_service_pb2 as transaction_pb
from tests.e2e.fuel_library import release_document
from tests.scenes import apply, make_cluster, task_runs, watch

if TYPE_CHECKING:
    from pathlib import Path

    from tests.processes import Pair

FINISHED_WELL = {transaction_pb2.TASK_STATE_READY, transaction_pb2.TASK_STATE_SKIPPED}


def _context(shared: Path) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    with gzip.open(shared / "golden/planner/contexts/n5.json.gz", "rt") as text:
        data = json.load(text)
    return data["nodes"], data["context"]


def test_a_real_cluster_is_deployed(pair: Pair, shared: Path) -> None:
    """The cluster ends operational, each planned task ends once, and no start breaks an order."""
    nodes, context = _context(shared)
    pair.inventory.ImportRelease(
        inventory_pb.ImportReleaseRequest(release="newton", document=release_document(shared))
    )
    request = inventory_pb.RegisterNodesRequest()
    for node in nodes:
        data = context["nodes"][node["uid"]]
        request.nodes.add(
            mac=f"52:54:00:aa:00:{int(node['uid']):02x}",
            ip=data["ip"],
            attributes_json=json.dumps(data),
        )
    uids = [node.uid for node in pair.inventory.RegisterNodes(request).nodes]
    roles = {uid: node["roles"][0] for uid, node in zip(uids, nodes, strict=True)}
    make_cluster(pair, "newton", "newton", roles, context["common"])

    transaction = apply(pair, "newton")
    _, finished = watch(pair, transaction)

    assert finished.state == transaction_pb2.TRANSACTION_STATE_SUCCEEDED, finished.failure
    cluster = pair.inventory.GetCluster(inventory_pb.GetClusterRequest(cluster="newton")).cluster
    assert cluster.status == cluster_pb2.CLUSTER_STATUS_OPERATIONAL
    runs = task_runs(pair, transaction)
    graph = _sent_graph(pair, transaction)
    planned = {(uid, task["id"]) for uid, tasks in graph.items() for task in tasks}
    assert sorted((run.uid, run.task) for run in runs) == sorted(planned)
    assert {run.state for run in runs} <= FINISHED_WELL
    assert _broken_orders(graph, runs) == []


def _sent_graph(pair: Pair, transaction: str) -> dict[str, list[dict[str, Any]]]:
    request = transaction_pb.StreamMessagesRequest(transaction=transaction, include_secrets=True)
    text = b"".join(
        piece.data
        for piece in pair.transactions.StreamMessages(request)
        if piece.method == "task_deploy"
    )
    graph: dict[str, list[dict[str, Any]]] = json.loads(text)["args"]["tasks_graph"]
    return graph


def _broken_orders(
    graph: dict[str, list[dict[str, Any]]], runs: list[transaction_pb2.TaskRun] | Any
) -> list[str]:
    """Name every dependency whose task started before what it requires had ended."""
    ended = {(run.uid, run.task): run.end_offset.ToMilliseconds() for run in runs}
    started = {
        (run.uid, run.task): (
            run.start_offset if run.HasField("start_offset") else run.end_offset
        ).ToMilliseconds()
        for run in runs
    }
    broken = []
    for uid, tasks in graph.items():
        for task in tasks:
            place = (uid, task["id"])
            before = [
                (edge["node_id"] or "null", edge["name"]) for edge in task.get("requires", ())
            ]
            after = [
                (edge["node_id"] or "null", edge["name"]) for edge in task.get("required_for", ())
            ]
            broken += [f"{place} before {b}" for b in before if started[place] < ended[b]]
            broken += [f"{a} before {place}" for a in after if started[a] < ended[place]]
    return broken

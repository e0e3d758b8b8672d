"""A cluster's life on the real graphs, through both processes, watched event by event.

Ten nodes are discovered and deployed, five are added, a controller is removed, a setting changes, a
deployment is stopped half-way and retried. Every event is held to the laws of the log.
"""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING, Any, Final

import grpc
import pytest
from google.protobuf.field_mask_pb2 import FieldMask

from orchestrator.v1 import simulation_service_pb2
from orchestrator.v1.simulation_service_pb2_grpc import SimulationServiceStub
from planner.v1 import cluster_pb2, node_pb2, transaction_pb2
from planner.v1 import inventory_service_pb2 as inventory_pb
from planner.v1 import planner_service_pb2 as planner_pb
from planner.v1 import transaction_service_pb2 as transaction_pb
from tests.e2e.chronicle import Chronicle
from tests.e2e.fuel_library import release_document, tasks_that_see
from tests.processes import running_pair
from tests.scenes import apply, make_cluster, task_runs

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from tests.processes import Pair

CLUSTER: Final = "story"
READY: Final = transaction_pb2.TASK_STATE_READY
PACED: Final = "clock: {mode: real, speed: 2000}\n"
ADDED_LIKE: Final = ("4", "5", "6", "8", "9")
"""The nodes whose machines the five that are added are like."""

DERIVED: Final = ("network_metadata", "nodes", "cluster", "deployment_id", "uid", "roles", "status")
"""What a planner derives by itself: it must follow the nodes that come and go."""


@pytest.fixture
def story_pair(tmp_path: Path) -> Iterator[Pair]:
    """A pair of its own: uids begin at 1."""
    with running_pair(tmp_path) as pair:
        yield pair


def test_a_cluster_lives_through_everything(story_pair: Pair, shared: Path) -> None:
    """Deployed, grown, shrunk, changed, stopped, retried; the log obeys its laws throughout."""
    pair, chronicle = story_pair, Chronicle(story_pair)
    machines, settings = _data(shared)

    _deploy(pair, chronicle, machines, settings, release_document(shared))
    _grow(pair, chronicle, machines)
    _shrink(pair, chronicle)
    ran_again = _change_a_setting(pair, chronicle, settings)
    stopped, retried = _stop_half_way(pair, chronicle)

    assert ran_again == tasks_that_see(shared, "external_ntp")
    done, redone = _ran(pair, stopped), _ran(pair, retried)
    assert done
    assert redone
    assert not done & redone
    assert _cluster(pair).status == cluster_pb2.CLUSTER_STATUS_OPERATIONAL
    assert set(_statuses(pair).values()) == {"READY"}


def _deploy(
    pair: Pair,
    chronicle: Chronicle,
    machines: list[dict[str, Any]],
    settings: Mapping[str, Any],
    release: str,
) -> None:
    """Discover ten machines and deploy them."""
    _discover(pair, machines, [node["uid"] for node in machines])
    pair.inventory.ImportRelease(
        inventory_pb.ImportReleaseRequest(release="newton", document=release)
    )
    roles = {node["uid"]: node["roles"][0] for node in machines}
    make_cluster(pair, CLUSTER, "newton", roles, settings)
    _succeed(chronicle, apply(pair, CLUSTER))
    assert _statuses(pair) == {str(uid): "READY" for uid in range(1, 11)}


def _grow(pair: Pair, chronicle: Chronicle, machines: list[dict[str, Any]]) -> None:
    """Add five machines: only they are provisioned."""
    _add(pair, machines)
    grown = _succeed(chronicle, apply(pair, CLUSTER))
    assert [(step.kind, step.node_count) for step in grown.steps] == [
        ("provision", len(ADDED_LIKE)),
        ("deployment", 15),
    ]
    assert set(_statuses(pair).values()) == {"READY"}


def _shrink(pair: Pair, chronicle: Chronicle) -> None:
    """Remove a controller: it is deleted before the others are deployed without it."""
    _remove(pair, "3")
    shrunk = _succeed(chronicle, apply(pair, CLUSTER))
    assert [(step.kind, step.node_count) for step in shrunk.steps] == [
        ("deletion", 1),
        ("deployment", 14),
    ]
    assert "3" not in _statuses(pair)


def _change_a_setting(pair: Pair, chronicle: Chronicle, settings: Mapping[str, Any]) -> set[str]:
    """Change a setting; name the tasks that run for it and would not have run without it."""
    always = _ran(pair, _succeed(chronicle, apply(pair, CLUSTER)))
    own_clock = {**settings["external_ntp"], "ntp_list": "ntp.lan"}
    _change(pair, {**settings, "external_ntp": own_clock})
    return {task for _, task in _ran(pair, _succeed(chronicle, apply(pair, CLUSTER))) - always}


def _data(shared: Path) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Read ten real nodes, each with the data of its own, and the settings of their cluster."""
    with gzip.open(shared / "golden/planner/contexts/n10.json.gz", "rt") as text:
        data = json.load(text)
    context = data["context"]
    machines = [{**node, "data": _own(context["nodes"][node["uid"]])} for node in data["nodes"]]
    return machines, _own(context["common"])


def _own(data: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in data.items() if key not in DERIVED}


def _discover(pair: Pair, machines: list[dict[str, Any]], uids: list[str]) -> list[str]:
    """Register new machines that are like those with the given uids."""
    known = {node["uid"]: node for node in machines}
    request = inventory_pb.RegisterNodesRequest()
    total = len(pair.inventory.ListNodes(inventory_pb.ListNodesRequest(page_size=1000)).nodes)
    for number, uid in enumerate(uids, total + 1):
        request.nodes.add(
            mac=f"52:54:00:aa:00:{number:02x}",
            ip=f"10.20.0.{number + 10}",
            attributes_json=json.dumps(known[uid]["data"]),
        )
    return [node.uid for node in pair.inventory.RegisterNodes(request).nodes]


def _add(pair: Pair, machines: list[dict[str, Any]]) -> None:
    """Give five new machines the roles of those that they are like."""
    known = {node["uid"]: node["roles"] for node in machines}
    request = inventory_pb.AssignNodesRequest(cluster=CLUSTER)
    for uid, like in zip(_discover(pair, machines, list(ADDED_LIKE)), ADDED_LIKE, strict=True):
        request.assignments.add(node=uid, roles=known[like])
    pair.inventory.AssignNodes(request)


def _remove(pair: Pair, uid: str) -> None:
    pair.inventory.UnassignNodes(inventory_pb.UnassignNodesRequest(cluster=CLUSTER, nodes=[uid]))


def _change(pair: Pair, settings: Mapping[str, Any]) -> None:
    pair.inventory.UpdateCluster(
        inventory_pb.UpdateClusterRequest(
            cluster=cluster_pb2.Cluster(
                name=f"clusters/{CLUSTER}", settings_json=json.dumps(settings)
            ),
            update_mask=FieldMask(paths=["settings_json"]),
        )
    )


def _stop_half_way(
    pair: Pair, chronicle: Chronicle
) -> tuple[transaction_pb2.Transaction, transaction_pb2.Transaction]:
    """Redeploy everything at a pace that can be seen, stop when tasks have ended, retry."""
    with grpc.insecure_channel(pair.orchestrator.address) as channel:
        SimulationServiceStub(channel).PutScenario(
            simulation_service_pb2.PutScenarioRequest(scenario="paced", yaml=PACED)
        )
    selection = {"force": True}
    name = apply(pair, CLUSTER, selection=selection, scenario="paced")
    _wait_for(pair, name, READY)
    pair.changes.StopTransaction(planner_pb.StopTransactionRequest(transaction=name))
    stopped = chronicle.watch(name)
    assert stopped.state == transaction_pb2.TRANSACTION_STATE_STOPPED, stopped.failure
    assert _cluster(pair).status == cluster_pb2.CLUSTER_STATUS_STOPPED
    with grpc.insecure_channel(pair.orchestrator.address) as channel:
        SimulationServiceStub(channel).PutScenario(
            simulation_service_pb2.PutScenarioRequest(scenario="swift", yaml="seed: 7\n")
        )
    request = planner_pb.RetryTransactionRequest(transaction=name, scenario="swift")
    retried = pair.changes.RetryTransaction(request).transaction.name
    return stopped, _succeed(chronicle, retried)


def _wait_for(pair: Pair, transaction: str, state: int) -> None:
    """Wait until a task of a transaction is in a state."""
    request = transaction_pb.WatchTransactionRequest(transaction=transaction, after_sequence=0)
    stream = pair.transactions.WatchTransaction(request)
    for response in stream:
        if any(event.task.state == state for event in response.events.events):
            stream.cancel()
            return
    raise AssertionError("no task ever got there")


def _succeed(chronicle: Chronicle, transaction: str) -> transaction_pb2.Transaction:
    """Watch a transaction that must end well."""
    finished = chronicle.watch(transaction)
    assert finished.state == transaction_pb2.TRANSACTION_STATE_SUCCEEDED, finished.failure
    assert not finished.stats.failed_nodes
    return finished


def _ran(pair: Pair, transaction: transaction_pb2.Transaction) -> set[tuple[str, str]]:
    """Name the (node, task) pairs that a transaction ran well."""
    runs = task_runs(pair, transaction.name)
    return {(run.uid, run.task) for run in runs if run.state == READY}


def _cluster(pair: Pair) -> cluster_pb2.Cluster:
    return pair.inventory.GetCluster(inventory_pb.GetClusterRequest(cluster=CLUSTER)).cluster


def _statuses(pair: Pair) -> dict[str, str]:
    """Map the nodes of the cluster to their status."""
    request = inventory_pb.ListNodesRequest(cluster=CLUSTER, page_size=1000)
    nodes = pair.inventory.ListNodes(request).nodes
    return {
        node.uid: node_pb2.NodeStatus.Name(node.status).removeprefix("NODE_STATUS_")
        for node in nodes
    }

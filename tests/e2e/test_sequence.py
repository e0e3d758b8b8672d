"""Graphs that run one after another, each planned when it is reached."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from planner.v1 import cluster_pb2, node_pb2, selection_pb2, transaction_pb2
from planner.v1 import inventory_service_pb2 as inventory_pb
from planner.v1 import planner_service_pb2 as planner_pb
from tests.processes import running_pair
from tests.scenes import apply, load_sample, task_runs, watch

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.processes import Pair

GRAPHS = selection_pb2.Selection(graph_types=["provision", "default"])


@pytest.fixture
def fresh_pair(tmp_path: Path) -> Iterator[Pair]:
    """A pair of its own, with the sample loaded."""
    with running_pair(tmp_path) as pair:
        load_sample(pair)
        yield pair


def test_a_sequence_provisions_then_deploys(fresh_pair: Pair) -> None:
    """The second graph runs on the nodes that the first has provisioned."""
    preview = fresh_pair.changes.PreviewChanges(
        planner_pb.PreviewChangesRequest(cluster="demo", selection=GRAPHS)
    )

    transaction = apply(fresh_pair, selection=GRAPHS)
    _, finished = watch(fresh_pair, transaction)

    assert [step.graph_type for step in preview.plan.steps] == ["provision", "default"]
    assert finished.state == transaction_pb2.TRANSACTION_STATE_SUCCEEDED, finished.failure
    assert [step.graph_type for step in finished.steps] == ["provision", "default"]
    assert [step.node_count for step in finished.steps] == [6, 6]
    nodes = fresh_pair.inventory.ListNodes(inventory_pb.ListNodesRequest(cluster="demo")).nodes
    assert {node.status for node in nodes} == {node_pb2.NODE_STATUS_READY}
    assert not any(node.pending_addition or node.pending_roles for node in nodes)
    runs = task_runs(fresh_pair, transaction)
    assert {run.step for run in runs} == {0, 1}


def test_a_later_graph_that_cannot_be_planned_fails_the_transaction(fresh_pair: Pair) -> None:
    """The failure names the expression; what ran before stays as it is."""
    document = """
release: {name: Broken, version: broken-10.0, modes: [ha_compact]}
roles_metadata: {web: {}}
graphs:
  first:
    node_filter: ""
    on_success: {node_attributes: {status: provisioned}}
    tasks: [{id: one, type: shell, version: 2.1.0, roles: '*', parameters: {cmd: one}}]
  second:
    node_filter: ""
    tasks:
      - id: two
        type: shell
        version: 2.1.0
        roles: '*'
        parameters: {cmd: {yaql_exp: $.no_such_key}}
sequences: {deploy-changes: [first, second]}
"""
    fresh_pair.inventory.ImportRelease(
        inventory_pb.ImportReleaseRequest(release="broken", document=document)
    )
    fresh_pair.inventory.CreateCluster(
        inventory_pb.CreateClusterRequest(cluster="broken", release="broken")
    )
    mac = inventory_pb.NodeRegistration(mac="02:00:00:00:00:99")
    registered = fresh_pair.inventory.RegisterNodes(inventory_pb.RegisterNodesRequest(nodes=[mac]))
    fresh_pair.inventory.AssignNodes(
        inventory_pb.AssignNodesRequest(
            cluster="broken",
            assignments=[inventory_pb.NodeAssignment(node=registered.nodes[0].name, roles=["web"])],
        )
    )

    _, finished = watch(fresh_pair, apply(fresh_pair, "broken"))

    assert finished.state == transaction_pb2.TRANSACTION_STATE_FAILED
    assert finished.failure.reason == "EXPRESSION_FAILED"
    assert finished.failure.metadata["task"] == "two"
    assert [step.state for step in finished.steps] == [
        transaction_pb2.STEP_STATE_SUCCEEDED,
        transaction_pb2.STEP_STATE_FAILED,
    ]
    cluster = fresh_pair.inventory.GetCluster(
        inventory_pb.GetClusterRequest(cluster="broken")
    ).cluster
    assert cluster.status == cluster_pb2.CLUSTER_STATUS_PARTIALLY_DEPLOYED

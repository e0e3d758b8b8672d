"""Nodes leave through two processes: deleted first, and the rest is deployed without them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from planner.v1 import inventory_service_pb2 as inventory_pb
from planner.v1 import node_pb2, transaction_pb2
from tests.scenes import apply, load_sample, watch

if TYPE_CHECKING:
    from tests.processes import Pair


@pytest.fixture(scope="module")
def deployed(pair: Pair) -> str:
    """A deployed cluster of its own; the sample's machines are registered once."""
    load_sample(pair)
    _, finished = watch(pair, apply(pair))
    assert finished.state == transaction_pb2.TRANSACTION_STATE_SUCCEEDED, finished.failure
    return "demo"


def test_a_removed_node_is_deleted_before_the_others_are_deployed(
    pair: Pair, deployed: str
) -> None:
    """Its deletion is the first step; afterwards it is in no cluster."""
    pair.inventory.UnassignNodes(
        inventory_pb.UnassignNodesRequest(cluster=deployed, nodes=["nodes/5"])
    )

    _, finished = watch(pair, apply(pair, deployed))
    node = pair.inventory.GetNode(inventory_pb.GetNodeRequest(node="5")).node
    left = pair.inventory.ListNodes(inventory_pb.ListNodesRequest(cluster=deployed)).nodes

    assert finished.state == transaction_pb2.TRANSACTION_STATE_SUCCEEDED, finished.failure
    assert finished.steps[0].kind == "deletion"
    assert node.cluster == ""
    assert not node.roles
    assert len(left) == 5
    assert {item.status for item in left} == {node_pb2.NODE_STATUS_READY}


def test_a_node_that_was_deleted_can_come_back(pair: Pair, deployed: str) -> None:
    """It was erased: coming back, it waits to be provisioned like any new one."""
    request = inventory_pb.AssignNodesRequest(cluster=deployed)
    request.assignments.add(node="nodes/5", roles=["compute"])

    pair.inventory.AssignNodes(request)
    node = pair.inventory.GetNode(inventory_pb.GetNodeRequest(node="5")).node
    _, finished = watch(pair, apply(pair, deployed))

    assert node.pending_addition
    assert [step.kind for step in finished.steps] == ["provision", "deployment"]
    assert finished.state == transaction_pb2.TRANSACTION_STATE_SUCCEEDED, finished.failure

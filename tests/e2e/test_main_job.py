"""The main job through two processes: the sample cluster is deployed and the story can be read."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from planner.v1 import cluster_pb2, node_pb2, transaction_pb2
from planner.v1 import inventory_service_pb2 as inventory_pb
from planner.v1 import planner_service_pb2 as planner_pb
from planner.v1 import transaction_service_pb2 as transaction_pb
from tests.scenes import apply, load_sample, task_runs, watch

if TYPE_CHECKING:
    from tests.processes import Pair


@pytest.fixture(scope="module")
def deployed(pair: Pair) -> tuple[str, list[transaction_pb2.TransactionEvent]]:
    """The sample cluster, deployed: the transaction and every event a watcher saw."""
    load_sample(pair)
    preview = pair.changes.PreviewChanges(planner_pb.PreviewChangesRequest(cluster="demo"))
    transaction = apply(pair, expected_plan_digest=preview.plan.digest)
    events, finished = watch(pair, transaction, after=0)
    assert finished.state == transaction_pb2.TRANSACTION_STATE_SUCCEEDED, finished.failure
    return transaction, events


def test_every_node_ends_ready(pair: Pair, deployed: tuple[str, object]) -> None:
    """The cluster is operational and its nodes have the roles they were given."""
    nodes = pair.inventory.ListNodes(inventory_pb.ListNodesRequest(cluster="demo")).nodes
    cluster = pair.inventory.GetCluster(inventory_pb.GetClusterRequest(cluster="demo")).cluster

    assert {node.status for node in nodes} == {node_pb2.NODE_STATUS_READY}
    assert Counter(role for node in nodes for role in node.roles) == {
        "controller": 3,
        "compute": 2,
        "storage": 1,
    }
    assert cluster.status == cluster_pb2.CLUSTER_STATUS_OPERATIONAL
    assert cluster.active_transaction == ""


def test_the_log_has_no_gap(
    deployed: tuple[str, list[transaction_pb2.TransactionEvent]],
) -> None:
    """Sequences rise by exactly one from 1, progress never falls, and the end is the last word."""
    _, events = deployed

    progress = [
        event.transaction.progress_percent for event in events if event.HasField("transaction")
    ]

    assert [event.sequence for event in events] == list(range(1, len(events) + 1))
    assert progress == sorted(progress)
    assert events[-1].transaction.state == transaction_pb2.TRANSACTION_STATE_SUCCEEDED


def test_resuming_anywhere_gives_the_rest(
    pair: Pair, deployed: tuple[str, list[transaction_pb2.TransactionEvent]]
) -> None:
    """A watcher that comes back misses nothing and sees nothing twice."""
    transaction, events = deployed

    for after in (0, 1, len(events) // 2, len(events) - 1, len(events)):
        rest, _ = watch(pair, transaction, after=after)

        assert rest == events[after:]


def test_every_task_of_the_plan_has_one_final_run(
    pair: Pair, deployed: tuple[str, list[transaction_pb2.TransactionEvent]]
) -> None:
    """The history holds each (node, task) once, and each has ended."""
    transaction, _ = deployed

    runs = task_runs(pair, transaction)

    places = [(run.uid, run.task) for run in runs]
    assert len(places) == len(set(places)) == 119
    assert {run.state for run in runs} == {
        transaction_pb2.TASK_STATE_READY,
        transaction_pb2.TASK_STATE_SKIPPED,
    }


def test_a_second_run_finds_conditions_unchanged(
    pair: Pair, deployed: tuple[str, list[transaction_pb2.TransactionEvent]]
) -> None:
    """What ran with the same inputs does not run again; what has no condition does."""
    assert deployed

    transaction = apply(pair)
    watch(pair, transaction)
    runs = {(run.uid, run.task): run.state for run in task_runs(pair, transaction)}

    assert runs["1", "netconfig"] == transaction_pb2.TASK_STATE_SKIPPED
    assert runs["1", "hosts"] == transaction_pb2.TASK_STATE_READY


def test_messages_read_as_the_reference_writes_them(
    pair: Pair, deployed: tuple[str, list[transaction_pb2.TransactionEvent]]
) -> None:
    """A provision message and a deployment message, canonical, without secrets."""
    transaction, _ = deployed
    request = transaction_pb.StreamMessagesRequest(transaction=transaction)

    texts: list[bytes] = [b""]
    for piece in pair.transactions.StreamMessages(request):
        texts[-1] += piece.data
        if piece.last:
            texts.append(b"")
    messages = [json.loads(text) for text in texts[:-1]]

    assert [message["method"] for message in messages] == ["image_provision", "task_deploy"]
    assert messages[0]["args"]["provisioning_info"]["engine"]["password"] == "<redacted>"
    assert set(messages[1]["args"]["tasks_graph"]) == {*"123456", "master", "null"}
    for text, message in zip(texts, messages, strict=False):
        canonical = json.dumps(message, sort_keys=True, separators=(",", ":"))
        assert text.decode() == canonical

"""A transaction is stopped, or fails, and what is left is done by its retry."""

from __future__ import annotations

from typing import TYPE_CHECKING

import grpc
import pytest

from orchestrator.v1 import orchestrator_service_pb2, simulation_service_pb2
from orchestrator.v1.simulation_service_pb2_grpc import SimulationServiceStub
from planner.v1 import cluster_pb2, node_pb2, transaction_pb2
from planner.v1 import inventory_service_pb2 as inventory_pb
from planner.v1 import planner_service_pb2 as planner_pb
from planner.v1 import transaction_service_pb2 as transaction_pb
from tests.processes import running_pair
from tests.scenes import apply, load_sample, task_runs, watch

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.processes import Pair

READY = transaction_pb2.TASK_STATE_READY
SKIPPED = transaction_pb2.TASK_STATE_SKIPPED


@pytest.fixture
def fresh_pair(tmp_path: Path) -> Iterator[Pair]:
    """A pair of its own, with the sample loaded."""
    with running_pair(tmp_path) as pair:
        load_sample(pair)
        yield pair


def _put_scenario(pair: Pair, name: str, text: str) -> None:
    with grpc.insecure_channel(pair.orchestrator.address) as channel:
        SimulationServiceStub(channel).PutScenario(
            simulation_service_pb2.PutScenarioRequest(scenario=name, yaml=text)
        )


def _retry(pair: Pair, transaction: str, scenario: str = "") -> str:
    request = planner_pb.RetryTransactionRequest(transaction=transaction, scenario=scenario)
    return pair.changes.RetryTransaction(request).transaction.name


def _statuses(pair: Pair) -> set[int]:
    nodes = pair.inventory.ListNodes(inventory_pb.ListNodesRequest(cluster="demo")).nodes
    return {node.status for node in nodes}


def test_a_retry_runs_only_what_has_not_succeeded(fresh_pair: Pair) -> None:
    """A failed task and what waits for it run again, nothing else; then the cluster is whole."""
    broken = "failures:\n- match: {task: compute_api}\n  fail: always\n  error: disk full\n"
    _put_scenario(fresh_pair, "broken", broken)
    failed_name = apply(fresh_pair, scenario="broken")
    _, failed = watch(fresh_pair, failed_name)
    assert failed.state == transaction_pb2.TRANSACTION_STATE_FAILED
    before = {(r.uid, r.task): r.state for r in task_runs(fresh_pair, failed_name) if r.step == 1}

    _put_scenario(fresh_pair, "mended", "seed: 7\n")
    name = _retry(fresh_pair, failed_name, scenario="mended")
    _, finished = watch(fresh_pair, name)

    assert finished.state == transaction_pb2.TRANSACTION_STATE_SUCCEEDED, finished.failure
    assert finished.retry_of == failed_name
    after = {(run.uid, run.task): run.state for run in task_runs(fresh_pair, name)}
    ran_before = {place for place, state in before.items() if state == READY}
    ran_after = {place for place, state in after.items() if state == READY}
    assert ran_before
    assert ran_after
    assert not ran_before & ran_after
    assert _statuses(fresh_pair) == {node_pb2.NODE_STATUS_READY}


def test_what_succeeded_cannot_be_retried(fresh_pair: Pair) -> None:
    """There is nothing left to do, and the error says so."""
    transaction = apply(fresh_pair)
    watch(fresh_pair, transaction)

    with pytest.raises(grpc.RpcError) as raised:
        _retry(fresh_pair, transaction)

    assert raised.value.code() is grpc.StatusCode.FAILED_PRECONDITION
    assert "nothing to retry" in str(raised.value.details())


def test_a_stop_in_the_middle_ends_stopped(tmp_path: Path) -> None:
    """Nothing new starts, every run ends, the cluster is stopped; the retry finishes the work."""
    scenario = tmp_path / "paced.yaml"
    scenario.write_text("clock: {mode: real, speed: 1000}\n")
    with running_pair(tmp_path, orchestrator_flags=("--scenario", str(scenario))) as pair:
        load_sample(pair)
        transaction = apply(pair)
        _wait_for_running_task(pair, transaction)

        request = planner_pb.StopTransactionRequest(transaction=transaction)
        answer = pair.changes.StopTransaction(request).transaction
        again = pair.changes.StopTransaction(request).transaction
        _, stopped = watch(pair, transaction)

        states = (
            transaction_pb2.TRANSACTION_STATE_STOPPING,
            transaction_pb2.TRANSACTION_STATE_STOPPED,
        )
        assert answer.state in states
        assert again.state in states
        assert stopped.state == transaction_pb2.TRANSACTION_STATE_STOPPED
        assert not stopped.HasField("failure")
        pending = (transaction_pb2.TASK_STATE_PENDING, transaction_pb2.TASK_STATE_RUNNING)
        assert not [run for run in task_runs(pair, transaction) if run.state in pending]
        cluster = pair.inventory.GetCluster(inventory_pb.GetClusterRequest(cluster="demo"))
        assert cluster.cluster.status == cluster_pb2.CLUSTER_STATUS_STOPPED

        _, finished = watch(pair, _retry(pair, transaction))

        assert finished.state == transaction_pb2.TRANSACTION_STATE_SUCCEEDED, finished.failure
        assert _statuses(pair) == {node_pb2.NODE_STATUS_READY}


def _wait_for_running_task(pair: Pair, transaction: str) -> None:
    request = transaction_pb.WatchTransactionRequest(transaction=transaction, after_sequence=0)
    stream = pair.transactions.WatchTransaction(request)
    for response in stream:
        if any(event.HasField("task") for event in response.events.events):
            stream.cancel()
            return
    raise AssertionError("no task ever ran")


def test_the_orchestrator_forgets_what_is_recorded(fresh_pair: Pair) -> None:
    """Events that the planner has recorded may be trimmed: it acknowledges them."""
    transaction = apply(fresh_pair)
    _, finished = watch(fresh_pair, transaction)

    request = orchestrator_service_pb2.GetExecutionRequest(execution=finished.steps[1].execution)
    execution = fresh_pair.executions.GetExecution(request).execution
    # The end is told as soon as it is recorded; acknowledging it follows.
    while execution.trimmed_sequence < execution.last_sequence:
        execution = fresh_pair.executions.GetExecution(request).execution

    assert execution.trimmed_sequence == execution.last_sequence > 0

"""Unary handlers driven directly by grpcio-testing: answers and error details."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import grpc
import grpc_testing
import pytest
from google.rpc import error_details_pb2, status_pb2
from grpc_testing._server import _rpc

from orchestrator.app import LoopCaller, SystemClock
from orchestrator.engine.bell import Bells
from orchestrator.engine.engine import Engine
from orchestrator.engine.execution_runner import Surroundings
from orchestrator.engine.journal import Journal
from orchestrator.engine.records import BatchRecord, Submission
from orchestrator.rpc.orchestrator_servicer import OrchestratorServicer
from orchestrator.rpc.run_opener import SimulatedRunOpener
from orchestrator.rpc.simulation_servicer import SimulationServicer
from orchestrator.rpc.submit import BatchDoor
from orchestrator.rpc.watch import Watch
from orchestrator.v1 import execution_pb2
from orchestrator.v1 import orchestrator_service_pb2 as pb
from orchestrator.v1 import simulation_service_pb2 as simulation_pb

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SERVICE = pb.DESCRIPTOR.services_by_name["OrchestratorService"]
SIMULATION = simulation_pb.DESCRIPTOR.services_by_name["SimulationService"]


@pytest.fixture
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    """An event loop in a thread of its own, as the engine has one."""
    running = asyncio.new_event_loop()
    thread = threading.Thread(target=running.run_forever)
    thread.start()
    yield running
    running.call_soon_threadsafe(running.stop)
    thread.join()
    running.close()


@pytest.fixture
def keeps_trailers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let aborted calls keep their trailing metadata: a server sends it, the library drops it."""

    def abort(rpc: Any, code: grpc.StatusCode, details: str) -> None:
        rpc._terminate(rpc._pending_trailing_metadata or (), code, details)

    monkeypatch.setattr(_rpc.Rpc, "_abort", abort)


@pytest.fixture
def server(tmp_path: Path, loop: asyncio.AbstractEventLoop, keeps_trailers: None) -> Iterator[Any]:
    """Both servicers over a journal with one pending execution."""
    del keeps_trailers
    journal = Journal(tmp_path / "journal.sqlite3", "journal-1")
    batch = BatchRecord("b", b"digest", labels={"run": "x"}, created=1.5)
    journal.accept(batch, [Submission("d", "task_deploy", b"", b"")])
    clock = SystemClock()
    with ThreadPoolExecutor(1) as workers:
        engine = Engine(Surroundings(journal, SimulatedRunOpener(), Bells(), clock, workers))
        on_loop = LoopCaller(loop)
        servicers = {
            SERVICE: OrchestratorServicer(
                engine, BatchDoor(engine, clock, "", 1), Watch(engine, clock, 1), on_loop
            ),
            SIMULATION: SimulationServicer(engine, clock, on_loop),
        }
        time = grpc_testing.strict_real_time()
        yield grpc_testing.server_from_dictionary(servicers, time)
    journal.close()


def call(server: Any, method: str, request: Any) -> tuple[Any, status_pb2.Status]:
    """Call a method; return the response and the status of the trailers."""
    service = SIMULATION if method in SIMULATION.methods_by_name else SERVICE
    rpc = server.invoke_unary_unary(service.methods_by_name[method], (), request, None)
    response, trailers, code, _ = rpc.termination()
    status = status_pb2.Status(code=0 if code is grpc.StatusCode.OK else -1)
    for key, value in trailers or ():
        if key == "grpc-status-details-bin":
            status.ParseFromString(value)
            assert status.code == code.value[0]
    return response, status


@pytest.mark.parametrize(
    ("method", "request_", "reason"),
    [
        ("GetExecution", pb.GetExecutionRequest(execution="nope"), "EXECUTION_NOT_FOUND"),
        ("GetExecution", pb.GetExecutionRequest(execution=""), "INVALID_ARGUMENT"),
        ("StopExecution", pb.StopExecutionRequest(execution="nope"), "EXECUTION_NOT_FOUND"),
        ("AcknowledgeEvents", pb.AcknowledgeEventsRequest(execution="nope"), "EXECUTION_NOT_FOUND"),
        (
            "AcknowledgeEvents",
            pb.AcknowledgeEventsRequest(execution="d", sequence=9),
            "SEQUENCE_AHEAD",
        ),
        ("ListExecutions", pb.ListExecutionsRequest(page_size=1001), "INVALID_ARGUMENT"),
        ("PutScenario", simulation_pb.PutScenarioRequest(scenario="a b"), "INVALID_ARGUMENT"),
        (
            "PutScenario",
            simulation_pb.PutScenarioRequest(scenario="a", yaml="x: 1"),
            "INVALID_SCENARIO",
        ),
        ("GetScenario", simulation_pb.GetScenarioRequest(scenario="a"), "SCENARIO_NOT_FOUND"),
        ("DeleteScenario", simulation_pb.DeleteScenarioRequest(scenario="a"), "SCENARIO_NOT_FOUND"),
        ("ListScenarios", simulation_pb.ListScenariosRequest(page_token="x"), "INVALID_ARGUMENT"),  # noqa: S106
        (
            "InjectFault",
            simulation_pb.InjectFaultRequest(execution="d", uid="1"),
            "INVALID_ARGUMENT",
        ),
        (
            "InjectFault",
            simulation_pb.InjectFaultRequest(execution="d", uid="1", go_silent=True),
            "NOT_INJECTABLE",
        ),
        ("AdvanceTime", simulation_pb.AdvanceTimeRequest(execution="d"), "CLOCK_NOT_STEPPED"),
    ],
)
def test_errors_carry_their_reason(server: Any, method: str, request_: Any, reason: str) -> None:
    """As google.rpc.ErrorInfo in the trailing metadata."""
    _, status = call(server, method, request_)
    info = error_details_pb2.ErrorInfo()
    assert status.details[0].Unpack(info)
    assert (info.reason, info.domain) == (reason, "orchestrator.v1")


def test_executions_are_answered(server: Any) -> None:
    """Got, listed, acknowledged, stopped before their turn."""
    got, _ = call(server, "GetExecution", pb.GetExecutionRequest(execution="executions/d"))
    assert got.execution.state == execution_pb2.EXECUTION_STATE_PENDING
    assert got.execution.create_time.nanos == 500_000_000
    listed, _ = call(server, "ListExecutions", pb.ListExecutionsRequest())
    assert list(listed.executions) == [got.execution]
    stopped, _ = call(server, "StopExecution", pb.StopExecutionRequest(execution="d"))
    assert stopped.execution.state == execution_pb2.EXECUTION_STATE_STOPPED
    acknowledge = pb.AcknowledgeEventsRequest(execution="d", sequence=1)
    answer, _ = call(server, "AcknowledgeEvents", acknowledge)
    assert answer.trimmed_sequence == 1


def test_scenarios_are_answered(server: Any) -> None:
    """Put, got, listed, deleted."""
    put = simulation_pb.PutScenarioRequest(scenario="s", yaml="seed: 1")
    stored, _ = call(server, "PutScenario", put)
    got, _ = call(server, "GetScenario", simulation_pb.GetScenarioRequest(scenario="s"))
    assert got.scenario == stored.scenario
    listed, _ = call(server, "ListScenarios", simulation_pb.ListScenariosRequest())
    assert list(listed.scenarios) == [stored.scenario]
    call(server, "DeleteScenario", simulation_pb.DeleteScenarioRequest(scenario="s"))
    listed, _ = call(server, "ListScenarios", simulation_pb.ListScenariosRequest())
    assert not listed.scenarios

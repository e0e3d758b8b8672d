"""`SimulationService`: what each RPC does, in a line or two."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from orchestrator.domain.errors import Violation
from orchestrator.engine.errors import ScenarioNotFoundError
from orchestrator.rpc.errors import RequestInvalidError, answered
from orchestrator.rpc.executions import timestamp
from orchestrator.rpc.names import scenario_id_of, task_uuid_of
from orchestrator.rpc.paging import page_size, read_token, write_token
from orchestrator.simulate.commands import FaultCommand
from orchestrator.simulate.scenario_reader import read_scenario
from orchestrator.v1 import simulation_service_pb2 as pb
from orchestrator.v1 import simulation_service_pb2_grpc as pb_grpc

if TYPE_CHECKING:
    from orchestrator.engine.engine import Engine
    from orchestrator.engine.ports import Clock
    from orchestrator.rpc.orchestrator_servicer import OnLoop


class SimulationServicer(pb_grpc.SimulationServiceServicer):
    """Steers the fake fleet; every handler is a plain function in a worker thread."""

    def __init__(self, engine: Engine, clock: Clock, on_loop: OnLoop) -> None:
        self._engine = engine
        self._clock = clock
        self._on_loop = on_loop

    @answered
    def PutScenario(self, request: pb.PutScenarioRequest) -> pb.PutScenarioResponse:
        """Store a scenario that fits the schema."""
        name = scenario_id_of(request.scenario)
        read_scenario(request.yaml)
        updated = self._clock.now()
        self._engine.journal.put_scenario(name, request.yaml, updated)
        return pb.PutScenarioResponse(scenario=_message(name, request.yaml, updated))

    @answered
    def GetScenario(self, request: pb.GetScenarioRequest) -> pb.GetScenarioResponse:
        """Answer one scenario."""
        name = scenario_id_of(request.scenario)
        found = self._engine.journal.scenario(name)
        if found is None:
            raise ScenarioNotFoundError(name)
        return pb.GetScenarioResponse(scenario=_message(*found))

    @answered
    def ListScenarios(self, request: pb.ListScenariosRequest) -> pb.ListScenariosResponse:
        """Answer a page of scenarios, small enough for one answer."""
        size = page_size(request.page_size)
        key = read_token(request.page_token, [], (str,))
        found = self._engine.journal.scenarios(after=str(key[0]) if key else "", limit=size + 1)
        page = found[:size]
        while len(page) > 1 and sum(len(text.encode()) for _, text, _ in page) > MAX_PAGE_BYTES:
            page.pop()
        token = write_token([page[-1][0]], []) if len(found) > len(page) else ""
        scenarios = [_message(*scenario) for scenario in page]
        return pb.ListScenariosResponse(scenarios=scenarios, next_page_token=token)

    @answered
    def DeleteScenario(self, request: pb.DeleteScenarioRequest) -> pb.DeleteScenarioResponse:
        """Forget a scenario."""
        name = scenario_id_of(request.scenario)
        if not self._engine.journal.delete_scenario(name):
            raise ScenarioNotFoundError(name)
        return pb.DeleteScenarioResponse()

    @answered
    def InjectFault(self, request: pb.InjectFaultRequest) -> pb.InjectFaultResponse:
        """Break something in a running deployment."""
        task_uuid = task_uuid_of(request.execution)
        command = FaultCommand(request.uid, request.fail_task, request.error)
        if not request.fail_task and not request.go_silent:
            text = "fail_task or go_silent is required"
            raise RequestInvalidError([Violation("INVALID_FAULT", "fault", text)])
        elapsed = self._on_loop(self._engine.inject(task_uuid, command))
        return pb.InjectFaultResponse(elapsed_ms=elapsed)

    @answered
    def AdvanceTime(self, request: pb.AdvanceTimeRequest) -> pb.AdvanceTimeResponse:
        """Let a stepped clock go on."""
        if request.by_ms > MAX_STEP_MS:
            text = f"{request.by_ms} is above {MAX_STEP_MS}"
            raise RequestInvalidError([Violation("INVALID_STEP", "by_ms", text)])
        task_uuid = task_uuid_of(request.execution)
        allowed = self._on_loop(self._engine.advance_time(task_uuid, request.by_ms))
        return pb.AdvanceTimeResponse(allowed_ms=allowed)


MAX_PAGE_BYTES: Final = 3 << 20
MAX_STEP_MS: Final = 10**12


def _message(name: str, text: str, updated: float) -> pb.Scenario:
    return pb.Scenario(name=f"scenarios/{name}", yaml=text, update_time=timestamp(updated))

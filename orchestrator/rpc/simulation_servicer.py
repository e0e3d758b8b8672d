"""`SimulationService`: what each RPC does, in a line or two."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.engine.errors import ScenarioNotFoundError
from orchestrator.rpc.errors import answered
from orchestrator.rpc.executions import timestamp
from orchestrator.rpc.names import scenario_id_of
from orchestrator.rpc.paging import page_size, read_token, write_token
from orchestrator.simulate.scenario_reader import read_scenario
from orchestrator.v1 import simulation_service_pb2 as pb
from orchestrator.v1 import simulation_service_pb2_grpc as pb_grpc

if TYPE_CHECKING:
    from orchestrator.engine.engine import Engine
    from orchestrator.engine.ports import Clock


class SimulationServicer(pb_grpc.SimulationServiceServicer):
    """Steers the fake fleet; every handler is a plain function in a worker thread."""

    def __init__(self, engine: Engine, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock

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


MAX_PAGE_BYTES = 3 << 20


def _message(name: str, text: str, updated: float) -> pb.Scenario:
    return pb.Scenario(name=f"scenarios/{name}", yaml=text, update_time=timestamp(updated))

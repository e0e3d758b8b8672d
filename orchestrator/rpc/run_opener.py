"""How does a journaled message become a run again?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.rpc.message_reader import read_message
from orchestrator.simulate.matching import RunContext
from orchestrator.simulate.opening import open_run
from orchestrator.simulate.scenario_reader import read_scenario
from orchestrator.v1 import message_pb2

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orchestrator.engine.ports import Run
    from orchestrator.simulate.scenario import ClockMode


class SimulatedRunOpener:
    """Opens runs on the fake fleet; the engine's `RunOpener`."""

    def open(
        self,
        message: bytes,
        scenario_text: str,
        *,
        task_uuid: str,
        batch_id: str,
        labels: Mapping[str, str],
    ) -> tuple[Run, ClockMode, float]:
        """Return the run of a message, how its time passes, and how fast."""
        scenario = read_scenario(scenario_text)
        parsed = read_message(message_pb2.Message.FromString(message))
        context = RunContext(task_uuid=task_uuid, batch_id=batch_id, labels=labels)
        return open_run(parsed, scenario, context), scenario.clock, scenario.speed

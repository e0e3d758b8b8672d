"""How is an outside command stamped, kept and given to a run?"""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Final

from orchestrator.domain.canonical import canonical_json
from orchestrator.engine.records import JournaledCommand
from orchestrator.simulate.commands import StopCommand

if TYPE_CHECKING:
    from orchestrator.engine.ports import Run

STOP: Final = "stop"


def stamped(run: Run, command: StopCommand, at_ms: int) -> JournaledCommand:
    """Stamp a command with the step and virtual time at which it will take effect."""
    payload = canonical_json(asdict(command))
    return JournaledCommand(run.steps, max(at_ms, run.now_ms), STOP, payload)


def apply_command(run: Run, command: JournaledCommand) -> None:
    """Give a journaled command to the run it was stamped for."""
    run.stop(StopCommand(**json.loads(command.payload)), command.at_ms)

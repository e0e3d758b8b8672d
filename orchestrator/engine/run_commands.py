"""How is an outside command stamped, kept and given to a run?"""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Final

from orchestrator.domain.canonical import canonical_json
from orchestrator.engine.ports import Breakable
from orchestrator.engine.records import JournaledCommand
from orchestrator.simulate.commands import FaultCommand, StopCommand

if TYPE_CHECKING:
    from orchestrator.engine.ports import Run
    from orchestrator.simulate.commands import Command

_KINDS: Final[dict[str, type[StopCommand | FaultCommand]]] = {
    "stop": StopCommand,
    "fault": FaultCommand,
}


def stamped(run: Run, command: Command, at_ms: int) -> JournaledCommand:
    """Stamp a command with the step and virtual time at which it will take effect."""
    kind = next(name for name, known in _KINDS.items() if isinstance(command, known))
    payload = canonical_json(asdict(command))
    return JournaledCommand(run.steps, max(at_ms, run.now_ms), kind, payload)


def apply_command(run: Run, journaled: JournaledCommand) -> None:
    """Give a journaled command to the run it was stamped for."""
    command = _KINDS[journaled.kind](**json.loads(journaled.payload))
    if isinstance(command, StopCommand):
        run.stop(command, journaled.at_ms)
    elif isinstance(run, Breakable):
        run.inject(command, journaled.at_ms)

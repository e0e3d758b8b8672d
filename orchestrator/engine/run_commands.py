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
    from collections.abc import Iterable

    from orchestrator.engine.ports import Run
    from orchestrator.simulate.commands import Command

_KINDS: Final[dict[str, type[StopCommand | FaultCommand]]] = {
    "stop": StopCommand,
    "fault": FaultCommand,
}

_GRANT: Final = "grant"
"""Kind of a command that moves the clock alone: the run knows nothing of it."""


def grant(run: Run, until_ms: int) -> JournaledCommand:
    """Return what is kept of a stepped clock that may go on to `until_ms`."""
    return JournaledCommand(run.steps, until_ms, _GRANT, "{}")


def granted_ms(commands: Iterable[JournaledCommand]) -> int:
    """Return how far a stepped clock was let go; 0 where nobody let it."""
    return max((command.at_ms for command in commands if command.kind == _GRANT), default=0)


def without_grants(commands: Iterable[JournaledCommand]) -> list[JournaledCommand]:
    """Return the commands that a run has to meet again."""
    return [command for command in commands if command.kind != _GRANT]


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

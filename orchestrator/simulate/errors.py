"""Which errors does the fake fleet know?

SimulationError
└── ScenarioRefusedError   a scenario's text does not fit the schema; every finding with line
"""

from __future__ import annotations

from dataclasses import dataclass

from orchestrator.domain.errors import OrchestratorError


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong with a text: where (line and column from 1), which field, what."""

    line: int
    column: int
    field: str
    description: str

    def __str__(self) -> str:
        field = f"{self.field}: " if self.field else ""
        return f"line {self.line}, column {self.column}: {field}{self.description}"


class SimulationError(OrchestratorError):
    """Root of what the simulation refuses."""


class ScenarioRefusedError(SimulationError):
    """The text of a scenario cannot be used; `findings` names everything that was found."""

    def __init__(self, findings: list[Finding]) -> None:
        self.findings = tuple(findings)
        super().__init__("; ".join(str(finding) for finding in findings))

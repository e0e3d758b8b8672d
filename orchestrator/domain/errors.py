"""Which errors does the orchestrator know?

OrchestratorError
├── MessageRefusedError      the message cannot be executed; carries every violation
├── IllegalTransitionError   a change of state that no table lists: a bug, with its story
└── StuckError               nothing runs, nothing is ready, not finished: a bug

The rooms above add their own beside these (`engine.errors`, `simulate.errors`).
"""

from __future__ import annotations

from dataclasses import dataclass


class OrchestratorError(Exception):
    """Root of the tree."""


@dataclass(frozen=True, slots=True)
class Violation:
    """One thing that is wrong with a message: a stable reason, the field, a sentence."""

    reason: str
    field: str
    description: str


class MessageRefusedError(OrchestratorError):
    """The message cannot be executed; `violations` names everything that was found."""

    def __init__(self, violations: list[Violation]) -> None:
        self.violations = tuple(violations)
        super().__init__("; ".join(f"{v.field}: {v.description}" for v in violations))

    @property
    def reason(self) -> str:
        """The reason all violations share, else INVALID_MESSAGE."""
        reasons = {violation.reason for violation in self.violations}
        return reasons.pop() if len(reasons) == 1 else "INVALID_MESSAGE"


class IllegalTransitionError(OrchestratorError):
    """A change of state that no transition table lists."""

    def __init__(self, subject: str, old: str, new: str) -> None:
        self.subject, self.old, self.new = subject, old, new
        super().__init__(f"{subject}: {old} cannot become {new}")


class StuckError(OrchestratorError):
    """Unfinished tasks are left although none runs and none is ready."""

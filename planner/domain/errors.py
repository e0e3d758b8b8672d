"""Which errors does the planner know, and which facts does each carry?

PlannerError                 reason, message, metadata
├── InvalidInput             what was sent is wrong; names every violation
├── NotFound                 a named resource does not exist
├── AlreadyExists            an id or address is taken
├── PreconditionFailed       the resource is not in a state that allows it
├── Conflict                 another writer was first: etag, active transaction
├── OutOfRange               a position that is gone or never was: page, event
├── Exhausted                a limit on what may be open at once
├── Unavailable              try again: database busy, orchestrator away, draining
└── IllegalTransition        a bug: a change of state that no table lists
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass(frozen=True, slots=True)
class Violation:
    """One rule that something broke.

    ``subject`` is the path of a field or the name of a resource; ``message`` names the value.
    """

    reason: str
    subject: str
    message: str


class PlannerError(Exception):
    """Anything the planner refuses or cannot do, with a reason programs can branch on."""

    def __init__(
        self, reason: str, message: str, metadata: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message
        self.metadata = dict(metadata or {})


class InvalidInput(PlannerError):
    """What was sent is wrong. Carries every violation found, never only the first."""

    def __init__(self, violations: Sequence[Violation], reason: str = "INVALID_INPUT") -> None:
        super().__init__(reason, "; ".join(f"{v.subject}: {v.message}" for v in violations))
        self.violations = tuple(violations)


class NotFound(PlannerError):
    """A named resource does not exist."""

    def __init__(self, kind: str, name: str) -> None:
        super().__init__(f"{kind.upper()}_NOT_FOUND", f"there is no {kind} {name!r}", {kind: name})
        self.kind = kind
        self.name = name


class AlreadyExists(PlannerError):
    """An id is taken."""

    def __init__(self, kind: str, name: str, message: str) -> None:
        super().__init__(f"{kind.upper()}_EXISTS", message, {kind: name})
        self.kind = kind
        self.name = name


class PreconditionFailed(PlannerError):
    """The resource is not in a state that allows what was asked for."""

    def __init__(
        self, reason: str, subject: str, message: str, metadata: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(reason, message, metadata)
        self.subject = subject


class Conflict(PlannerError):
    """Another writer was first."""


class OutOfRange(PlannerError):
    """A position that is gone or never was."""


class Exhausted(PlannerError):
    """A limit on what may be open at once is reached."""


class Unavailable(PlannerError):
    """Not now; trying again is right."""


class IllegalTransition(PlannerError):
    """A change of state that no transition table lists, with the story so far."""

    def __init__(self, machine: str, subject: str, old: str, new: str) -> None:
        super().__init__(
            "ILLEGAL_TRANSITION",
            f"{machine} {subject} cannot go from {old} to {new}",
            {"machine": machine, "subject": subject, "from": old, "to": new},
        )

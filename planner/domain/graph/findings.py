"""What did a check find: which rules are broken, and what is merely odd?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from planner.domain.errors import Violation

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True)
class Findings:
    """Everything a check found, in a stable order, never only the first.

    Violations refuse what was checked; warnings are shown and change nothing.
    """

    violations: tuple[Violation, ...] = ()
    warnings: tuple[Violation, ...] = ()

    def __add__(self, other: Findings) -> Findings:
        return Findings(self.violations + other.violations, self.warnings + other.warnings)


class FindingList:
    """Collects findings while a check walks; equal ones are kept once."""

    def __init__(self) -> None:
        self._violations: dict[Violation, None] = {}
        self._warnings: dict[Violation, None] = {}

    def violate(self, reason: str, subject: str, message: str) -> None:
        """Note a broken rule."""
        self._violations.setdefault(Violation(reason, subject, message))

    def warn(self, reason: str, subject: str, message: str) -> None:
        """Note something odd."""
        self._warnings.setdefault(Violation(reason, subject, message))

    def __iter__(self) -> Iterator[Violation]:
        return iter(self._violations)

    def findings(self) -> Findings:
        """Return what was noted so far, in the order it was noted."""
        return Findings(tuple(self._violations), tuple(self._warnings))

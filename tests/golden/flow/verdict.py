"""Does an outcome of ours agree with the recording, and if not, is it meant to?"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tests.golden.flow.recording import Recording


class Result(StrEnum):
    """What a judge can say of a recording."""

    AGREE = "agree"
    MENDED = "fault mended"
    DEVIATION = "deviation"
    DIFFER = "differ"


@dataclass(frozen=True, slots=True)
class Difference:
    """One place where an outcome is not the recorded one; ``place`` is a dotted path."""

    place: str
    recorded: Any
    ours: Any


@dataclass(frozen=True, slots=True)
class Excuse:
    """Why a difference is right: a fault of the original mended, or a deviation by decision.

    A deviation's name is a heading of docs/deviations.md. ``covers`` must be true of nothing
    but the differences it is meant for.
    """

    name: str
    mends_fault: bool
    covers: Callable[[Recording, Difference], bool]

    def excuses(self, recording: Recording, difference: Difference) -> bool:
        """Tell whether it explains a difference; a fault must be marked in the recording."""
        if self.mends_fault and not recording.is_fault:
            return False
        return self.covers(recording, difference)


@dataclass(frozen=True, slots=True)
class Verdict:
    """The judgement of one recording."""

    case: str
    result: Result
    differences: Sequence[Difference] = ()
    deviation: str = ""

    def as_json(self) -> dict[str, Any]:
        """Write it in the words of the recordings' README."""
        return {
            "case": self.case,
            "result": self.result.value,
            "differences": [asdict(difference) for difference in self.differences],
            "deviation": self.deviation or None,
        }


def judge(
    recording: Recording, differences: Sequence[Difference], excuses: Sequence[Excuse]
) -> Verdict:
    """Weigh differences: one without an excuse makes the recording differ."""
    if not differences:
        return Verdict(recording.name, Result.AGREE)
    found = [_excuse(recording, difference, excuses) for difference in differences]
    unexcused = [d for d, excuse in zip(differences, found, strict=True) if excuse is None]
    if unexcused:
        return Verdict(recording.name, Result.DIFFER, unexcused)
    names = {excuse.name for excuse in found if excuse is not None and not excuse.mends_fault}
    if not names:
        return Verdict(recording.name, Result.MENDED, differences)
    return Verdict(recording.name, Result.DEVIATION, differences, ", ".join(sorted(names)))


def _excuse(
    recording: Recording, difference: Difference, excuses: Sequence[Excuse]
) -> Excuse | None:
    return next((e for e in excuses if e.excuses(recording, difference)), None)


def compare(place: str, recorded: Any, ours: Any) -> list[Difference]:
    """List the places where two JSON values differ, down to the smallest that do."""
    if isinstance(recorded, dict) and isinstance(ours, dict):
        return [
            difference
            for key in sorted({*recorded, *ours})
            for difference in compare(
                f"{place}.{key}", recorded.get(key, ABSENT), ours.get(key, ABSENT)
            )
        ]
    if isinstance(recorded, list) and isinstance(ours, list) and len(recorded) == len(ours):
        return [
            difference
            for index, pair in enumerate(zip(recorded, ours, strict=True))
            for difference in compare(f"{place}[{index}]", *pair)
        ]
    return [] if recorded == ours else [Difference(place, recorded, ours)]


ABSENT = "(absent)"
"""Stands for a key that is not there."""

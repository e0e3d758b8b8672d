"""What does a recorded flow or table hold?"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

GOLDEN = Path(__file__).resolve().parents[4] / "shared" / "golden" / "flow"


@dataclass(frozen=True, slots=True)
class Recording:
    """One case: a flow has ``given`` and ``steps``, a table has ``rows``."""

    name: str
    group: int
    document: dict[str, Any]

    @property
    def is_fault(self) -> bool:
        """Tell whether what is recorded was judged a fault of the original, here or in a row."""
        return bool(self.document.get("nailgun_bug"))

    @property
    def given(self) -> dict[str, Any]:
        """What a flow starts with: release, tasks, settings, database; empty for a table."""
        given: dict[str, Any] = self.document.get("given", {})
        return given

    @property
    def steps(self) -> list[dict[str, Any]]:
        """The recorded calls, in order."""
        steps: list[dict[str, Any]] = self.document.get("steps", [])
        return steps

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The recorded rows of a table."""
        rows: list[dict[str, Any]] = self.document.get("rows", [])
        return rows

    @property
    def calls(self) -> list[str]:
        """The names of the recorded calls."""
        return [step["call"] for step in self.steps]

    @property
    def has_lcm(self) -> bool:
        """Tell whether its release is planned as one graph with conditions."""
        return bool(self.given.get("release", {}).get("lcm_supported"))


def read_recording(path: Path) -> Recording:
    """Read a case; its name is what it calls itself, or else the name of its file."""
    document = json.loads(path.read_text("utf-8"))
    name = document.get("case", path.stem)
    return Recording(name, int(document.get("group") or name.partition("-")[0]), document)

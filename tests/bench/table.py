"""How are figures shown: a table for people, JSON for programs?"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from statistics import median
from typing import TYPE_CHECKING, Any, Final

from rich.table import Table

from tests.bench.rows import REFERENCE_S, ROWS

if TYPE_CHECKING:
    from tests.bench.rows import Row

WORDS: Final = {True: "[green]met[/]", False: "[red]missed[/]", None: ""}


@dataclass(slots=True)
class Results:
    """What was measured so far, by row; calibrations in CPU seconds, one a process."""

    values: dict[str, list[float]] = field(default_factory=dict)
    calibrations: list[float] = field(default_factory=list)
    absent: dict[str, str] = field(default_factory=dict)

    @property
    def calibration_s(self) -> float:
        """The median calibration; the reference's where nothing ran."""
        return median(self.calibrations) if self.calibrations else REFERENCE_S

    def add(self, calibration_s: float, figures: list[tuple[str, float]]) -> None:
        """Take in what one process measured."""
        self.calibrations.append(calibration_s)
        for key, value in figures:
            self.values.setdefault(key, []).append(value)

    def document(self) -> dict[str, Any]:
        """Return everything as JSON."""
        rows = [_document(row, self.values[row.key], self.calibration_s) for row in self._rows()]
        return {"calibration_cpu_s": self.calibration_s, "rows": rows, "absent": self.absent}

    def table(self) -> Table:
        """Return a table of medians; limits are those of this machine."""
        title = f"calibration {self.calibration_s:.3f} CPU s (reference {REFERENCE_S})"
        table = Table("work", "median", "spread", "unit", "budget here", "", "peers", title=title)
        for row in self._rows():
            values = self.values[row.key]
            limit = row.scaled_limit(self.calibration_s)
            sign = "≥ " if row.is_floor else "≤ "
            table.add_row(
                row.work,
                _short(median(values)),
                f"{_short(min(values))} to {_short(max(values))}" if len(values) > 1 else "",
                row.unit,
                "" if limit is None else sign + _short(limit),
                WORDS[row.is_met(median(values), self.calibration_s)],
                row.peer,
            )
        return table

    def _rows(self) -> list[Row]:
        return [row for row in ROWS if row.key in self.values]


def _document(row: Row, values: list[float], calibration_s: float) -> dict[str, Any]:
    return {
        **asdict(row),
        "median": median(values),
        "values": values,
        "limit_here": row.scaled_limit(calibration_s),
        "is_met": row.is_met(median(values), calibration_s),
    }


def _short(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"

"""Draws docs/conformance.md: what became of each name of the original, and which test shows it.

`python -m tests.conformance` writes the page. A row without a counterpart says why there is none.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tests.conformance_rows import ROWS

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT: Final = Path(__file__).parents[1]
PAGE: Final = ROOT / "docs" / "conformance.md"

HEAD: Final = """# Conformance

What became of each class and function of the original workflow. `python -m tests.conformance` makes
the page from `tests/conformance_rows.py`; a test fails when a counterpart or a test is gone.
"""


@dataclass(frozen=True, slots=True)
class Row:
    """One name of the original.

    ``counterpart`` is ``module:name``, ``test`` is ``path::function``; both are empty where
    ``note`` says why there is none, or that a later issue brings it.
    """

    section: str
    original: str
    counterpart: str = ""
    test: str = ""
    note: str = ""

    @property
    def is_open(self) -> bool:
        """Tell whether it has no counterpart, with a reason."""
        return not self.counterpart


def rows() -> list[Row]:
    """List every row, in the order of the page."""
    return [Row(section, *row) for section, listed in ROWS.items() for row in listed]


def missing(row: Row) -> Iterator[str]:
    """Say what a row promises and the project does not have."""
    if row.is_open:
        if row.test or not row.note:
            yield f"{row.original}: a row without a counterpart has a note and no test"
        return
    module, _, name = row.counterpart.partition(":")
    if not _has(module, name):
        yield f"{row.original}: there is no {row.counterpart}"
    path, _, function = row.test.partition("::")
    file = ROOT / path
    if not file.is_file() or f"def {function}(" not in file.read_text("utf-8"):
        yield f"{row.original}: there is no test {row.test}"


def _has(module: str, name: str) -> bool:
    try:
        found: object = importlib.import_module(module)
    except ModuleNotFoundError:
        return False
    for part in name.split("."):
        found = getattr(found, part, None)
    return found is not None


def page() -> str:
    """Write the page."""
    parts = [HEAD]
    for section in ROWS:
        parts.append(f"## {section}\n")
        parts.append("| original | here | test |\n|---|---|---|")
        parts += [_line(row) for row in rows() if row.section == section]
        parts.append("")
    return "\n".join(parts)


def _line(row: Row) -> str:
    if row.is_open:
        return f"| `{row.original}` | {row.note} | |"
    note = f" ({row.note})" if row.note else ""
    module, _, name = row.counterpart.partition(":")
    return f"| `{row.original}` | `{module}`: `{name}`{note} | `{row.test}` |"


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")

"""Every name of the original has a counterpart and a test, or a reason why not."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tests.conformance import PAGE, missing, page, rows

if TYPE_CHECKING:
    from pathlib import Path

LISTED = re.compile(
    r"[A-Za-z]\w*(?:Manager|Task|Transaction|Error|History|Changes|Running|Status)\b"
)


def test_every_counterpart_and_every_test_is_there() -> None:
    """A row that promises what was renamed or removed is a lie."""
    assert [text for row in rows() for text in missing(row)] == []


def test_the_page_is_up_to_date() -> None:
    """If this fails: python -m tests.conformance."""
    assert PAGE.read_text("utf-8") == page()


def test_no_name_of_the_original_is_left_out(shared: Path) -> None:
    """Classes of managers, tasks and errors, as the list of names has them."""
    text = (shared / "reference" / "names.md").read_text("utf-8")
    known = {part for row in rows() for part in row.original.split(".")}

    listed = {name for name in LISTED.findall(text) if name not in {"Task", "Transaction"}}

    assert listed - known == set()

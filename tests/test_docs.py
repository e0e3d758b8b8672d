"""Pages that are made from the code are up to date."""

from __future__ import annotations

from tests.state_diagrams import PAGE, page


def test_the_state_diagrams_are_those_of_the_tables() -> None:
    """If this fails: python -m tests.state_diagrams."""
    assert PAGE.read_text() == page()

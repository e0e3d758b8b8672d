"""What is said of a change shows no secret."""

from __future__ import annotations

from typing import Any

import pytest

from planner.domain.graph.condition_reasons import explain
from planner.domain.graph.state_view import ContentNumbers, StateDocument, StateView
from planner.domain.graph.yaql_run import Change, Run


def _reason(text: str, old: Any, new: Any) -> str:
    numbers = ContentNumbers()
    data = StateDocument({"x": 1}, numbers)
    view = StateView(data, data, numbers)
    run = Run(view, view, changes=[Change(text, new, old)], compared=1)
    return explain(f"changed({text})", value=True, run=run).text


@pytest.mark.parametrize(
    ("text", "old", "new"),
    [
        ("$.access.password", "hunter1", "hunter2"),
        ("$.access", {"user": "a", "password": "hunter1"}, {"user": "a", "password": "hunter2"}),
        ("$.keys", ["-----BEGIN RSA PRIVATE KEY-----hunter1"], []),
    ],
)
def test_a_changed_secret_is_not_shown(text: str, old: Any, new: Any) -> None:
    """The reason says what changed, not from what to what (law 11)."""
    reason = _reason(text, old, new)

    assert text in reason
    assert "hunter" not in reason


def test_an_ordinary_change_shows_both_values() -> None:
    """Old and new value, in short."""
    assert _reason("$.network.mtu", 1500, 9000) == "$.network.mtu changed: 1500 became 9000"

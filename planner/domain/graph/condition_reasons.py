"""How is it said why a computed condition is true or false?"""

from __future__ import annotations

import json
import textwrap
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from planner.domain.graph import reasons
from planner.domain.graph.data_difference import UNDEFINED
from planner.domain.graph.state_view import EmptyView
from planner.domain.graph.task_graph import Reason
from planner.domain.redaction import REDACTED, is_secret_name, redact

if TYPE_CHECKING:
    from planner.domain.graph.yaql_run import Run

MAX_EXPRESSION: Final = 160
MAX_VALUE: Final = 60


def explain(text: str, value: bool, run: Run | None) -> Reason:  # noqa: FBT001  it is the value
    """Say which part of a condition decided; ``run`` is None where nothing more is known."""
    if run is None:
        return _plain(text, value)
    if value and run.changes:
        change = run.changes[-1]
        if isinstance(run.old, EmptyView):
            return Reason(
                reasons.FIRST_RUN, f"it never succeeded here, and it watches {_short(change.text)}"
            )
        values = f"{_value(change.text, change.old)} became {_value(change.text, change.new)}"
        return Reason(reasons.CHANGED, f"{_short(change.text)} changed: {values}")
    if not value and run.compared and not run.changes:
        return Reason(reasons.UNCHANGED, "nothing that it watches changed")
    if not value and run.decisive:
        return Reason(reasons.CONDITION_FALSE, f"{_short(run.decisive)} is false")
    return _plain(text, value)


def _plain(text: str, value: bool) -> Reason:  # noqa: FBT001
    code = reasons.CONDITION_TRUE if value else reasons.CONDITION_FALSE
    return Reason(code, f"{_short(text)} is {'true' if value else 'false'}")


@lru_cache(maxsize=4096)
def _short(text: str) -> str:
    return textwrap.shorten(text, MAX_EXPRESSION, placeholder=" …")


def _value(expression: str, value: Any) -> str:
    """Show a value in short; what is a secret by its name or place is not shown (law 11)."""
    if value is UNDEFINED:
        return "nothing"
    if is_secret_name(expression):
        return REDACTED
    text = json.dumps(redact(value), sort_keys=True, default=lambda _: "…", ensure_ascii=False)
    return text if len(text) <= MAX_VALUE else text[: MAX_VALUE - 1] + "…"

"""Why does an instance run, or why is it skipped: which codes are there?"""

from __future__ import annotations

from typing import Any, Final

from planner.domain.graph.task_graph import Reason

ALWAYS: Final = "ALWAYS"
"""It has no condition."""

CONDITION_TRUE: Final = "CONDITION_TRUE"
CONDITION_FALSE: Final = "CONDITION_FALSE"

CHANGED: Final = "CHANGED"
"""Its condition is true because something it watches changed."""

FIRST_RUN: Final = "FIRST_RUN"
"""Its condition is true because it never succeeded on this node."""

UNCHANGED: Final = "UNCHANGED"
"""Its condition is false because nothing it watches changed."""

NOT_SELECTED: Final = "NOT_SELECTED"
"""Tasks were selected and it is not among them."""

PLACEHOLDER: Final = "PLACEHOLDER"
"""Its type is skipped: it only carries edges."""

SYNC_POINT: Final = "SYNC_POINT"
"""It is a stage."""

AFFECTED_ONLY: Final = "AFFECTED_ONLY"
"""Its node is only affected by the run, and it does not subscribe to the event."""

SUBSCRIBED: Final = "SUBSCRIBED"
"""It runs because it subscribes to the event of this run."""

RUNNING: Final = frozenset({ALWAYS, CONDITION_TRUE, CHANGED, FIRST_RUN, SUBSCRIBED})
"""Codes of instances that run; those with any other are skipped."""

NO_CONDITION: Final = Reason(ALWAYS, "it has no condition")
STAGE: Final = Reason(SYNC_POINT, "it is a sync point")
CARRIES_EDGES: Final = Reason(PLACEHOLDER, "its type is skipped: it only carries edges")
UNSELECTED: Final = Reason(NOT_SELECTED, "tasks were selected and it is not among them")


def literal(value: Any) -> Reason:
    """Return the reason that a condition written as a plain value gives."""
    if value:
        return Reason(CONDITION_TRUE, "its condition is always true")
    return Reason(CONDITION_FALSE, "its condition is always false")

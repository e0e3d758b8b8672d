"""Draws docs/states.md from the transition tables: `python -m tests.state_diagrams`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestrator.domain import states as orchestrator
from planner.domain import states as planner

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from enum import Enum

PAGE = Path(__file__).parents[1] / "docs" / "states.md"

HEAD = """# States

Every machine has one table of legal changes; an unlisted pair is rejected with the story so far.
The diagrams are drawn from the tables by `python -m tests.state_diagrams`; a test fails when this
page is stale.
"""

Pairs = list[tuple[str, str]]


def page() -> str:
    """Write the whole page."""
    sections = [
        _section(
            "Planner: transaction",
            "`planner/domain/states.py`, `TRANSACTION_TRANSITIONS`",
            _listed(planner.TRANSACTION_TRANSITIONS),
        ),
        _section(
            "Planner: step",
            "One message of a transaction; `STEP_TRANSITIONS`.",
            _listed(planner.STEP_TRANSITIONS),
        ),
        _section(
            "Planner: task run",
            "One task on one node in the history; `TASK_TRANSITIONS`. Late and doubled reports ask"
            " for pairs that are not listed, and change nothing.",
            _listed(planner.TASK_TRANSITIONS),
        ),
        _section(
            "Planner: node",
            "`NODE_TRANSITIONS`; a report that asks for another change is ignored and logged.",
            _listed(planner.NODE_TRANSITIONS),
        ),
        _section("Planner: cluster", "`CLUSTER_TRANSITIONS`", _listed(planner.CLUSTER_TRANSITIONS)),
        _section(
            "Orchestrator: execution",
            "`orchestrator/domain/states.py`, `EXECUTION_TRANSITIONS`",
            _paired(orchestrator.EXECUTION_TRANSITIONS),
        ),
        _section(
            "Orchestrator: task", "`TASK_TRANSITIONS`", _paired(orchestrator.TASK_TRANSITIONS)
        ),
        _section(
            "Orchestrator: node within a run",
            "`NODE_TRANSITIONS`",
            _paired(orchestrator.NODE_TRANSITIONS),
        ),
    ]
    return "\n".join([HEAD, *sections])


def _listed(table: Mapping[Any, Iterable[Any]]) -> Pairs:
    order = list(table)
    return [(old.value, new.value) for old in order for new in sorted(table[old], key=order.index)]


def _paired(table: Iterable[tuple[Enum, Enum]]) -> Pairs:
    ordered = sorted(table, key=lambda pair: (pair[0].value, pair[1].value))
    return [(old.name.lower(), new.name.lower()) for old, new in ordered]


def _section(title: str, text: str, pairs: Pairs) -> str:
    begins = pairs[0][0]
    lines = [f"    [*] --> {begins}", *(f"    {old} --> {new}" for old, new in pairs)]
    ends = sorted({new for _, new in pairs} - {old for old, _ in pairs})
    lines += [f"    {end} --> [*]" for end in ends]
    diagram = "\n".join(["```mermaid", "stateDiagram-v2", *lines, "```"])
    return f"## {title}\n\n{text}\n\n{diagram}\n"


if __name__ == "__main__":
    PAGE.write_text(page())

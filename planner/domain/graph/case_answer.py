"""What is the answer to a recorded case: text of a plan, of chosen nodes, or of an error?"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from planner.domain.graph.case_reading import read_node_filter, read_request
from planner.domain.graph.errors import GraphError, PlanRefused
from planner.domain.graph.node_filter import select_nodes
from planner.domain.graph.planning import plan_graph, plan_strictly
from planner.domain.graph.render import render_text
from planner.domain.graph.request import Engine

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from planner.domain.errors import PlannerError


def answer_case(given: Mapping[str, Any], *, is_strict: bool = False) -> Iterator[str]:
    """Return the pieces of the answer's JSON text (issue 3, decision 2).

    Raises GraphError for an input that cannot be planned, and with ``is_strict`` PlanRefused
    for a plan that the server would refuse.
    """
    try:
        return _answer(given, is_strict=is_strict)
    except RecursionError:
        raise GraphError("the case is nested too deep to be planned") from None


def _answer(given: Mapping[str, Any], *, is_strict: bool) -> Iterator[str]:
    engine = given.get("engine")
    if engine == "node_filter":
        kept = select_nodes(*read_node_filter(given))
        return iter([json.dumps({"node_ids": [node.get("id") for node in kept]})])
    if engine not in [known.value for known in Engine]:
        known_engines = ", ".join(sorted([*(e.value for e in Engine), "node_filter"]))
        raise GraphError(f"engine {engine!r} is none of {known_engines}", field="engine")
    request = read_request(given)
    return render_text(plan_strictly(request).graph if is_strict else plan_graph(request))


def answer_error(error: PlannerError) -> str:
    """Return the JSON text of an error (decision 3); facts that do not apply are left out."""
    facts: dict[str, Any] = {"reason": error.reason, "message": error.message, **error.metadata}
    if isinstance(error, PlanRefused):
        facts["violations"] = [
            {"reason": v.reason, "subject": v.subject, "message": v.message}
            for v in error.violations
        ]
    return json.dumps({"error": facts}, indent=2)

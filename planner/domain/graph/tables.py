"""Which definitions, reasons, relations and expressions does a plan have, each kept once?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from planner.domain.graph.expression_values import ExpressionValues
from planner.domain.graph.interning import Interning

if TYPE_CHECKING:
    from planner.domain.graph.relations import Relations
    from planner.domain.graph.task_graph import Reason, TaskDefinition


class Tables:
    """The tables of one plan under construction."""

    def __init__(self) -> None:
        self.definitions: Interning[TaskDefinition] = Interning()
        self.reasons: Interning[Reason] = Interning()
        self.relations: Interning[Relations] = Interning()
        self._expressions: dict[str, ExpressionValues] = {}

    def expression(self, text: Any) -> ExpressionValues:
        """Return the values of an expression, shared by all tasks that have it."""
        key = text if isinstance(text, str) else repr(text)
        found = self._expressions.get(key)
        if found is None:
            found = self._expressions[key] = ExpressionValues(text)
        return found

    @property
    def evaluations(self) -> int:
        """Count the evaluations of expressions so far; distinct inputs, not instances."""
        return sum(expression.evaluations for expression in self._expressions.values())

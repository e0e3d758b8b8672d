"""What is an expression worth for a task on a node, evaluated once per distinct input?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from planner.domain.graph import reasons, yaql_engine
from planner.domain.graph.task_graph import Reason

if TYPE_CHECKING:
    from planner.domain.graph.state_view import TaskScope


class ExpressionValues:
    """The values of one expression during one plan, remembered by what it reads."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.evaluations = 0
        self._values: dict[Any, Any] = {}

    def value(self, scope: TaskScope) -> Any:
        """Return the value for a scope; raises ExpressionError."""
        key = (scope.new.numbers(None), scope.old.numbers(None))
        if key not in self._values:
            self.evaluations += 1
            self._values[key] = yaql_engine.evaluate(self.text, library_scope(scope))
        return self._values[key]

    def explain(self, scope: TaskScope) -> Reason:
        """Say why the expression, taken as a condition, is true or false."""
        value = bool(self.value(scope))
        code = reasons.CONDITION_TRUE if value else reasons.CONDITION_FALSE
        return Reason(code, f"{' '.join(self.text.split())} is {'true' if value else 'false'}")


def library_scope(scope: TaskScope) -> yaql_engine.Scope:
    """Return the scope as the library reads it."""
    new = scope.new
    return yaql_engine.Scope(new.data, scope.old.data, new.common.data, new.node.data)

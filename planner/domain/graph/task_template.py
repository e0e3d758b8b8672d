"""What does a task's document become on one node, once its expressions are evaluated?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from planner.domain.graph.errors import ExpressionError
from planner.domain.graph.text_format import fill_in, has_placeholder

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from planner.domain.graph.expression_values import ExpressionValues
    from planner.domain.graph.state_view import TaskScope
    from planner.domain.graph.task import Task

EXPRESSION_KEY: Final = "yaql_exp"
"""A mapping with this key is replaced by the value of the expression in it (dossier 8.4)."""

VERBATIM_KEY: Final = "regex"
"""What stands under this key is never touched (dossier 8.4)."""


@dataclass(frozen=True, slots=True)
class NodeContext:
    """Where a template is filled in: the scope and the words for ``{NAME}`` placeholders."""

    uid: str
    scope: TaskScope
    words: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Fixed:
    """A part of a document that is the same on every node."""

    value: Any

    def fill(self, _: NodeContext) -> Any:
        """Return the value."""
        return self.value


@dataclass(frozen=True, slots=True)
class Varying:
    """A part of a document that depends on the node."""

    fill: Callable[[NodeContext], Any]


Part = Fixed | Varying


class TaskTemplate:
    """A task's document prepared for filling in on many nodes."""

    def __init__(self, task: Task, values: Callable[[Any], ExpressionValues]) -> None:
        self.task = task
        self.parts: dict[str, Part] = {}
        for name, value in task.document.items():
            self.parts[name] = _prepare(value, values, (task.id, name))


def _prepare(value: Any, values: Callable[[Any], ExpressionValues], place: tuple[str, str]) -> Part:
    if isinstance(value, str):
        return (
            Varying(lambda c: fill_in(value, c.words)) if has_placeholder(value) else Fixed(value)
        )
    if isinstance(value, dict):
        if EXPRESSION_KEY in value:
            return _expression(values(value[EXPRESSION_KEY]), place)
        return _mapping(value, values, place)
    if isinstance(value, list):
        return _list(value, values, place)
    return Fixed(value)


def _mapping(
    value: dict[str, Any], values: Callable[[Any], ExpressionValues], place: tuple[str, str]
) -> Part:
    parts = {
        key: Fixed(item) if key == VERBATIM_KEY else _prepare(item, values, place)
        for key, item in value.items()
    }
    if all(isinstance(part, Fixed) for part in parts.values()):
        return Fixed(value)
    return Varying(lambda context: {key: part.fill(context) for key, part in parts.items()})


def _list(
    value: list[Any], values: Callable[[Any], ExpressionValues], place: tuple[str, str]
) -> Part:
    parts = [_prepare(item, values, place) for item in value]
    if all(isinstance(part, Fixed) for part in parts):
        return Fixed(value)
    return Varying(lambda context: [part.fill(context) for part in parts])


def _expression(expression: ExpressionValues, place: tuple[str, str]) -> Part:
    task, field = place

    def fill(context: NodeContext) -> Any:
        try:
            return expression.value(context.scope)
        except ExpressionError as error:
            raise error.at(task, context.uid, field) from error.__cause__

    return Varying(fill)

"""What does a task become on one node: what it carries, whom it names, why it runs or not?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from planner.domain.graph import reasons
from planner.domain.graph.errors import ExpressionError, TaskInvalid
from planner.domain.graph.json_text import json_text
from planner.domain.graph.legacy_condition import evaluate_condition, flattened, follow
from planner.domain.graph.relations import RELATION_FIELDS, read_relations
from planner.domain.graph.task import TaskType
from planner.domain.graph.task_graph import Reason, TaskDefinition
from planner.domain.graph.task_template import EXPRESSION_KEY, Fixed, TaskTemplate, Varying

if TYPE_CHECKING:
    from collections.abc import Mapping

    from planner.domain.graph.expression_values import ExpressionValues
    from planner.domain.graph.tables import Tables
    from planner.domain.graph.task import Task
    from planner.domain.graph.task_template import NodeContext

SKIPPED: Final = TaskDefinition(TaskType.SKIPPED.value, fail_on_error=False, parameters=None)
"""What an instance becomes that does not run: no parameters, never critical (dossier 8.4)."""

DEFAULT_DIRECTORY: Final = "/"
"""Where a command runs unless its parameters say otherwise (dossier 8.4)."""

_RELATIONS: Final = frozenset(RELATION_FIELDS)
_PAYLOAD: Final = frozenset({"parameters", "fail_on_error"})


@dataclass(frozen=True, slots=True)
class Verdict:
    """What filling in decides on one node, each as a number in its table."""

    definition: int
    reason: int
    relations: int


class TaskFilling:
    """Fills in one task of a plan on node after node; what cannot differ is done once."""

    def __init__(self, task: Task, tables: Tables, skip: Reason | None) -> None:
        """``skip`` says why the task runs nowhere; None leaves it to its condition."""
        self._task = task
        self._tables = tables
        self._skip = skip
        parts = TaskTemplate(task, tables.expression).parts
        self._fixed = {name: part.value for name, part in parts.items() if isinstance(part, Fixed)}
        self._varying = {name: p for name, p in parts.items() if isinstance(p, Varying)}
        self._condition: ExpressionValues | None = None
        written = task.document.get("condition")
        if isinstance(written, dict) and EXPRESSION_KEY in written:
            # Evaluated apart, together with the reason for its value.
            self._condition = tables.expression(written[EXPRESSION_KEY])
            del self._varying["condition"]
        self._skipped = tables.definitions.number(SKIPPED)
        self._same_relations: int | None = None
        self._same_definition: int | None = None

    @property
    def is_fixed(self) -> bool:
        """Tell whether the verdict is the same on every node."""
        reads_state = self._skip is None and isinstance(self._fixed.get("condition"), str)
        return not self._varying and self._condition is None and not reads_state

    def verdict(self, context: NodeContext) -> Verdict:
        """Decide for a node; raises ExpressionError and TaskInvalid naming task and node.

        Every expression of the document is evaluated, in skipped tasks too (dossier P30).
        """
        filled = {name: part.fill(context) for name, part in self._varying.items()}
        computed = None if self._condition is None else self._evaluate(self._condition, context)
        relations = self._relations(filled, context)
        reason = self._skip or self._judge(filled, computed, context)
        runs = reason.code in reasons.RUNNING
        definition = self._definition(filled, context) if runs else self._skipped
        return Verdict(definition, self._tables.reasons.number(reason), relations)

    def _relations(self, filled: Mapping[str, Any], context: NodeContext) -> int:
        if self._same_relations is not None:
            return self._same_relations
        found = read_relations({**self._fixed, **filled}, self._task.id, context.uid)
        number = self._tables.relations.number(found)
        if _RELATIONS.isdisjoint(self._varying):
            self._same_relations = number
        return number

    def _definition(self, filled: Mapping[str, Any], context: NodeContext) -> int:
        if self._same_definition is not None:
            return self._same_definition
        document = {**self._fixed, **filled}
        critical = document.get("fail_on_error", True)
        definition = TaskDefinition(
            self._task.type,
            critical if critical is None else bool(critical),
            self._parameters(document.get("parameters", {}), context),
        )
        number = self._tables.definitions.number(definition)
        if _PAYLOAD.isdisjoint(self._varying):
            self._same_definition = number
        return number

    def _parameters(self, given: Any, context: NodeContext) -> str:
        if not isinstance(given, dict):
            raise self._invalid(context, f"its parameters are no mapping: {given!r}")
        try:
            return json_text({"cwd": DEFAULT_DIRECTORY, **given})
        except ValueError as error:
            raise self._invalid(context, f"its parameters cannot be sent: {error}") from None

    def _invalid(self, context: NodeContext, cause: str) -> TaskInvalid:
        task = self._task.id
        message = f"task {task!r} on node {context.uid!r}: {cause}"
        return TaskInvalid(message, task=task, node=context.uid, field="parameters")

    def _evaluate(self, expression: ExpressionValues, context: NodeContext) -> tuple[Any, Reason]:
        try:
            return expression.judge(context.scope)
        except ExpressionError as error:
            raise error.at(self._task.id, context.uid, "condition") from error.__cause__

    def _judge(
        self, filled: Mapping[str, Any], computed: tuple[Any, Reason] | None, context: NodeContext
    ) -> Reason:
        if computed is not None:
            value, reason = computed
            # A text that an expression gives is a condition of the older language again.
            return self._judge_legacy(value, context) if isinstance(value, str) else reason
        document = filled if "condition" in filled else self._fixed
        if "condition" not in document:
            return reasons.NO_CONDITION
        value = document["condition"]
        if isinstance(value, str):
            return self._judge_legacy(value, context)
        return reasons.literal(value)

    def _judge_legacy(self, condition: str, context: NodeContext) -> Reason:
        """Evaluate a condition of the older language against the flattened data (8.5)."""
        data = context.scope.new.data

        def lookup(model: str, path: str) -> Any:
            if model == "settings":
                return follow(data, flattened(path))
            if model == "cluster":
                return follow(data.get("cluster"), path)
            raise ExpressionError(condition, f"there is no model {model!r}")

        try:
            value = evaluate_condition(condition, lookup)
        except ExpressionError as error:
            raise error.at(self._task.id, context.uid, "condition") from error.__cause__
        code = reasons.CONDITION_TRUE if value else reasons.CONDITION_FALSE
        return Reason(code, f"{condition.strip()} is {'true' if value else 'false'}")

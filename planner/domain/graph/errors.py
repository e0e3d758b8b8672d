"""Which errors does planning a task graph know, and which facts does each carry?

PlannerError
└── GraphError               reason, message; task, node, field where they apply
    ├── ExpressionError      an expression cannot be read or evaluated (dossier 8.2, 8.5)
    ├── TaskInvalid          a task has a shape that cannot be planned
    ├── MemberUnknown        a group with nodes names a task that is not there (6.6)
    ├── VersionTooOld        a task cannot be planned in this form (0.4)
    ├── StateMissing         the expected state lacks a node (8.1)
    └── PlanRefused          the plan is sound for the original, not for us; all violations
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from planner.domain.errors import PlannerError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from planner.domain.errors import Violation


class GraphError(PlannerError):
    """A graph or its data that cannot be planned; names the task, node and field at fault."""

    code: ClassVar[str] = "GRAPH_INVALID"

    def __init__(
        self,
        message: str,
        *,
        task: str | None = None,
        node: str | None = None,
        field: str | None = None,
    ) -> None:
        facts = {"task": task, "node": node, "field": field}
        super().__init__(self.code, message, {k: v for k, v in facts.items() if v is not None})
        self.task = task
        self.node = node
        self.field = field


class ExpressionError(GraphError):
    """An expression that cannot be read or evaluated; ``expression`` is its text."""

    code = "EXPRESSION_FAILED"

    def __init__(
        self,
        expression: str,
        cause: str,
        *,
        task: str | None = None,
        node: str | None = None,
        field: str | None = None,
    ) -> None:
        place = _place(task, node, field)
        super().__init__(
            f"{place}expression {expression.strip()!r}: {cause}", task=task, node=node, field=field
        )
        self.expression = expression
        self.cause = cause

    def at(self, task: str, node: str, field: str) -> ExpressionError:
        """Return the same error with the place where it happened."""
        return ExpressionError(self.expression, self.cause, task=task, node=node, field=field)


class PatternError(GraphError):
    """A pattern that the linear-time engine refuses (decision 12)."""

    code = "PATTERN_INVALID"


class TaskInvalid(GraphError):
    """A task whose shape cannot be planned."""

    code = "TASK_INVALID"


class MemberUnknown(GraphError):
    """A group that has nodes names a task that the graph does not have."""

    code = "GROUP_MEMBER_UNKNOWN"


class VersionTooOld(GraphError):
    """A task whose version does not support the form of planning that was asked for."""

    code = "TASK_VERSION_TOO_OLD"


class StateMissing(GraphError):
    """The expected state has no entry for a node that has tasks."""

    code = "STATE_MISSING"


class PlanRefused(GraphError):
    """A plan the original would have sent and we do not (decision 1); carries every violation."""

    code = "PLAN_REFUSED"

    def __init__(self, violations: Sequence[Violation]) -> None:
        super().__init__("; ".join(f"{v.subject}: {v.message}" for v in violations))
        self.violations = tuple(violations)


def _place(task: str | None, node: str | None, field: str | None) -> str:
    parts = [f"task {task!r}" if task else "", f"node {node!r}" if node else ""]
    parts.append(f"field {field}" if field else "")
    text = ", ".join(part for part in parts if part)
    return f"{text}: " if text else ""

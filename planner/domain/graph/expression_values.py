"""What is an expression worth for a task on a node, evaluated once per distinct input?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from planner.domain.graph import condition_reasons, yaql_engine
from planner.domain.graph.fast_values import Fails, Refused, plain
from planner.domain.graph.yaql_compiler import compile_expression
from planner.domain.graph.yaql_reads import Reads, reads_of
from planner.domain.graph.yaql_run import Run

if TYPE_CHECKING:
    from planner.domain.graph.state_view import StateView, TaskScope
    from planner.domain.graph.task_graph import Reason
    from planner.domain.graph.yaql_run import Code


@dataclass(frozen=True, slots=True)
class _Outcome:
    """A value, and the run that led to it; None where the library evaluated."""

    value: Any
    run: Run | None


class ExpressionValues:
    """The values of one expression during one plan, remembered by what it reads.

    The compiled form answers where it can. Where it cannot, or where evaluation fails, the
    library is asked, whose answer and whose errors count.
    """

    def __init__(self, text: Any) -> None:
        self.text = text
        self.evaluations = 0
        self._outcomes: dict[Any, _Outcome] = {}
        self._judgements: dict[Any, tuple[Any, Reason]] = {}
        self._reads: Reads | None = None
        self._code: Code | None = None

    def value(self, scope: TaskScope) -> Any:
        """Return the value for a scope; raises ExpressionError."""
        return self._outcome(scope, self._key(scope)).value

    def judge(self, scope: TaskScope) -> tuple[Any, Reason]:
        """Return the value and why it, taken as a condition, is true or false."""
        key = self._key(scope)
        found = self._judgements.get(key)
        if found is None:
            outcome = self._outcome(scope, key)
            reason = condition_reasons.explain(self.text, bool(outcome.value), outcome.run)
            found = self._judgements[key] = (outcome.value, reason)
        return found

    def _key(self, scope: TaskScope) -> tuple[Any, Any]:
        reads = self._prepare() if self._reads is None else self._reads
        old = scope.old.numbers(reads.keys) if reads.compares else ()
        return scope.new.numbers(reads.keys), old

    def _prepare(self) -> Reads:
        tree = yaql_engine.parse(self.text).expression
        try:
            self._reads = reads_of(tree)
            self._code = compile_expression(tree)
        except RecursionError:
            self._reads = Reads(None, compares=True)
        return self._reads

    def _outcome(self, scope: TaskScope, key: tuple[Any, Any]) -> _Outcome:
        outcome = self._outcomes.get(key)
        if outcome is None:
            self.evaluations += 1
            outcome = self._run(scope.new, scope.old)
            if outcome is None:
                value = yaql_engine.evaluate(self.text, library_scope(scope))
                outcome = _Outcome(value, None)
            self._outcomes[key] = outcome
        return outcome

    def _run(self, new: StateView, old: StateView) -> _Outcome | None:
        """Evaluate the compiled form; None where it takes the library to tell."""
        if self._code is None:
            return None
        run = Run(new, old)
        try:
            return _Outcome(plain(self._code(new, run)), run)
        except (Fails, Refused, RecursionError):
            return None


def library_scope(scope: TaskScope) -> yaql_engine.Scope:
    """Return the scope as the library reads it."""
    new = scope.new
    return yaql_engine.Scope(new.data, scope.old.data, new.common.data, new.node.data)

"""How does an expression's tree become a function that is fast where the library is slow?

The functions know the everyday part of the language on everyday types. What they do not know
raises Refused, when compiling or when running, and the library decides; where the library is
sure to fail they raise Fails. So they may be incomplete but never differ (a property test).
"""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any, Final

from yaql.language import expressions as ast

from planner.domain.graph import fast_values as fast
from planner.domain.graph.fast_values import Refused
from planner.domain.graph.yaql_calls import FUNCTIONS, METHODS
from planner.domain.graph.yaql_reads import ROOT, reads_of
from planner.domain.graph.yaql_text import written

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from planner.domain.graph.yaql_run import Code, Run

HEAVY: Final = frozenset({"added", "deleted", "where", "select", "values"})
"""Calls whose result many nodes share and that cost more than a few steps."""


def compile_expression(tree: Any) -> Code:
    """Return the function of a whole expression, to be called with the new state's view.

    Raises RecursionError for a tree that is too deep.
    """
    return _Compiler(is_root=True, remembers=True).compile(tree)


class _Compiler:
    """Compiles trees in one position: ``is_root`` where ``$`` is the state, else an item."""

    def __init__(self, *, is_root: bool, remembers: bool = False) -> None:
        self._is_root = is_root
        self._remembers = remembers

    def compile(self, tree: Any) -> Code:
        """Compile a tree where it stands; what is unknown refuses only if it is reached."""
        kind = _COMPILED_BY.get(type(tree))
        try:
            return kind(self, tree) if kind else _refuse
        except Refused:
            return _refuse

    def compile_rooted(self, tree: Any) -> Code:
        """Compile a tree that starts from the whole state; to be called with a view."""
        return _Compiler(is_root=True).compile(tree)

    def compile_per_item(self, trees: Sequence[Any]) -> Code:
        """Compile the single argument of a loop; to be called with an item."""
        if len(trees) != 1 or isinstance(trees[0], ast.MappingRuleExpression):
            raise Refused
        code = _Compiler(is_root=False).compile(trees[0])

        def counted(item: Any, run: Run) -> Any:
            run.step()
            return code(item, run)

        return counted

    def constant(self, tree: Any) -> Code:
        """Compile a value that is written out."""
        value = tree.value
        return lambda _, __: value

    def grouped(self, tree: Any) -> Code:
        """Compile what stands in parentheses."""
        return self.compile(tree.expr)

    def call(self, tree: Any) -> Code:
        """Compile a function, a list or a mapping."""
        if tree.name not in FUNCTIONS:
            raise Refused
        return FUNCTIONS[tree.name](self, tree.args)

    def variable(self, tree: Any) -> Code:
        """Compile ``$`` and the parts of the state."""
        name = tree.path.value
        if name in ROOT:
            return (lambda here, _: here.data) if self._is_root else (lambda here, _: here)
        if name == "$node":
            return lambda _, run: run.new.node.data
        if name == "$common":
            return lambda _, run: run.new.common.data
        raise Refused

    def unary(self, tree: Any) -> Code:
        """Compile a prefix operator."""
        if tree.operator != "not":
            raise Refused
        operand = self.compile(tree.args[0])
        return lambda here, run: not operand(here, run)

    def index(self, tree: Any) -> Code:
        """Compile ``value[key]``."""
        codes = [self.compile(argument) for argument in tree.args]
        if len(codes) != _VALUE_AND_KEY:
            raise Refused
        value, key = codes
        return lambda here, run: fast.index(value(here, run), key(here, run))

    def binary(self, tree: Any) -> Code:
        """Compile an operator between two values, the dot included."""
        if tree.operator == ".":
            return self._access(tree)
        left, right = (self.compile(argument) for argument in tree.args)
        if tree.operator == "and":
            return self._conjunction(left, right, written(tree.args[0]))
        if tree.operator == "or":
            return lambda here, run: left(here, run) or right(here, run)
        apply = _OPERATORS.get(tree.operator)
        if apply is None:
            raise Refused
        return lambda here, run: apply(left(here, run), right(here, run))

    def _conjunction(self, left: Code, right: Code, text: str) -> Code:
        if not self._remembers:
            return lambda here, run: left(here, run) and right(here, run)

        def conjunction(here: Any, run: Run) -> Any:
            value = left(here, run)
            if value:
                return right(here, run)
            run.decisive = run.decisive or text
            return value

        return conjunction

    def _access(self, tree: Any) -> Code:
        left, right = tree.args
        value = self.compile(left)
        if isinstance(right, ast.KeywordConstant):
            attribute, key = fast.attribute, right.value
            code: Code = lambda here, run: attribute(value(here, run), key)  # noqa: E731
        elif type(right) is ast.Function and right.name in METHODS:
            code = METHODS[right.name](self, value, right.args)
        else:
            raise Refused
        if self._is_root and self._remembers and _is_heavy(left):
            return _remembered(tree, code)
        return code


_VALUE_AND_KEY: Final = 2


def _refuse(_: object, __: Run) -> Any:
    raise Refused


def _is_heavy(tree: Any) -> bool:
    """Tell whether a receiver is, or comes from, a call that is worth remembering."""
    if isinstance(tree, ast.Wrap):
        return _is_heavy(tree.expr)
    if isinstance(tree, ast.BinaryOperator) and tree.operator == ".":
        return any(_is_heavy(argument) for argument in tree.args)
    return type(tree) is ast.Function and tree.name in HEAVY


def _remembered(tree: Any, code: Code) -> Code:
    """Keep the value of a costly part that many nodes share, by what it reads."""
    reads = reads_of(tree)
    known: dict[Any, Any] = {}

    def recall(here: Any, run: Run) -> Any:
        key = (here.numbers(reads.keys), run.old.numbers(reads.keys) if reads.compares else ())
        if key not in known:
            value = code(here, run)
            known[key] = fast.Replay(iter(value)) if fast.is_lazy(value) else value
        return known[key]

    return recall


def _ordered(compare: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    def apply(left: Any, right: Any) -> Any:
        both = {type(left), type(right)}
        if both <= {int, float} or both == {str}:
            return compare(left, right)
        raise Refused

    return apply


_OPERATORS: Final[Mapping[str, Callable[[Any, Any], Any]]] = {
    "=": fast.equals,
    "!=": lambda left, right: not fast.equals(left, right),
    "in": fast.is_in,
    "<": _ordered(operator.lt),
    "<=": _ordered(operator.le),
    ">": _ordered(operator.gt),
    ">=": _ordered(operator.ge),
    "+": _ordered(operator.add),
}

_COMPILED_BY: Final[Mapping[type, Callable[[_Compiler, Any], Code]]] = {
    ast.Constant: _Compiler.constant,
    ast.KeywordConstant: _Compiler.constant,
    ast.GetContextValue: _Compiler.variable,
    ast.Wrap: _Compiler.grouped,
    ast.BinaryOperator: _Compiler.binary,
    ast.UnaryOperator: _Compiler.unary,
    ast.IndexExpression: _Compiler.index,
    ast.ListExpression: _Compiler.call,
    ast.MapExpression: _Compiler.call,
    ast.Function: _Compiler.call,
}

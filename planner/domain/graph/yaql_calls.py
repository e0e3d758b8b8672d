"""What do the functions and methods of the everyday language do, compiled?"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from yaql.language import expressions as ast
from yaql.language.utils import FrozenDict

from planner.domain.graph import fast_values as fast
from planner.domain.graph.data_difference import UNDEFINED
from planner.domain.graph.errors import PatternError
from planner.domain.graph.fast_values import Fails, Refused
from planner.domain.graph.name_pattern import compile_pattern
from planner.domain.graph.state_comparison import Comparison, old_value
from planner.domain.graph.yaml_text import yaml_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from planner.domain.graph.yaql_run import Code, Run, TreeCompiler

    Trees = Sequence[Any]
    CompileCall = Callable[[TreeCompiler, Trees], Code]
    CompileMethod = Callable[[TreeCompiler, Code, Trees], Code]


def _exactly(trees: Trees, *counts: int) -> None:
    """Refuse another number of arguments, and named ones."""
    if len(trees) not in counts:
        raise Refused
    _unnamed(trees)


def _unnamed(trees: Trees) -> None:
    if any(isinstance(tree, ast.MappingRuleExpression) for tree in trees):
        raise Refused


def rules(compiler: TreeCompiler, trees: Trees) -> list[tuple[Code, Code]]:
    """Compile ``key => value`` arguments; refuses any other."""
    if not all(isinstance(tree, ast.MappingRuleExpression) for tree in trees):
        raise Refused
    return [(compiler.compile(tree.source), compiler.compile(tree.destination)) for tree in trees]


def _compile_new(compiler: TreeCompiler, trees: Trees) -> Code:
    _exactly(trees, 1)
    code = compiler.compile_rooted(trees[0])
    return lambda _, run: code(run.new, run)


def _compile_old(compiler: TreeCompiler, trees: Trees) -> Code:
    _exactly(trees, 1)
    code = compiler.compile_rooted(trees[0])
    return lambda _, run: old_value(code, run)


def _comparisons(compiler: TreeCompiler, trees: Trees) -> list[Comparison]:
    _unnamed(trees)
    return [Comparison(tree, compiler.compile_rooted(tree)) for tree in trees]


def _compile_changed(compiler: TreeCompiler, trees: Trees) -> Code:
    _exactly(trees, 1)
    return _compile_changed_any(compiler, trees)


def _compile_changed_any(compiler: TreeCompiler, trees: Trees) -> Code:
    comparisons = _comparisons(compiler, trees)
    return lambda _, run: any(c.has_changed(run) for c in comparisons)


def _compile_changed_all(compiler: TreeCompiler, trees: Trees) -> Code:
    comparisons = _comparisons(compiler, trees)
    return lambda _, run: all(c.has_changed(run) for c in comparisons)


def _compile_added(compiler: TreeCompiler, trees: Trees) -> Code:
    _exactly(trees, 1)
    (comparison,) = _comparisons(compiler, trees)
    return lambda _, run: comparison.added(run)


def _compile_deleted(compiler: TreeCompiler, trees: Trees) -> Code:
    _exactly(trees, 1)
    (comparison,) = _comparisons(compiler, trees)
    return lambda _, run: comparison.deleted(run)


def _compile_len(compiler: TreeCompiler, trees: Trees) -> Code:
    _exactly(trees, 1)
    value = compiler.compile(trees[0])
    return lambda here, run: fast.length(value(here, run))


def _compile_concat(compiler: TreeCompiler, trees: Trees) -> Code:
    _unnamed(trees)
    parts = [compiler.compile(tree) for tree in trees]

    def concat(here: Any, run: Run) -> str:
        values = [part(here, run) for part in parts]
        if not values or not all(isinstance(value, str) for value in values):
            raise Refused
        return "".join(values)

    return concat


def _compile_switch(compiler: TreeCompiler, trees: Trees) -> Code:
    cases = rules(compiler, trees)

    def switch(here: Any, run: Run) -> Any:
        return next((value(here, run) for test, value in cases if test(here, run)), None)

    return switch


def _compile_coalesce(compiler: TreeCompiler, trees: Trees) -> Code:
    _unnamed(trees)
    parts = [compiler.compile(tree) for tree in trees]

    def coalesce(here: Any, run: Run) -> Any:
        values = (part(here, run) for part in parts)
        return next((value for value in values if value is not None), None)

    return coalesce


def _compile_dict(compiler: TreeCompiler, trees: Trees) -> Code:
    pairs = rules(compiler, trees)

    def build(here: Any, run: Run) -> Any:
        try:
            return FrozenDict([(key(here, run), value(here, run)) for key, value in pairs])
        except TypeError:
            raise Refused from None

    return build


def _compile_list(compiler: TreeCompiler, trees: Trees) -> Code:
    _unnamed(trees)
    parts = [compiler.compile(tree) for tree in trees]
    return lambda here, run: tuple([part(here, run) for part in parts])


def _compile_get(compiler: TreeCompiler, receiver: Code, trees: Trees) -> Code:
    _exactly(trees, 1, 2)
    get = fast.get
    key = compiler.compile(trees[0])
    if len(trees) == 1:
        return lambda here, run: get(receiver(here, run), key(here, run), None)
    default = compiler.compile(trees[1])
    return lambda here, run: get(receiver(here, run), key(here, run), default(here, run))


def _compile_where(compiler: TreeCompiler, receiver: Code, trees: Trees) -> Code:
    test = compiler.compile_per_item(trees)

    def where(here: Any, run: Run) -> Iterator[Any]:
        return filter(lambda item: test(item, run), fast.items_of(receiver(here, run)))

    return where


def _compile_select(compiler: TreeCompiler, receiver: Code, trees: Trees) -> Code:
    pick = compiler.compile_per_item(trees)

    def select(here: Any, run: Run) -> Iterator[Any]:
        return (pick(item, run) for item in fast.items_of(receiver(here, run)))

    return select


def _compile_any(compiler: TreeCompiler, receiver: Code, trees: Trees) -> Code:
    test = compiler.compile_per_item(trees) if trees else None

    def is_any(here: Any, run: Run) -> bool:
        items = fast.items_of(receiver(here, run))
        return any(test is None or test(item, run) for item in items)

    return is_any


def _compile_matches(compiler: TreeCompiler, receiver: Code, trees: Trees) -> Code:
    _exactly(trees, 1)
    pattern = compiler.compile(trees[0])

    def matches(here: Any, run: Run) -> bool:
        text, searched = receiver(here, run), pattern(here, run)
        if not isinstance(text, str) or not isinstance(searched, str):
            raise Refused
        try:
            return compile_pattern(searched).search(text) is not None
        except PatternError:
            raise Fails from None

    return matches


def _simple(apply: Callable[[Any], Any]) -> CompileMethod:
    """Return the compiler of a method without arguments."""

    def compile_simple(_: TreeCompiler, receiver: Code, trees: Trees) -> Code:
        _exactly(trees, 0)
        return lambda here, run: apply(receiver(here, run))

    return compile_simple


def _of_mapping(apply: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def checked(value: Any) -> Any:
        if fast.is_mapping(value):
            return apply(value)
        raise fast.refusal(value)

    return checked


def _to_text(write: Callable[[Any], str]) -> Callable[[Any], str]:
    def to_text(value: Any) -> str:
        try:
            return write(fast.plain(value))
        except (TypeError, ValueError):
            raise Refused from None

    return to_text


FUNCTIONS: Final[Mapping[str, CompileCall]] = {
    "new": _compile_new,
    "old": _compile_old,
    "changed": _compile_changed,
    "changedAny": _compile_changed_any,
    "changedAll": _compile_changed_all,
    "added": _compile_added,
    "deleted": _compile_deleted,
    "len": _compile_len,
    "concat": _compile_concat,
    "switch": _compile_switch,
    "coalesce": _compile_coalesce,
    "#list": _compile_list,
    "#map": _compile_dict,
}

METHODS: Final[Mapping[str, CompileMethod]] = {
    "get": _compile_get,
    "where": _compile_where,
    "select": _compile_select,
    "any": _compile_any,
    "matches": _compile_matches,
    "values": _simple(_of_mapping(lambda mapping: mapping.values())),
    "keys": _simple(_of_mapping(lambda mapping: mapping.keys())),
    "flatten": _simple(fast.flatten),
    "isUndef": _simple(lambda value: value is UNDEFINED),
    "toYaml": _simple(_to_text(yaml_text)),
    "toJson": _simple(_to_text(json.dumps)),
}

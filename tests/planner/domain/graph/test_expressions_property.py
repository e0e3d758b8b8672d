"""A compiled expression is worth what the library says it is worth, errors included."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from planner.domain.graph import yaql_engine
from planner.domain.graph.errors import ExpressionError
from planner.domain.graph.expression_values import ExpressionValues, library_scope
from planner.domain.graph.state_view import (
    ContentNumbers,
    EmptyView,
    StateDocument,
    StateView,
    TaskScope,
)

KEYS = ["a", "b", "nodes", "roles", "uid"]
WORDS = ["a", "b", "controller", "primary-controller", "1", ""]

words = st.sampled_from(WORDS)
scalars = st.one_of(st.none(), st.booleans(), st.integers(-2, 3), words, st.floats(-1, 1, width=16))
values = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(KEYS), inner, max_size=3)
    ),
    max_leaves=6,
)
members = st.fixed_dictionaries(
    {"uid": words, "roles": st.lists(words, max_size=3)}, optional={"b": scalars}
)
likely_documents = st.fixed_dictionaries(
    {},
    optional={
        "a": st.dictionaries(st.sampled_from(["b", "uid", "x"]), values, max_size=3),
        "b": scalars,
        "nodes": st.dictionaries(words, members, max_size=3),
        "roles": st.lists(words, max_size=3),
        "uid": words,
    },
)
documents = likely_documents | st.dictionaries(st.sampled_from(KEYS), values, max_size=5)

GRAMMAR = {
    "map": ["$", "$.a", "$.nodes", "$.get('a', {})", "$node", "{'x' => <any>}", "added(<map>)"],
    "list": [
        "$.roles",
        "$.get('roles', [])",
        "$.nodes.values()",
        "$.nodes.values().roles",
        "<list>.where(<test>)",
        "$.nodes.values().where(<test>)",
        "<list>.select(<item>)",
        "<list>.flatten()",
        "added(<list>)",
        "deleted(<list>)",
        "added($.nodes.values()).uid",
        "[<any>, <any>]",
        "<map>.keys()",
        "<list>.toSet()",
    ],
    "item": ["$", "$.uid", "$.get('b', <any>)", "new($.uid)", "'x' + $", "$.roles"],
    "test": [
        "$ = <any>",
        "$.uid = new($.uid)",
        "$.uid in <list>",
        "'controller' in $.roles",
        "$.roles.any($.matches('controller'))",
        "$.get('b') != null",
        "<bool>",
    ],
    "scalar": ["$.uid", "$.b", "$.get('b')", "'controller'", "1", "len(<list>)", "<list>[0]"],
    "bool": [
        "<scalar> in <list>",
        "<any> = <any>",
        "<any> != <any>",
        "changed(<any>)",
        "changedAny(<any>, <any>)",
        "changedAll(<any>, <bool>)",
        "not <bool>",
        "<bool> and <bool>",
        "(<bool> or <bool>)",
        "<list>.any(<test>)",
        "len(<list>) > 0",
        "old(<any>).isUndef()",
    ],
    "any": [
        "<map>",
        "<list>",
        "<scalar>",
        "<bool>",
        "coalesce(<any>, <any>)",
        "old(<any>)",
        "switch(<bool> => <any>, true => <any>)",
        "<map>.toJson()",
        "concat($.uid, 'x')",
    ],
}
LAST = {"map": "$", "list": "$.roles", "item": "$", "test": "$", "scalar": "1", "bool": "true"}


@st.composite
def likely_expressions(draw: st.DrawFn) -> str:
    """Draw an expression that mostly makes sense for the likely documents."""
    text, size = "<any>", draw(st.integers(1, 8))
    while "<" in text and (found := re.search(r"<([a-z]+)>", text)):
        kind, size = found.group(1), size - 1
        choices = GRAMMAR[kind] if size > 0 else [LAST.get(kind, "1")]
        text = text.replace(found.group(), draw(st.sampled_from(choices)), 1)
    return text


@st.composite
def wild_expressions(draw: st.DrawFn, depth: int = 2, root: str = "$") -> str:
    """Draw any combination of what there is; most of it fails."""
    key = draw(st.sampled_from(KEYS))
    if depth == 0:
        leaves = [root, f"{root}.{key}", f"{root}.get('{key}')", f"'{key}'", "1", "null", "true"]
        leaves += ["$node", "$common", f"$node.{key}", "undef", "[]", "{}"]
        return draw(st.sampled_from(leaves))
    one = wild_expressions(depth=depth - 1, root=root)
    shape = draw(st.sampled_from(SHAPES))
    return shape.format(draw(one), draw(one), key=key, word=draw(st.sampled_from(WORDS)))


SHAPES = [
    "{0}",
    "({0})",
    "{0}.{key}",
    "{0}.get('{key}')",
    "{0}.get({key}, {1})",
    "{0}.values()",
    "{0}.keys()",
    "{0}.where($.{key} = {1})",
    "{0}.where($ != {1})",
    "{0}.select($.{key})",
    "{0}.select($.get('{key}', {1}))",
    "{0}.where($.{key} = new($.{key}))",
    "{0}.any($ = '{word}')",
    "{0}.any($.matches('{word}'))",
    "{0}.any()",
    "{0}.flatten()",
    "{0}.matches('^{word}')",
    "len({0})",
    "concat({0}, '{word}')",
    "'{word}' + {0}",
    "not {0}",
    "{0} and {1}",
    "{0} or {1}",
    "{0} = {1}",
    "{0} != {1}",
    "{0} in {1}",
    "'{word}' in {0}",
    "{0} < {1}",
    "{0} >= {1}",
    "{0} + {1}",
    "[{0}, {1}]",
    "{{'{key}' => {0}}}",
    "{0}['{key}']",
    "{0}[0]",
    "switch({0} => {1}, true => '{word}')",
    "coalesce({0}, {1})",
    "changed({0})",
    "changedAny({0}, {1})",
    "changedAll({0}, {1})",
    "added({0})",
    "deleted({0})",
    "'{word}' in added({0})",
    "$.uid in added({0}).{key}",
    "new({0})",
    "old({0})",
    "old({0}).isUndef()",
    "{0}.isUndef()",
    "{0}.toSet()",
    "{0}.toList()",
    "{0}.toJson()",
    "{0}?.{key}",
    "let({0}) -> $",
    "unknown({0})",
]


expressions = likely_expressions() | likely_expressions() | wild_expressions()


def scope(
    new: tuple[Any, Any], old: tuple[Any, Any] | None, numbers: ContentNumbers | None = None
) -> TaskScope:
    """Build a scope of (common, node) documents; no old ones mean a first run."""
    numbers = numbers or ContentNumbers()
    before = EmptyView(numbers) if old is None else view(old, numbers)
    return TaskScope(view(new, numbers), before)


def view(pair: tuple[Any, Any], numbers: ContentNumbers) -> StateView:
    """Join the two documents of a view."""
    common, node = (StateDocument(data, numbers) for data in pair)
    return StateView(common, node, numbers)


def outcome(call: Any) -> Any:
    """Return a value with its types, or the fact that there is none."""
    try:
        return repr(call())
    except ExpressionError:
        return ExpressionError


pairs = st.tuples(documents, documents)


@settings(max_examples=600, deadline=None)
@given(text=expressions, new=pairs, old=st.none() | pairs)
@example(text="changed($.a)", new=({"a": 1}, {}), old=({"a": True}, {}))
@example(text="added($)", new=({"a": {"b": 1}}, {"a": {"b": 2}}), old=({"a": {}}, {"a": {}}))
@example(text="added($.get('a', {}))", new=({}, {"a": {}}), old=None)
def test_compiled_equals_library(text: str, new: Any, old: Any) -> None:
    """The fast path gives the library's value or fails where the library fails."""
    where = scope(new, old)
    expected = outcome(lambda: yaql_engine.evaluate(text, library_scope(where)))
    assert outcome(lambda: ExpressionValues(text).value(where)) == expected


@example(
    text="added($.nodes.values()).uid",
    scopes=[(({}, {}), None), (({}, {"a": None, "b": None, "nodes": {"a": [None]}}), None)],
)
@settings(max_examples=300, deadline=None)
@given(text=expressions, scopes=st.lists(st.tuples(pairs, st.none() | pairs), max_size=4))
def test_remembered_values_are_those_of_their_own_input(text: str, scopes: list[Any]) -> None:
    """One ExpressionValues over many scopes answers as a fresh one for each."""
    numbers = ContentNumbers()
    shared = ExpressionValues(text)
    for new, old in scopes * 2:
        where = scope(new, old, numbers)
        expected = outcome(lambda where=where: ExpressionValues(text).value(where))
        assert outcome(lambda where=where: shared.value(where)) == expected


@pytest.mark.parametrize(
    "text",
    [
        "1 +",
        "'unclosed",
        "range(1000000000)",
        "range(10000).select(range(10000).select($))",
        "def(f, f($)) -> f(1)",
        "not " * 3000 + "1",
        "(" * 3000 + "1" + ")" * 3000,
        "$" + ".a" * 5000,
        "'a' * 1000000000",
        "pow(10, 100000000)",
        "shiftBitsLeft(1, 1000000000)",
        "'aaaa'.matches('(a')",
        "'a'.matches('(?=a)')",
        "now()",
        "random()",
        "unknown($)",
        "x" * 70_000,
        12,
        None,
        ["$"],
    ],
)
def test_wild_expressions_end_in_an_error_that_names_them(text: Any) -> None:
    """No input crashes, hangs or asks a clock; the error carries the expression."""
    with pytest.raises(ExpressionError) as caught:
        ExpressionValues(text).value(scope(({}, {}), None))
    assert caught.value.expression


@settings(max_examples=500, deadline=None)
@given(text=st.text() | st.text(alphabet="$.()[]{}=><!~'\"|&+-*/,abn01 \\\n", max_size=30))
def test_any_text_is_an_expression_or_an_error(text: str) -> None:
    """Nothing but a value or an ExpressionError comes out of any text."""
    outcome(lambda: ExpressionValues(text).value(scope(({"a": [1]}, {}), None)))

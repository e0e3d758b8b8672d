"""What is a condition in the older language worth?"""

from __future__ import annotations

import operator
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from lark import Lark, Token, Tree
from lark.exceptions import LarkError

from planner.domain.graph.errors import ExpressionError

if TYPE_CHECKING:
    from collections.abc import Callable

GRAMMAR: Final = r"""
    ?start: or_
    ?or_: and_ ("or" and_)*
    ?and_: comparison ("and" comparison)*
    ?comparison: [comparison EQUALITY] containment
    ?containment: [containment "in"] negation
    ?negation: "not" negation -> not_
        | "(" or_ ")"
        | PATH -> path
        | NUMBER -> number
        | STRING -> string
        | "true" -> true
        | "false" -> false
        | "null" -> null
    EQUALITY: "==" | "!="
    PATH.2: /\w*:[\w.\-]+\??/
    NUMBER: /-?\d{1,18}(\.\d{1,18})?/
    STRING: /"(\\.|[^"\\])*"|'(\\.|[^'\\])*'/
    %ignore /\s+/
"""
"""Precedence, tightest first: not, in, == and !=, and, or (dossier 8.5)."""

MAX_LENGTH: Final = 16_384


@lru_cache(maxsize=1)
def _parser() -> Lark:
    return Lark(GRAMMAR, parser="lalr", maybe_placeholders=False)


@lru_cache(maxsize=4096)
def parse_condition(text: str) -> Tree[Token] | Token:
    """Read a condition; raises ExpressionError naming the place where it stops making sense."""
    if len(text) > MAX_LENGTH:
        raise ExpressionError(text[:80] + "…", f"is longer than {MAX_LENGTH} characters")
    try:
        return _parser().parse(text)
    except LarkError as error:
        cause = str(error).splitlines()[0]
        raise ExpressionError(text, f"is no condition: {cause}") from None


def evaluate_condition(text: str, lookup: Callable[[str, str], Any]) -> Any:
    """Evaluate a condition; ``lookup`` gives the value of a model's dotted path, or None.

    Raises ExpressionError for text that is no condition and for ``in`` on what has no parts.
    """
    tree = parse_condition(text)
    try:
        return _value(tree, lookup)
    except TypeError as error:
        raise ExpressionError(text, str(error)) from None
    except RecursionError:
        raise ExpressionError(text, "is nested too deep") from None


def _value(tree: Any, lookup: Callable[[str, str], Any]) -> Any:
    rule = tree.data
    if rule in _LEAVES:
        return _LEAVES[rule](str(tree.children[0]) if tree.children else "", lookup)
    if rule == "not_":
        return not _value(tree.children[0], lookup)
    if rule == "comparison":
        left, compare, right = tree.children
        return _COMPARE[str(compare)](_value(left, lookup), _value(right, lookup))
    if rule == "containment":
        left, right = (_value(child, lookup) for child in tree.children)
        return left in right
    return _chain(tree, lookup)


def _chain(tree: Any, lookup: Callable[[str, str], Any]) -> Any:
    """Evaluate ``and`` and ``or``: they give the operand that decides, as Python does."""
    value: Any = None
    for child in tree.children:
        value = _value(child, lookup)
        if bool(value) == (tree.data == "or_"):
            break
    return value


def _path(text: str, lookup: Callable[[str, str], Any]) -> Any:
    model, _, path = text.rstrip("?").partition(":")
    return lookup(model, path)


def _number(text: str, _: object) -> int | float:
    return float(text) if "." in text else int(text)


_COMPARE: Final[dict[str, Callable[[Any, Any], Any]]] = {"==": operator.eq, "!=": operator.ne}

_LEAVES: Final[dict[str, Callable[[str, Callable[[str, str], Any]], Any]]] = {
    "path": _path,
    "number": _number,
    "string": lambda text, _: text[1:-1],
    "true": lambda *_: True,
    "false": lambda *_: False,
    "null": lambda *_: None,
}


def follow(data: Any, path: str) -> Any:
    """Return what a dotted path leads to, or None where it leads nowhere."""
    for part in path.split("."):
        if not isinstance(data, Mapping) or part not in data:
            return None
        data = data[part]
    return data


def flattened(path: str) -> str:
    """Rewrite a path of raw settings to the layout of deployment data (dossier 8.5)."""
    if not path.endswith(".value"):
        return path
    path = path.removesuffix(".value")
    if path.startswith("additional_components."):
        return path.removeprefix("additional_components.") + ".enabled"
    return path.removeprefix("common.")

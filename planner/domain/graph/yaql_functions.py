"""Which functions do our expressions have besides, and which instead of, the library's?"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Final, TypeVar

from yaql.language import specs, utils, yaqltypes

from planner.domain.graph import data_difference
from planner.domain.graph.data_difference import UNDEFINED
from planner.domain.graph.name_pattern import compile_pattern
from planner.domain.graph.union_view import UnionView
from planner.domain.graph.yaml_text import yaml_text
from planner.domain.graph.yaql_taming import LINEAR_PATTERN, SortedSet, tame

if TYPE_CHECKING:
    from yaql.language.contexts import ContextBase

F = TypeVar("F", bound=Callable[..., Any])

NEW_STATE: Final = "$__new"
OLD_STATE: Final = "$__old"


_parameter: Callable[..., Callable[[F], F]] = specs.parameter
_name: Callable[[str], Callable[[F], F]] = specs.name
_method: Callable[[F], F] = specs.method


def finalize(value: Any, engine: Any) -> Any:
    """Turn a result into plain lists and dicts, within the engine's limits (dossier 8.2)."""
    return utils.convert_output_data(value, lambda it: utils.limit_iterable(it, engine), engine)


@_parameter("expression", yaqltypes.Lambda())
@_name("new")
def _new(context: Any, expression: Callable[[Any], Any]) -> Any:
    return expression(context[NEW_STATE])


@_parameter("expression", yaqltypes.Lambda())
@_name("old")
def _old(context: Any, engine: Any, expression: Callable[[Any], Any]) -> Any:
    return old_value(context, engine, expression)


def old_value(context: Any, engine: Any, expression: Callable[[Any], Any]) -> Any:
    """Evaluate on the old state; whatever goes wrong there, the value is undefined."""
    try:
        value = expression(context[OLD_STATE])
        # A lazy value would fail later, where nobody expects it any more.
        return tuple(utils.limit_iterable(value, engine)) if utils.is_iterator(value) else value
    except RecursionError:
        raise
    except Exception:  # noqa: BLE001  the rule is: any failure means undefined (dossier 8.2)
        return UNDEFINED


def _both(context: Any, engine: Any, expression: Callable[[Any], Any]) -> tuple[Any, Any]:
    new = finalize(expression(context[NEW_STATE]), engine)
    return new, finalize(old_value(context, engine, expression), engine)


@_parameter("expression", yaqltypes.Lambda())
@_name("changed")
def _changed(context: Any, engine: Any, expression: Callable[[Any], Any]) -> bool:
    new, old = _both(context, engine, expression)
    return bool(new != old)


@_parameter("expressions", yaqltypes.Lambda())
@_name("changed_any")
def _changed_any(context: Any, engine: Any, *expressions: Callable[[Any], Any]) -> bool:
    return any(_changed(context, engine, expression) for expression in expressions)


@_parameter("expressions", yaqltypes.Lambda())
@_name("changed_all")
def _changed_all(context: Any, engine: Any, *expressions: Callable[[Any], Any]) -> bool:
    return all(_changed(context, engine, expression) for expression in expressions)


def _comparable(value: Any, engine: Any) -> Any:
    """Keep the kind of a union, which decides how it is compared; the rest becomes plain."""
    return value if isinstance(value, UnionView) else finalize(value, engine)


@_parameter("expression", yaqltypes.Lambda())
@_name("added")
def _added(context: Any, engine: Any, expression: Callable[[Any], Any]) -> Any:
    new = _comparable(expression(context[NEW_STATE]), engine)
    old = _comparable(old_value(context, engine, expression), engine)
    return data_difference.added(new, old)


@_parameter("expression", yaqltypes.Lambda())
@_name("deleted")
def _deleted(context: Any, engine: Any, expression: Callable[[Any], Any]) -> Any:
    new = _comparable(expression(context[NEW_STATE]), engine)
    old = _comparable(old_value(context, engine, expression), engine)
    return data_difference.deleted(new, old)


@_method
@_name("is_undef")
def _is_undef(value: Any) -> bool:
    return value is UNDEFINED


@_method
@_name("to_yaml")
def _to_yaml(value: Any, engine: Any) -> str:
    return yaml_text(finalize(value, engine))


@_method
@_name("to_json")
def _to_json(value: Any, engine: Any) -> str:
    return json.dumps(finalize(value, engine))


@_method
@_parameter("collection", yaqltypes.Iterable())
@_name("to_set")
def _to_set(collection: Iterable[Any]) -> SortedSet:
    return SortedSet(collection)


@_parameter("args", nullable=True)
@_name("set")
def _set(*args: Any) -> SortedSet:
    return SortedSet(args)


@_parameter("string", yaqltypes.String())
@_parameter("pattern", yaqltypes.String())
def _matches(string: str, pattern: str) -> bool:
    return compile_pattern(pattern).search(string) is not None


@_parameter("string", yaqltypes.String())
@_parameter("pattern", yaqltypes.String())
def _differs(string: str, pattern: str) -> bool:
    return compile_pattern(pattern).search(string) is None


@_parameter("pattern", yaqltypes.String())
@_name("regex")
def _regex(
    pattern: str,
    ignore_case: bool = False,  # noqa: FBT001, FBT002  the library's signature
    multi_line: bool = False,  # noqa: FBT001, FBT002
    dot_all: bool = False,  # noqa: FBT001, FBT002
) -> Any:
    flags = ("i" if ignore_case else "") + ("m" if multi_line else "") + ("s" if dot_all else "")
    return compile_pattern(f"(?{flags}){pattern}" if flags else pattern)


@_name("is_regex")
def _is_regex(value: Any) -> bool:
    return isinstance(value, LINEAR_PATTERN)


_OURS: Final[tuple[Callable[..., Any], ...]] = (
    _new,
    _old,
    _changed,
    _changed_any,
    _changed_all,
    _added,
    _deleted,
    _is_undef,
    _to_yaml,
    _to_json,
    _to_set,
    _set,
    _regex,
    _is_regex,
)


def adapt(library: ContextBase) -> ContextBase:
    """Return a child of the library's context with our functions; the library's own are tamed."""
    tame(library)
    context = library.create_child_context()
    for function in _OURS:
        context.register_function(function)
    context.register_function(_matches, name="#operator_=~")
    context.register_function(_differs, name="#operator_!~")
    context.register_function(_matches, name="matches", method=True)
    return context

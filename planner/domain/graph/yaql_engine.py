"""How is an expression read, and what does the library say it is worth?"""

from __future__ import annotations

import collections.abc  # noqa: F401  yaql 3.2 uses it without importing it
import textwrap
import threading
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import yaql
from yaql.language import conventions, exceptions
from yaql.language.contexts import Context

from planner.domain.graph.errors import ExpressionError
from planner.domain.graph.yaql_functions import NEW_STATE, OLD_STATE, adapt, finalize

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_ITEMS: Final = 10_000
"""Most items an expression may walk over at once (dossier 8.2)."""

MEMORY_QUOTA: Final = 100 * 1024 * 1024
"""Most bytes one value may take (dossier 8.2)."""

MAX_CALLS: Final = 100_000
"""Most function calls one evaluation may make; nested loops within MAX_ITEMS are bounded so."""

MAX_LENGTH: Final = 65_536
"""Longest text of an expression."""

MAX_SHOWN: Final = 300
"""Longest text of a cause that an error shows; the library quotes whole values."""

_PARSING: Final = threading.Lock()


@dataclass(frozen=True, slots=True)
class Scope:
    """What one evaluation sees: whole new and old state, and the two parts of the new one."""

    new: Mapping[Any, Any]
    old: Mapping[Any, Any]
    common: Mapping[Any, Any]
    node: Mapping[Any, Any]


class _CallLimitReached(Exception):
    """The evaluation made more calls than MAX_CALLS."""


class _CountingContext(Context):  # type: ignore[misc]  # the library has no types
    """A library context that counts the calls made below it."""

    def __init__(self, parent_context: Any = None, **options: Any) -> None:
        super().__init__(parent_context, **options)
        self.calls: list[int] = getattr(parent_context, "calls", [0])

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        self.calls[0] += 1
        if self.calls[0] > MAX_CALLS:
            raise _CallLimitReached
        return super().__call__(*args, **kwargs)


@lru_cache(maxsize=1)
def _engine() -> Any:
    options = {
        "yaql.limitIterators": MAX_ITEMS,
        "yaql.memoryQuota": MEMORY_QUOTA,
        "yaql.convertTuplesToLists": True,
        "yaql.convertSetsToLists": True,
    }
    return yaql.YaqlFactory().create(options=options)


@lru_cache(maxsize=1)
def _root_context() -> Any:
    library = _CountingContext(convention=conventions.CamelCaseConvention())
    return adapt(yaql.create_context(context=library))


@lru_cache(maxsize=4096)
def _parse(text: str) -> Any:
    # One engine in several threads yields wrong trees silently; a parsed tree may be shared.
    with _PARSING:
        return _engine()(text)


def parse(text: Any) -> Any:
    """Read an expression into the library's statement; remembers what it read.

    Raises ExpressionError for anything that is no text or does not parse.
    """
    if not isinstance(text, str):
        raise ExpressionError(repr(text), "is no text")
    if len(text) > MAX_LENGTH:
        raise ExpressionError(text[:80] + "…", f"is longer than {MAX_LENGTH} characters")
    try:
        return _parse(text)
    except exceptions.YaqlParsingException as error:
        raise ExpressionError(text, str(error)) from None
    except Exception as error:
        # The grammar's actions fail in their own ways, on a number out of range for example.
        raise ExpressionError(text, _describe(error)) from error


def evaluate(text: str, scope: Scope) -> Any:
    """Evaluate an expression with the library alone and return plain JSON-like data.

    Raises ExpressionError whatever goes wrong: an absent key, a wrong type, a limit, too deep
    a nesting. Nothing else comes out, and no state is kept.
    """
    statement = parse(text)
    context = _root_context().create_child_context()
    context.calls = [0]
    context["$"] = context[NEW_STATE] = scope.new
    context[OLD_STATE] = scope.old
    context["$common"] = scope.common
    context["$node"] = scope.node
    try:
        return finalize(statement.expression(yaql.utils.NO_VALUE, context, _engine()), _engine())
    except _CallLimitReached:
        raise ExpressionError(text, f"makes more than {MAX_CALLS} calls") from None
    except RecursionError:
        raise ExpressionError(text, "is nested too deep") from None
    except Exception as error:
        # The library and what it calls raise whatever Python raises: all of it is the input's.
        raise ExpressionError(text, _describe(error)) from error


def _describe(error: Exception) -> str:
    if isinstance(error, exceptions.CollectionTooLargeException):
        return f"walks over more than {MAX_ITEMS} items"
    if isinstance(error, exceptions.MemoryQuotaExceededException):
        return f"needs more than {MEMORY_QUOTA >> 20} MiB"
    if isinstance(error, KeyError):
        return f"there is no key {error.args[0]!r}" if error.args else "there is no such key"
    text = " ".join(str(error).split()) or type(error).__name__
    return textwrap.shorten(text, MAX_SHOWN, placeholder="…")

"""How is the expression library kept repeatable and bounded?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import re2
from yaql.language import yaqltypes
from yaql.standard_library.regex import REGEX_TYPE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from yaql.language.contexts import ContextBase

NOT_REPEATABLE: Final = ("now", "random")
"""Library functions that answer differently each time; a plan must not (architecture law 1)."""

MAX_NUMBER_BITS: Final = 4096
"""Largest integer an expression may make."""

LINEAR_PATTERN: Final = type(re2.compile(""))
"""The kind of pattern that takes the place of the standard library's."""

REPLACED: Final = ("toSet", "regex", "isRegex")
"""Library functions of which ours take the place."""


class SortedSet(frozenset[Any]):
    """A set that is walked in one order whatever the process's hash seed (our addition)."""

    def __iter__(self) -> Iterator[Any]:
        return iter(sorted(super().__iter__(), key=_set_order))

    def __repr__(self) -> str:
        return f"{{{', '.join(map(repr, self))}}}"

    # The library calls these by name and hands on what they return.

    def union(self, *others: Iterable[Any]) -> SortedSet:
        """Return a sorted set of what is in any of the two."""
        return SortedSet(frozenset(super().__iter__()).union(*others))

    def intersection(self, *others: Iterable[Any]) -> SortedSet:
        """Return a sorted set of what is in both."""
        return SortedSet(frozenset(super().__iter__()).intersection(*others))

    def difference(self, *others: Iterable[Any]) -> SortedSet:
        """Return a sorted set of what is only in this one."""
        return SortedSet(frozenset(super().__iter__()).difference(*others))

    def symmetric_difference(self, other: Iterable[Any]) -> SortedSet:
        """Return a sorted set of what is in one of the two only."""
        return SortedSet(frozenset(super().__iter__()).symmetric_difference(other))


def _set_order(item: Any) -> tuple[str, Any]:
    """Order numbers by value, texts as texts, anything else by how it is written."""
    if isinstance(item, int | float):
        return "number", item
    return type(item).__name__, item if isinstance(item, str) else repr(item)


def _bounded_power(payload: Callable[..., Any]) -> Callable[..., Any]:
    def bounded(*args: Any, **kwargs: Any) -> Any:
        numbers = [a for a in (*args, *kwargs.values()) if isinstance(a, int)]
        if len(numbers) > 1 and numbers[0].bit_length() * abs(numbers[1]) > MAX_NUMBER_BITS:
            raise ValueError("the number would be too large")
        return payload(*args, **kwargs)

    return bounded


def _bounded_shift(payload: Callable[..., Any]) -> Callable[..., Any]:
    def bounded(*args: Any, **kwargs: Any) -> Any:
        if any(isinstance(a, int) and a > MAX_NUMBER_BITS for a in (*args[1:], *kwargs.values())):
            raise ValueError("the number would be too large")
        return payload(*args, **kwargs)

    return bounded


def _bounded_product(payload: Callable[..., Any]) -> Callable[..., Any]:
    def bounded(*args: Any, **kwargs: Any) -> Any:
        sizes = [value.bit_length() for value in args if isinstance(value, int)]
        if len(sizes) > 1 and sum(sizes) > MAX_NUMBER_BITS:
            raise ValueError("the number would be too large")
        return payload(*args, **kwargs)

    return bounded


def _in_order(payload: Callable[..., Any]) -> Callable[..., Any]:
    def ordered(*args: Any, **kwargs: Any) -> Any:
        return tuple(sorted(payload(*args, **kwargs)))

    return ordered


_WRAPPED: Final[dict[str, Callable[[Callable[..., Any]], Callable[..., Any]]]] = {
    "pow": _bounded_power,
    "shiftBitsLeft": _bounded_shift,
    "#operator_*": _bounded_product,
    "characters": _in_order,
}


def tame(context: ContextBase | None) -> None:
    """Change a library context and its parents so that evaluation is repeatable and bounded.

    Nothing is left that reads a clock or draws a number, that depends on the process's hash
    seed, that searches in more than linear time, or that makes a number without end. Only the
    given context changes, not the library.
    """
    while context is not None:
        for name, definitions in list(getattr(context, "_functions", {}).items()):
            for definition in list(definitions):
                is_function = definition.is_function and not definition.is_method
                if name in NOT_REPEATABLE or name in REPLACED or (name == "set" and is_function):
                    context.delete_function(definition)
                elif name in _WRAPPED:
                    definition.payload = _WRAPPED[name](definition.payload)
                _search_linearly(definition)
        context = context.parent


def _search_linearly(definition: Any) -> None:
    for parameter in definition.parameters.values():
        if getattr(parameter.value_type, "python_type", None) is REGEX_TYPE:
            parameter.value_type = yaqltypes.PythonType(LINEAR_PATTERN, nullable=False)

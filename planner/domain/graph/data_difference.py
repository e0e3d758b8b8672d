"""What was added to or taken from a value, one level deep?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from difflib import SequenceMatcher
from typing import Any, Final


class Undefined:
    """What an earlier value is when it cannot be read; equal to itself only (dossier 8.2)."""

    def __repr__(self) -> str:
        return "undefined"


UNDEFINED: Final = Undefined()


def added(new: Any, old: Any) -> Any:
    """Return what is in ``new`` and not in ``old`` (dossier 8.2, 13.3).

    A mapping by key, where a changed value counts; a list by alignment; a text by lines; a set
    by difference; anything else whole if it differs, else null. Different kinds of containers
    are compared whole. Everything is added to an undefined old value.
    """
    return new if old is UNDEFINED else _surplus(new, old)


def deleted(new: Any, old: Any) -> Any:
    """Return what is in ``old`` and not in ``new``; of an undefined old value nothing, null."""
    return None if old is UNDEFINED else _surplus(old, new)


def _surplus(this: Any, other: Any) -> Any:
    if type(this) is type(other):
        if isinstance(this, Mapping):
            return {k: v for k, v in this.items() if k not in other or other[k] != v}
        if isinstance(this, str):
            return _surplus_items(this.splitlines(), other.splitlines())
        if isinstance(this, Sequence):
            return _surplus_items(this, other)
        if isinstance(this, AbstractSet):
            return this - other
    return this if this != other else None


def _surplus_items(this: Sequence[Any], other: Sequence[Any]) -> list[Any]:
    if this == other:
        return []
    theirs = [_hashable(item) for item in other]
    ours = [_hashable(item) for item in this]
    blocks = SequenceMatcher(None, theirs, ours, autojunk=False).get_opcodes()
    return [
        item
        for kind, _, _, start, end in blocks
        if kind in {"insert", "replace"}
        for item in this[start:end]
    ]


def _hashable(item: Any) -> Any:
    """Stand in for an item: equal for equal items, and hashable, which alignment needs."""
    if isinstance(item, Mapping):
        return ("mapping", frozenset((key, _hashable(value)) for key, value in item.items()))
    if isinstance(item, list | tuple):
        return (type(item), tuple(_hashable(value) for value in item))
    return item

"""How are equal values kept once and numbered in the order they are met?"""

from __future__ import annotations

from typing import Generic, TypeVar

T = TypeVar("T")


class Interning(Generic[T]):
    """Numbers distinct values from 0 in the order they are first seen."""

    def __init__(self) -> None:
        self._numbers: dict[T, int] = {}

    def number(self, value: T) -> int:
        """Return the number of a value, a new one if it was not seen before."""
        return self._numbers.setdefault(value, len(self._numbers))

    def values(self) -> tuple[T, ...]:
        """Return all values by number."""
        return tuple(self._numbers)

"""How do the common data and the data of one node look as one mapping?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any


class UnionView(Mapping[Any, Any]):
    """A read-only deep merge of two mappings; the second wins (dossier 8.2, 13.3).

    A value of the winner that is no mapping hides everything below it. Nothing is copied.
    """

    __slots__ = ("_merged", "_over", "_under")

    def __init__(self, under: Mapping[Any, Any], over: Mapping[Any, Any]) -> None:
        self._under = under
        self._over = over
        self._merged: dict[Any, UnionView] = {}

    def __getitem__(self, key: Any) -> Any:
        merged = self._merged.get(key)
        if merged is not None:
            return merged
        if key not in self._over:
            return self._under[key]
        value = self._over[key]
        below = self._under.get(key)
        if not isinstance(value, Mapping) or not isinstance(below, Mapping):
            return value
        merged = self._merged[key] = UnionView(below, value)
        return merged

    def __iter__(self) -> Iterator[Any]:
        yield from self._under
        yield from (key for key in self._over if key not in self._under)

    def __len__(self) -> int:
        return len(self._under) + sum(key not in self._under for key in self._over)

    def __contains__(self, key: object) -> bool:
        return key in self._over or key in self._under

    def __repr__(self) -> str:
        return repr(dict(self))

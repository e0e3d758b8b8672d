"""What do the library's everyday operations do, for the everyday types, without its overhead?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any

from yaql.language.utils import FrozenDict

from planner.domain.graph.data_difference import Undefined
from planner.domain.graph.union_view import UnionView
from planner.domain.graph.yaql_engine import MAX_ITEMS


class Fails(Exception):
    """The library is sure to fail here."""


class Refused(Exception):
    """Only the library can tell what happens here."""


_SCALARS = (str, int, float, type(None), Undefined)
_MAPPINGS = (dict, UnionView, FrozenDict)


class Replay(Iterable[Any]):
    """A lazy sequence that is walked more than once, with all it holds.

    What failed once fails again.
    """

    def __init__(self, items: Iterator[Any]) -> None:
        self._items = items
        self._seen: list[Any] = []
        self._hashed: set[Any] = set()
        self._failure: Exception | None = None

    def __iter__(self) -> Iterator[Any]:
        index = 0
        while index < len(self._seen) or self._pull():
            yield self._seen[index]
            index += 1

    def __contains__(self, value: object) -> bool:
        try:
            if value in self._hashed:
                return True
        except TypeError:
            return any(item == value for item in self)
        known = len(self._seen)
        if len(self._hashed) < known and value in self._seen:
            return True
        while self._pull():
            if self._seen[-1] == value:
                return True
        return False

    def _pull(self) -> bool:
        if self._failure is not None:
            raise self._failure
        try:
            item = next(self._items)
        except StopIteration:
            return False
        except (Fails, Refused) as error:
            self._failure = error
            raise
        if isinstance(item, Iterator):
            # An item that can be walked once is walked again with the sequence it is part of.
            item = Replay(item)
        self._seen.append(item)
        try:
            self._hashed.add(item)
        except TypeError:
            return True
        return True


def is_mapping(value: Any) -> bool:
    """Tell whether a value is a mapping of a kind that is known here."""
    return isinstance(value, _MAPPINGS)


def is_lazy(value: Any) -> bool:
    """Tell whether a value is walked step by step, so that it can be walked only once."""
    return isinstance(value, Iterator | Replay)


def is_collection(value: Any) -> bool:
    """Tell whether the library takes a value for a collection of items."""
    return isinstance(value, Iterable) and not isinstance(value, str | Mapping)


def limited(collection: Any) -> Iterable[Any]:
    """Return the items, at most MAX_ITEMS; raises Fails beyond, for what has a size at once."""
    if isinstance(collection, Sequence | AbstractSet):
        if len(collection) > MAX_ITEMS:
            raise Fails
        return collection
    return collection if isinstance(collection, Replay) else _limited(collection)


def _limited(items: Iterable[Any]) -> Iterator[Any]:
    for index, item in enumerate(items):
        if index >= MAX_ITEMS:
            raise Fails
        yield item


def items_of(value: Any) -> Iterable[Any]:
    """Return the items of a receiver that has to be a collection."""
    if is_collection(value):
        return limited(value)
    raise refusal(value)


def refusal(value: Any) -> Exception:
    """Return Fails for a type for which the library has no such operation, else Refused."""
    return Fails() if isinstance(value, (*_SCALARS, *_MAPPINGS, list, tuple)) else Refused()


def attribute(value: Any, key: str) -> Any:
    """Return ``value.key``: of a mapping its value, of a collection that of each item."""
    if isinstance(value, _MAPPINGS):
        try:
            return value[key]
        except KeyError:
            raise Fails from None
    if is_collection(value):
        return (attribute(item, key) for item in limited(value))
    raise refusal(value)


def get(value: Any, key: Any, default: Any) -> Any:
    """Return ``value.get(key, default)``."""
    if isinstance(value, _MAPPINGS):
        try:
            return value.get(key, default)
        except TypeError:
            raise Refused from None
    raise refusal(value)


def index(value: Any, key: Any) -> Any:
    """Return ``value[key]``."""
    if isinstance(value, _MAPPINGS) or (isinstance(value, list | tuple) and isinstance(key, int)):
        try:
            return value[key]
        except (KeyError, IndexError):
            raise Fails from None
        except TypeError:
            raise Refused from None
    raise Refused


def length(value: Any) -> int:
    """Return ``len(value)``."""
    if isinstance(value, (str, list, tuple, *_MAPPINGS)):
        return len(value)
    raise refusal(value) if not is_lazy(value) else Refused()


def is_in(value: Any, collection: Any) -> bool:
    """Return ``value in collection``: an item of it, or a part of a text."""
    if isinstance(collection, str):
        if isinstance(value, str):
            return value in collection
        raise Refused
    if is_collection(collection):
        try:
            return value in limited(collection)
        except TypeError:
            raise Refused from None
    raise refusal(collection)


def flatten(value: Any) -> Iterator[Any]:
    """Return the items of ``value.flatten()``: those of collections within it one by one."""
    return _flattened(items_of(value))


def _flattened(items: Iterable[Any]) -> Iterator[Any]:
    for item in items:
        if is_collection(item):
            yield from _flattened(item)
        else:
            yield item


def equals(left: Any, right: Any) -> bool:
    """Return ``left = right``."""
    if is_lazy(left) or is_lazy(right):
        raise Refused
    return bool(left == right)


def plain(value: Any) -> Any:
    """Turn a result into lists and dicts; what came from the state is so already."""
    if isinstance(value, _SCALARS) or type(value) in {dict, list}:
        return value
    if isinstance(value, Mapping):
        return {plain(key): plain(item) for key, item in value.items()}
    if isinstance(value, Iterable):
        return [plain(item) for item in limited(value)]
    raise Refused


def deeply_plain(value: Any) -> Any:
    """Turn a result into lists and dicts all the way down."""
    if isinstance(value, Mapping):
        return {key: deeply_plain(item) for key, item in value.items()}
    if isinstance(value, _SCALARS):
        return value
    if isinstance(value, Iterable):
        return [deeply_plain(item) for item in limited(value)]
    raise Refused

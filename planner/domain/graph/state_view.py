"""What does a task see of the new and the old state on one node, and when do two see the same?"""

from __future__ import annotations

import json
from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Final

from planner.domain.graph.errors import GraphError
from planner.domain.graph.union_view import UnionView

if TYPE_CHECKING:
    from collections.abc import Mapping

ABSENT: Final = 0
"""The number of a key that is not there."""


class ContentNumbers:
    """Gives equal content the same small number; the order of keys counts, as it does in lists."""

    def __init__(self) -> None:
        self._numbers: dict[Any, int] = {}

    def of_value(self, value: Any) -> int:
        """Number a JSON value by its content; raises GraphError for what is not JSON."""
        if value is None or isinstance(value, str):
            return self.of(value)
        if isinstance(value, int):
            return self.of((type(value), value))
        try:
            text = json.dumps(value, separators=(",", ":"), allow_nan=False)
        except (TypeError, ValueError, RecursionError) as error:
            raise GraphError(f"state data are not JSON: {error}") from None
        # The digest stands in for the text, which would keep all state in memory twice.
        return self.of(blake2b(text.encode(), digest_size=16).digest())

    def of(self, key: Any) -> int:
        """Number a hashable key."""
        return self._numbers.setdefault(key, len(self._numbers) + 1)


class StateDocument:
    """A JSON object of the state whose parts are numbered by content when first asked for."""

    __slots__ = ("_numbers", "_parts", "_whole", "data")

    def __init__(self, data: Mapping[str, Any], numbers: ContentNumbers) -> None:
        self.data = data
        self._numbers = numbers
        self._parts: dict[str, int] = {}
        self._whole: int | None = None

    def part(self, key: str) -> int:
        """Number the value of a key, ABSENT if there is none."""
        found = self._parts.get(key)
        if found is None:
            found = self._numbers.of_value(self.data[key]) if key in self.data else ABSENT
            self._parts[key] = found
        return found

    def whole(self) -> int:
        """Number the document."""
        if self._whole is None:
            self._whole = self._numbers.of_value(self.data)
        return self._whole


class StateView:
    """The union of two documents as one task sees it on one node.

    Two views with equal numbers for some keys are alike as far as those keys are read.
    """

    __slots__ = ("_combined", "_numbers", "common", "data", "node")

    def __init__(self, common: StateDocument, node: StateDocument, numbers: ContentNumbers) -> None:
        self.common = common
        self.node = node
        self.data: Mapping[Any, Any] = UnionView(common.data, node.data)
        self._numbers = numbers
        self._combined: dict[tuple[str, ...] | None, tuple[int, ...]] = {}

    def numbers(self, keys: tuple[str, ...] | None) -> tuple[int, ...]:
        """Return what tells apart the values of these keys, or of everything for None."""
        found = self._combined.get(keys)
        if found is None:
            if keys is None:
                found = (self.common.whole(), self.node.whole())
            else:
                found = tuple(self._number(key) for key in keys)
            self._combined[keys] = found
        return found

    def _number(self, key: str) -> int:
        over = self.node.part(key)
        under = self.common.part(key)
        return under if over == ABSENT else self._numbers.of((under, over))


class EmptyView(StateView):
    """The old state where nothing is known: a plain empty mapping (dossier 8.2)."""

    __slots__ = ()

    def __init__(self, numbers: ContentNumbers) -> None:
        nothing = StateDocument({}, numbers)
        super().__init__(nothing, nothing, numbers)
        self.data = {}


@dataclass(frozen=True, slots=True)
class TaskScope:
    """What a task sees on one node: the state to reach and the one it last reached there."""

    new: StateView
    old: StateView

"""How are fields of untrusted JSON read: typed, with every violation named?"""

from __future__ import annotations

from typing import Any, TypeVar

from orchestrator.domain.errors import MessageRefusedError, Violation

T = TypeVar("T")


class Fields:
    """Reads the keys of one JSON object; what does not fit goes to the shared list.

    A key that is missing or null reads as its default.
    """

    __slots__ = ("_path", "_value", "violations")

    def __init__(self, value: object, path: str, violations: list[Violation]) -> None:
        self._path = path
        self.violations = violations
        if not isinstance(value, dict):
            self.refuse("", f"must be an object, is {_kind(value)}")
            value = {}
        self._value: dict[str, Any] = value

    def text(self, key: str, default: str = "", *, is_required: bool = False) -> str:
        """Read a text."""
        return self._typed(key, str, default, is_required=is_required)

    def flag(self, key: str, *, default: bool = False) -> bool:
        """Read a boolean."""
        return self._typed(key, bool, default)

    def items(self, key: str, *, is_required: bool = False) -> list[Any]:
        """Read a list."""
        return self._typed(key, list, [], is_required=is_required)

    def mapping(self, key: str, *, is_required: bool = False) -> dict[str, Any]:
        """Read an object."""
        return self._typed(key, dict, {}, is_required=is_required)

    def uid(self, key: str = "uid") -> str:
        """Read a node's uid: a text or a whole number; required."""
        value = self._value.get(key)
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
        return self._typed(key, str, "", is_required=True)

    def uids(self, key: str) -> tuple[str, ...]:
        """Read a list of uids: texts or whole numbers."""
        values = self.items(key)
        if any(isinstance(value, bool) or not isinstance(value, str | int) for value in values):
            self.refuse(key, "must be a list of node uids")
            return ()
        return tuple(str(value) for value in values)

    def whole_number(self, key: str, default: int = 0) -> int:
        """Read a whole number within 63 bits."""
        value = self._typed(key, int, default)
        if isinstance(value, bool) or not -(2**63) <= value < 2**63:
            self.refuse(key, f"must be a whole number, is {value!r:.80}")
            return default
        return value

    def number(self, key: str, default: float = 0.0) -> float:
        """Read a number."""
        value = self._value.get(key, default)
        if isinstance(value, bool) or not isinstance(value, int | float):
            self.refuse(key, f"must be a number, is {_kind(value)}")
            return default
        return float(value)

    def inner(self, key: str, *, is_required: bool = False) -> Fields:
        """Read an object's fields."""
        value = self.mapping(key, is_required=is_required)
        return Fields(value, f"{self._path}.{key}", self.violations)

    def has(self, key: str) -> bool:
        """Tell whether a key has a value."""
        return self._value.get(key) is not None

    def rest(self, *without: str) -> dict[str, Any]:
        """Return everything but some keys."""
        return {key: value for key, value in self._value.items() if key not in without}

    def refuse(self, key: str, text: str, reason: str = "INVALID_MESSAGE") -> None:
        """Note a violation of a key."""
        field = f"{self._path}.{key}" if key else self._path
        self.violations.append(Violation(reason, field, text))

    def _typed(self, key: str, kind: type[T], default: T, *, is_required: bool = False) -> T:
        value = self._value.get(key)
        if value is None:
            if is_required:
                self.refuse(key, "is required")
            return default
        if not isinstance(value, kind):
            self.refuse(key, f"must be {_NAMES[kind]}, is {_kind(value)}")
            return default
        return value


_NAMES: dict[type, str] = {
    str: "a text",
    bool: "a boolean",
    list: "a list",
    dict: "an object",
    int: "a whole number",
}


def _kind(value: object) -> str:
    return _NAMES.get(type(value), type(value).__name__)


def raise_if_any(violations: list[Violation]) -> None:
    """Raise MessageRefusedError when something was noted."""
    if violations:
        raise MessageRefusedError(violations)

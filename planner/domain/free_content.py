"""How is content read that may be anything: settings, attributes, discovered facts?

Whoever wrote it meant something by it only where it has the expected shape.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

DIGITS: Final = 18
"""Longest text that is read as a number."""


def mapping(value: Any) -> Mapping[str, Any]:
    """Read what should be a mapping; anything else says nothing."""
    return value if isinstance(value, dict) else {}


def mappings(value: Any) -> list[Mapping[str, Any]]:
    """Read what should be a list of mappings; anything else says nothing."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def words(value: Any) -> list[str]:
    """Read what should be a list of texts; one text is a list of one."""
    if isinstance(value, str):
        return [value]
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def integer(value: Any, default: int = 0) -> int:
    """Read what should be a whole number, or the text of one; anything else is the default."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and value.isdecimal() and value.isascii() and len(value) <= DIGITS:
        return int(value)
    return default


def follow(data: Any, *path: str) -> Any:
    """Follow a path; None where it ends early."""
    for key in path:
        data = data.get(key) if isinstance(data, dict) else None
    return data


def merged(under: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Lay one JSON object over another: objects merge key by key, anything else is replaced."""
    result = dict(under)
    for key, value in over.items():
        below = result.get(key)
        if isinstance(below, dict) and isinstance(value, dict):
            result[key] = merged(below, value)
        else:
            result[key] = value
    return result

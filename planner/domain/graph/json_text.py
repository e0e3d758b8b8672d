"""How is what a task carries written as canonical JSON text?"""

from __future__ import annotations

from typing import Any

from planner.domain.documents import canonical


def json_text(value: Any) -> str:
    """Write a value as canonical JSON; keys that are no text are spelled as JSON spells values.

    Raises ValueError for what has no JSON form: an undefined value, infinity, a loop.
    """
    try:
        return canonical(value)
    except TypeError:
        return canonical(_with_text_keys(value))
    except RecursionError:
        raise ValueError("it is nested too deep") from None


def _with_text_keys(value: Any) -> Any:
    if isinstance(value, dict):
        return {_key(key): _with_text_keys(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_with_text_keys(item) for item in value]
    if value is None or isinstance(value, str | int | float):
        return value
    raise ValueError(f"{value!r} has no JSON form")


def _key(key: Any) -> str:
    return key if isinstance(key, str) else canonical(key)

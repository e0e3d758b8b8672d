"""How is JSON written so that equal values have equal bytes?"""

from __future__ import annotations

import json
from typing import Any


def canonical_json(value: Any) -> str:
    """Return `value` as JSON with sorted keys, no spaces and plain UTF-8 text."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def parse_json(text: str) -> Any:
    """Return the value that `text` spells; raises ValueError for what is no JSON or no text.

    Stricter than the library: no NaN, no infinity by name, nothing nested beyond what can be
    written again, no half of a surrogate pair.
    """
    try:
        value = json.loads(text, parse_constant=_refuse_constant)
        if "\\u" in text:
            canonical_json(value).encode()
    except RecursionError:
        raise ValueError("nested too deeply") from None
    return value


def json_object(text: str) -> dict[str, Any] | None:
    """Return the object that `text` spells, or None when it is no JSON object."""
    try:
        value = parse_json(text)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON value")

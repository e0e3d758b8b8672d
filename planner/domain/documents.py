"""How does free-form text become a JSON value, and how does a value become canonical text?"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any, Final

import yaml

from planner.domain.errors import InvalidInput, Violation

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_VALUES: Final = 2_000_000
"""Most values a document may expand to: YAML aliases multiply without looking large."""

MAX_DEPTH: Final = 200
"""Deepest nesting of a document."""


class _JsonLoader(yaml.CSafeLoader):
    """Reads YAML as JSON sees it: a date stays the text it was written as."""


_JsonLoader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith(":timestamp")]
    for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}


def canonical(value: Any) -> str:
    """Write a JSON value as its one canonical text: sorted keys, no spaces, ASCII."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)


def digest(text: str) -> str:
    """Name a text by its content: 64 hexadecimal digits."""
    return hashlib.sha256(text.encode()).hexdigest()


def parse_object(text: str, subject: str) -> dict[str, Any]:
    """Read a JSON object; empty text is the empty object.

    Raises InvalidInput naming ``subject`` for text that is no JSON, no object, or not finite.
    """
    if not text:
        return {}
    try:
        value = json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise _invalid("NOT_JSON", subject, f"is not JSON: {_short(error)}") from None
    if not isinstance(value, dict):
        raise _invalid("NOT_AN_OBJECT", subject, f"is a {_kind(value)}, not a JSON object")
    _check_plain(value, subject)
    return value


def parse_yaml_object(text: str, subject: str) -> dict[str, Any]:
    """Read a YAML (or JSON) mapping with text keys and JSON values.

    Raises InvalidInput naming ``subject``, with line and column where the text is at fault.
    """
    try:
        # The loader is a safe one: it makes plain values only.
        value = yaml.load(text, Loader=_JsonLoader)  # noqa: S506
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise _invalid("NOT_YAML", subject, f"is not YAML: {_short(error)}") from None
    if not isinstance(value, dict):
        raise _invalid("NOT_AN_OBJECT", subject, f"is a {_kind(value)}, not a mapping")
    _check_plain(value, subject)
    return value


def _check_plain(value: Any, subject: str) -> None:
    """Refuse what JSON cannot say and what would not end: both come from hostile text only."""
    for seen, (path, item) in enumerate(_walk(value, subject, 0)):
        if seen >= MAX_VALUES:
            raise _invalid("TOO_LARGE", subject, f"expands to more than {MAX_VALUES} values")
        if item is not None and not isinstance(item, str | int | float | bool | dict | list):
            raise _invalid("NOT_JSON", path, f"is a {_kind(item)}, which JSON cannot say")
        if isinstance(item, float) and item - item != 0:
            raise _invalid("NOT_JSON", path, f"is {item}, which JSON cannot say")


def _walk(value: Any, path: str, depth: int) -> Iterator[tuple[str, Any]]:
    if depth > MAX_DEPTH:
        raise _invalid("TOO_DEEP", path[:200], f"is nested more than {MAX_DEPTH} levels deep")
    yield path, value
    if isinstance(value, dict):
        for key, item in value.items():
            if not isinstance(key, str):
                raise _invalid("NOT_JSON", path, f"has the key {key!r}, which is no text")
            yield from _walk(item, f"{path}.{key}", depth + 1)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _walk(item, f"{path}[{index}]", depth + 1)


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON number")


def _invalid(reason: str, subject: str, message: str) -> InvalidInput:
    return InvalidInput([Violation(reason, subject, message)])


def _kind(value: Any) -> str:
    names = {dict: "mapping", list: "list", str: "text", bool: "boolean", type(None): "null"}
    return names.get(type(value), type(value).__name__)


def _short(error: Exception) -> str:
    return " ".join(str(error).split())[:300] or type(error).__name__

"""How does free-form text become a JSON value, and how does a value become canonical text?"""

from __future__ import annotations

import hashlib
import json
import re
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

import yaml

from planner.domain.errors import InvalidInput, Violation

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_VALUES: Final = 2_000_000
"""Most values a document may expand to: YAML aliases multiply without looking large."""

MAX_OBJECT: Final = 3 * 1024 * 1024
"""Most characters of a JSON object: an answer that holds it stays below gRPC's 4 MiB."""

MAX_DEPTH: Final = 200
"""Deepest nesting of a document."""

SHOWN, LONGEST_PATH = 80, 400
"""Most characters of a key, and of a whole path, that an error repeats."""

MAX_INTEGER_BITS: Final = 1024
"""Longest integer: about what a double can hold; Python writes no integer of 4300 digits."""

UNKEPT: Final = re.compile("[\x00\ud800-\udfff]")
"""Characters that are no text everywhere: NUL in PostgreSQL, lone surrogates in protobuf."""

Path = tuple["Path", str | int] | None
"""The way to a value from the outside in; written out only for an error."""


class _JsonLoader(yaml.CSafeLoader):
    """Reads YAML as JSON sees it: a date stays the text it was written as."""

    def flatten_mapping(self, node: Any) -> None:
        """Resolve merge keys, keeping each key once: merges of merges would multiply."""
        super().flatten_mapping(node)
        pairs = {
            (id(k) if isinstance(k.value, list) else (k.tag, k.value)): (k, v)
            for k, v in node.value
        }
        node.value = list(pairs.values())


_JsonLoader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith(":timestamp")]
    for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}


def canonical(value: Any) -> str:
    """Write a JSON value as its one canonical text: sorted keys, no spaces, ASCII."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)


def canonical_in_turns(value: Any, depth: int = 5) -> str:
    """Write what ``canonical`` writes, an entry of the outermost levels at a time.

    The encoder keeps every other thread waiting until it is done: 100 ms for what is said of 500
    nodes. Between two entries they get their turn.
    """
    if depth and isinstance(value, dict) and value and all(isinstance(key, str) for key in value):
        entries = (
            f"{canonical(key)}:{canonical_in_turns(value[key], depth - 1)}" for key in sorted(value)
        )
        return f"{{{','.join(entries)}}}"
    if depth and isinstance(value, list | tuple) and value:
        return f"[{','.join(canonical_in_turns(item, depth - 1) for item in value)}]"
    return canonical(value)


def digest(text: str) -> str:
    """Name a text by its content: 64 hexadecimal digits."""
    return hashlib.sha256(text.encode()).hexdigest()


def parse_object(text: str, subject: str) -> dict[str, Any]:
    """Read a JSON object; empty text is the empty object.

    Raises InvalidInput naming ``subject`` for text that is no JSON, no object, not finite, or
    too large to be answered again.
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
    # A character takes up to six in canonical text: only what may be too long is measured.
    if len(text) > MAX_OBJECT // 6 and (size := len(canonical(value))) > MAX_OBJECT:
        text = f"has {size} characters as canonical JSON, more than {MAX_OBJECT}"
        raise _invalid("TOO_LARGE", subject, text)
    return value


def parse_yaml_object(text: str, subject: str) -> dict[str, Any]:
    """Read a YAML (or JSON) mapping with text keys and JSON values.

    Raises InvalidInput naming ``subject``, with line and column where the text is at fault.
    """
    try:
        value = _load(text)
    except _TooDeep:
        raise _too_deep(subject) from None
    except _UNREADABLE as error:
        raise _invalid("NOT_YAML", subject, f"is not YAML: {_short(error)}") from None
    if not isinstance(value, dict):
        raise _invalid("NOT_AN_OBJECT", subject, f"is a {_kind(value)}, not a mapping")
    _check_plain(value, subject)
    return value


class _TooDeep(Exception):
    """A document is nested too deeply to be read."""


_UNREADABLE: Final = (
    yaml.YAMLError,
    ValueError,
    RecursionError,
    # What PyYAML's constructors stumble over when an explicit tag does not fit its value.
    AttributeError,
    LookupError,
    TypeError,
)


def _load(text: str) -> Any:
    """Read JSON as JSON: YAML takes ``1e5`` for text and does not know surrogate pairs."""
    if text.lstrip().startswith("{"):
        with suppress(ValueError, RecursionError):
            return json.loads(text, parse_constant=_refuse_constant)
    depth = 0
    # The loader recurses in C, without a bound of its own: deep nesting would end the process.
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > MAX_DEPTH:
            raise _TooDeep
    # The loader is a safe one: it makes plain values only.
    return yaml.load(text, Loader=_JsonLoader)  # noqa: S506


def _check_plain(value: Any, subject: str) -> None:
    """Refuse what cannot be kept and what would not end: both come from hostile text only."""
    for seen, (path, item) in enumerate(_walk(value, subject, None, 0)):
        if seen >= MAX_VALUES:
            raise _invalid("TOO_LARGE", subject, f"expands to more than {MAX_VALUES} values")
        problem = _problem(item)
        if problem:
            raise _invalid("NOT_JSON", _named(subject, path), problem)


def _problem(item: Any) -> str:
    """Say why a value cannot be kept; empty where it can."""
    if item is None or isinstance(item, bool | dict | list):
        return ""
    if isinstance(item, str):
        return "holds a NUL or half a character, which is no text" if UNKEPT.search(item) else ""
    if isinstance(item, int):
        is_long = item.bit_length() > MAX_INTEGER_BITS
        return f"is an integer of more than {MAX_INTEGER_BITS} bits" if is_long else ""
    if isinstance(item, float):
        return f"is {item}, which JSON cannot say" if item - item != 0 else ""
    return f"is a {_kind(item)}, which JSON cannot say"


def _walk(value: Any, subject: str, path: Path, depth: int) -> Iterator[tuple[Path, Any]]:
    if depth > MAX_DEPTH:
        raise _too_deep(_named(subject, path))
    yield path, value
    if isinstance(value, dict):
        for key, item in value.items():
            if not isinstance(key, str) or UNKEPT.search(key):
                text = f"has the key {_shown(key)}, which is no text"
                raise _invalid("NOT_JSON", _named(subject, path), text)
            yield from _walk(item, subject, (path, key), depth + 1)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _walk(item, subject, (path, index), depth + 1)


def _named(subject: str, path: Path) -> str:
    parts = []
    while path is not None:
        path, part = path
        parts.append(f"[{part}]" if isinstance(part, int) else f".{part[:SHOWN]}")
    return "".join((subject, *reversed(parts)))[:LONGEST_PATH]


def _shown(key: Any) -> str:
    return ascii(key)[:SHOWN]


def _too_deep(subject: str) -> InvalidInput:
    return _invalid("TOO_DEEP", subject, f"is nested more than {MAX_DEPTH} levels deep")


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON number")


def _invalid(reason: str, subject: str, message: str) -> InvalidInput:
    return InvalidInput([Violation(reason, subject, message)])


def _kind(value: Any) -> str:
    names = {dict: "mapping", list: "list", str: "text", bool: "boolean", type(None): "null"}
    return names.get(type(value), type(value).__name__)


def _short(error: Exception) -> str:
    return " ".join(str(error).split())[:300] or type(error).__name__

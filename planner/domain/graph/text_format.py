"""How are the ``{NAME}`` placeholders of a text filled in?"""

from __future__ import annotations

import re
from collections.abc import Mapping
from string import Formatter
from typing import Any, Final

_NAME: Final = re.compile(r"[^.\[\]]+(?:\.[^.\[\]]+|\[[^\]]+\])*")
_PARTS: Final = re.compile(r"[^.\[\]]+")
_SPEC: Final = re.compile(r"[^{}]{0,16}")
_WIDTH: Final = re.compile(r"\d{4,}")


class _Unformattable(ValueError):
    """The text holds something that cannot be filled in."""


def has_placeholder(text: str) -> bool:
    """Tell whether filling in could change the text at all."""
    return "{" in text or "}" in text


def fill_in(text: str, values: Mapping[str, Any]) -> str:
    """Fill in every placeholder or none (dossier 8.4).

    ``{NAME}``, ``{NAME.key}`` and ``{NAME[key]}`` read mappings only, never attributes of
    objects (decision 12). One unknown name or stray brace leaves the whole text untouched.
    """
    try:
        return fill_in_strictly(text, values)
    except ValueError:
        return text


def fill_in_strictly(text: str, values: Mapping[str, Any]) -> str:
    """Fill in every placeholder; raises ValueError where one cannot be filled in."""
    return "".join(
        literal + ("" if name is None else _rendered(name, spec or "", conversion, values))
        for literal, name, spec, conversion in Formatter().parse(text)
    )


def _rendered(name: str, spec: str, conversion: str | None, values: Mapping[str, Any]) -> str:
    if not _SPEC.fullmatch(spec) or _WIDTH.search(spec):
        raise _Unformattable(f"format {spec!r}")
    value = _lookup(name, values)
    try:
        return format(Formatter().convert_field(value, conversion), spec)
    except TypeError as error:
        raise _Unformattable(str(error)) from None


def _lookup(name: str, values: Mapping[str, Any]) -> Any:
    if not _NAME.fullmatch(name):
        raise _Unformattable(name)
    value: Any = values
    for part in _PARTS.findall(name):
        if not isinstance(value, Mapping) or part not in value:
            raise _Unformattable(name)
        value = value[part]
    if isinstance(value, Mapping | list):
        raise _Unformattable(name)
    return value

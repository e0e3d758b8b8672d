"""Which values are secrets, and what stands in their place (architecture law 11)?"""

from __future__ import annotations

import json
import re
from contextlib import suppress
from typing import Any, Final

from planner.domain.documents import canonical

REDACTED: Final = "<redacted>"

SECRET_KEY: Final = re.compile(
    r"(^|[_\-.])(password|passwd|passphrase|pass|secret|token|private_key|ssh_key|auth_key"
    r"|authorized_keys|credentials?|hash|encryption_key|api_key)([_\-.]|$)"
    r"|password|secret|token",
    re.IGNORECASE,
)
"""Keys whose values are secrets, whatever the values are."""

SECRET_NAME: Final = re.compile(r"(password|passwd|passphrase|pass|secret|token)$", re.IGNORECASE)
"""Keys that name a secret itself, so that a figure is one too: ``password: 123456``."""

SECRET_TEXT: Final = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)"
    r"|(?<=://)[^/\s:@]+:[^/\s]+(?=@)",
    re.DOTALL,
)
"""Secrets inside other text: private keys, user:password in addresses."""

_WORD: Final = r"(?:password|passwd|passphrase|secret|token|private_key|auth_key|api_key)"
_KEY: Final = rf"[ \t]*(?:- )?[\"']?[\w.\-]{{0,100}}{_WORD}[\w.\-]{{0,100}}[\"']?[ \t]*"

_SECRET_BLOCK: Final = re.compile(
    rf"^(?P<head>(?P<indent>[ \t]*)(?!\s){_KEY}:)[ \t]*(?:[|>&][^\n]*)?\n"
    r"(?:(?:(?P=indent)(?:[ \t]+|- )[^\n]*|[ \t]*)(?:\n|\Z))+",
    re.IGNORECASE | re.MULTILINE,
)
"""A key of YAML whose value is the lines below it."""

_SECRET_LINE: Final = re.compile(
    rf"^(?P<head>{_KEY}(?::[ \t]+|=[ \t]*))(?![{{\[|>&*\n])\S.*$", re.IGNORECASE | re.MULTILINE
)
"""A line ``key: value`` of YAML, or ``key = value`` of a configuration file."""

_SECRET_INLINE: Final = re.compile(
    rf"(?P<head>{_WORD}[\w.\-]{{0,100}}(?:[\"']?[ \t]*:[ \t]+|[\"']:|=))"
    r"(?:\"[^\"\n]*\"|'[^'\n]*'|[^\s,}\]\"'<{\[|>&*][^\s,}\]]*)",
    re.IGNORECASE,
)
"""The same in the middle of a line: flow style of YAML, options of a command."""


def redact(value: Any) -> Any:
    """Return a JSON value with every secret in it replaced; keys stay."""
    if isinstance(value, dict):
        return {
            key: REDACTED if _is_secret(key, item) else redact(item) for key, item in value.items()
        }
    if isinstance(value, list):
        return [redact(item) for item in value]
    return _redact_string(value) if isinstance(value, str) else value


def is_secret_name(text: str) -> bool:
    """Tell whether a key, or a path or expression that ends in one, names a secret."""
    return SECRET_KEY.search(text) is not None


def redact_text(text: str) -> str:
    """Redact a JSON text; empty text stays empty."""
    return canonical(redact(json.loads(text))) if text else text


def _is_secret(key: str, value: Any) -> bool:
    """Flags and figures about secrets (``token_timeout: 60``) are none themselves."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return SECRET_NAME.search(key) is not None
    is_text = isinstance(value, str | list | dict) and bool(value)
    return is_text and SECRET_KEY.search(key) is not None


def _redact_string(text: str) -> str:
    """Redact secrets in plain text, and in JSON or YAML that travels as text."""
    if text.strip()[:1] in ("{", "["):
        # Text that only looks like JSON, or is nested without end, is treated as any other.
        with suppress(ValueError, RecursionError):
            return canonical(redact(json.loads(text)))
    for pattern in (_SECRET_BLOCK, _SECRET_LINE, _SECRET_INLINE):
        text = pattern.sub(_without_value, text)
    return SECRET_TEXT.sub(REDACTED, text)


def _without_value(found: re.Match[str]) -> str:
    end = "\n" if found[0].endswith("\n") else ""
    gap = " " if found["head"].endswith(":") else ""
    return f"{found['head']}{gap}{REDACTED}{end}"

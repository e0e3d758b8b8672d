"""Which values are secrets, and what stands in their place (architecture law 11)?"""

from __future__ import annotations

import json
import re
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

SECRET_TEXT: Final = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?-----END [A-Z ]*PRIVATE KEY-----"
    r"|(?<=://)[^/\s:@]+:[^/\s:@]+(?=@)",
    re.DOTALL,
)
"""Secrets inside other text: private keys, user:password in addresses."""


def redact(value: Any) -> Any:
    """Return a JSON value with every secret in it replaced; keys stay."""
    if isinstance(value, dict):
        return {
            key: REDACTED if _is_secret(key, item) else redact(item) for key, item in value.items()
        }
    if isinstance(value, list):
        return [redact(item) for item in value]
    return _redact_string(value) if isinstance(value, str) else value


def redact_text(text: str) -> str:
    """Redact a JSON text; empty text stays empty."""
    return canonical(redact(json.loads(text))) if text else text


def _is_secret(key: str, value: Any) -> bool:
    """Flags and figures about secrets (``token_timeout: 60``) are none themselves."""
    is_text = isinstance(value, str | list | dict) and bool(value)
    return is_text and SECRET_KEY.search(key) is not None


def _redact_string(text: str) -> str:
    """Redact secrets in plain text, and in JSON or YAML that travels as text."""
    if len(text) > 1 and text[0] in "{[" and text[-1] in "}]":
        try:
            value = json.loads(text)
        except ValueError:
            value = None
        if isinstance(value, dict | list):
            return canonical(redact(value))
    text = _SECRET_LINE.sub(rf"\g<1>{REDACTED}", text) if "\n" in text else text
    return SECRET_TEXT.sub(REDACTED, text)


_SECRET_LINE: Final = re.compile(
    r"^([ \t]*(?:- )?[\"']?[\w.\-]*(?:password|passwd|secret|token|private_key|auth_key)"
    r"[\w.\-]*[\"']?[ \t]*[:=][ \t]+)(?![{\[|>&*\n])(\S.*)$",
    re.IGNORECASE | re.MULTILINE,
)
"""A line ``key: value`` of YAML or a configuration file whose value is a secret."""

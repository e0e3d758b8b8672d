"""How do lists go on from page to page?

By keyset: the token holds the last key and what the list was filtered by, so that a page neither
repeats nor misses a row that was there from the start.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from typing import Final

from orchestrator.domain.errors import Violation
from orchestrator.rpc.errors import RequestInvalidError

DEFAULT_SIZE: Final = 50
MAX_SIZE: Final = 1000

Key = list[int | str]


def page_size(asked: int) -> int:
    """Return how many rows a page has; raises RequestInvalidError above the maximum."""
    if asked > MAX_SIZE:
        text = f"{asked} is above {MAX_SIZE}"
        raise RequestInvalidError([Violation("INVALID_PAGE_SIZE", "page_size", text)])
    return asked or DEFAULT_SIZE


def write_token(key: Key, filters: Key) -> str:
    """Return the token of the page after `key` under the same filters."""
    text = json.dumps([key, _digest(filters)], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def read_token(token: str, filters: Key, shape: tuple[type, ...]) -> Key | None:
    """Return the key in a token, None for the first page.

    Raises RequestInvalidError for a token that is not ours or belongs to other filters.
    """
    if not token:
        return None
    try:
        padded = token.encode() + b"=" * (-len(token) % 4)
        key, digest = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (ValueError, TypeError, binascii.Error, RecursionError):
        raise _invalid("is no page token") from None
    if digest != _digest(filters):
        raise _invalid("belongs to a list with other filters")
    if not isinstance(key, list) or [type(part) for part in key] != list(shape):
        raise _invalid("is no page token of this list")
    return key


def _digest(filters: Key) -> str:
    return hashlib.blake2b(json.dumps(filters).encode(), digest_size=6).hexdigest()


def _invalid(text: str) -> RequestInvalidError:
    return RequestInvalidError([Violation("INVALID_PAGE_TOKEN", "page_token", text)])

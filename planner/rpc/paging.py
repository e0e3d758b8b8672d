"""How does a page token say where the next page begins?"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from planner.domain.errors import InvalidInput, Violation
from planner.services.ports import Page

if TYPE_CHECKING:
    from collections.abc import Sequence

    from google.protobuf.message import Message


PAGE: Final = 50
"""Rows of a page where a client does not say."""

LARGEST_PAGE: Final = 1000


class PageRequest(NamedTuple):
    """A page as a client asked for it; ``query`` names the filters that its token belongs to."""

    size: int
    after: tuple[Any, ...] | None
    query: str

    @property
    def fetch(self) -> Page:
        """Ask storage for one row more: it tells whether there is a next page."""
        return Page(self.size + 1, self.after)

    def cut(self, rows: Sequence[Any]) -> tuple[Sequence[Any], bool]:
        """Return the rows of this page, and whether more follow."""
        return rows[: self.size], len(rows) > self.size

    def token(self, *key: Any) -> str:
        """Write the token of the page after the row with this key."""
        text = json.dumps([self.query, list(key)], separators=(",", ":"))
        return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def page_of(request: Message, *, default: int, largest: int, key: tuple[type, ...]) -> PageRequest:
    """Read ``page_size`` and ``page_token``; raises InvalidInput with both if both are wrong.

    A token is bound to the other fields of the request: with other filters it is refused.
    """
    query = _query(request)
    size: int = getattr(request, "page_size", 0)
    token: str = getattr(request, "page_token", "")
    violations = []
    if size > largest:
        text = f"{size} is more than {largest}"
        violations.append(Violation("OUT_OF_RANGE", "page_size", text))
    after = None
    if token:
        after = _read(token, query, key)
        if after is None:
            text = "is not a token of this list with these filters"
            violations.append(Violation("BAD_PAGE_TOKEN", "page_token", text))
    if violations:
        raise InvalidInput(violations)
    return PageRequest(size or default, after, query)


def _read(token: str, query: str, kinds: tuple[type, ...]) -> tuple[Any, ...] | None:
    try:
        text = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
        bound, key = json.loads(text)
    except (binascii.Error, ValueError, TypeError, RecursionError):
        return None
    if bound != query or not isinstance(key, list) or len(key) != len(kinds):
        return None
    if any(type(item) is not kind for item, kind in zip(key, kinds, strict=True)):
        return None
    # SQL integers have 64 bits.
    if any(isinstance(item, int) and abs(item) >= 1 << 63 for item in key):
        return None
    return tuple(key)


def _query(request: Message) -> str:
    body = type(request)()
    body.CopyFrom(request)
    body.ClearField("page_size")
    body.ClearField("page_token")
    digest = hashlib.sha256(body.SerializeToString(deterministic=True))
    digest.update(request.DESCRIPTOR.full_name.encode())
    return digest.hexdigest()[:16]

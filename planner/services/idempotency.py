"""How does a repeated request get the first one's answer?"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from planner.domain.errors import InvalidInput, Violation
from planner.services.ports import LedgerEntry

if TYPE_CHECKING:
    from datetime import datetime

    from planner.services.ports import Work


class RequestKey(NamedTuple):
    """A client's request id, with what it must not be reused for: another method or body."""

    id: str
    method: str
    digest: str


def replayed(work: Work, key: RequestKey | None) -> str | None:
    """Return the resource that this very request made before, or None.

    Raises InvalidInput, ``REQUEST_ID_REUSED``, when the id was used for something else.
    """
    entry = work.ledger.find(key.id) if key else None
    if key is None or entry is None:
        return None
    if (entry.method, entry.digest) != (key.method, key.digest):
        violation = Violation(
            "REQUEST_ID_REUSED", "request_id", f"{key.id!r} was used for another {entry.method}"
        )
        raise InvalidInput([violation], reason="REQUEST_ID_REUSED")
    return entry.resource


def remember(work: Work, key: RequestKey | None, resource: str, now: datetime) -> None:
    """Write down what a request made; in the same commit as the work itself."""
    if key is not None:
        work.ledger.add(key.id, LedgerEntry(key.method, key.digest, resource), now)

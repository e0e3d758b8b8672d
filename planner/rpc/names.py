"""Which resource does a request name, and is what it says well-formed?"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Final

from planner.domain.errors import InvalidInput, Violation
from planner.services.idempotency import RequestKey

if TYPE_CHECKING:
    from google.protobuf.message import Message

ID: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}\Z")
UID: Final = re.compile(r"[1-9][0-9]{0,9}\Z")
TRANSACTION_ID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z")
REQUEST_ID: Final = re.compile(r"[A-Za-z0-9._:-]{1,128}\Z")

SHOWN: Final = 80
"""Most characters of a bad value that an error repeats."""

_FORMS: Final = {
    "releases": (ID, "1 to 63 of a-z 0-9 . _ -, a letter or digit first"),
    "clusters": (ID, "1 to 63 of a-z 0-9 . _ -, a letter or digit first"),
    "scenarios": (
        re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}\Z"),
        "1 to 128 of A-Z a-z 0-9 . _ -",
    ),
    "nodes": (UID, "the number of a node"),
    "transactions": (TRANSACTION_ID, "a UUID"),
}


class Fields:
    """Reads the fields of a request and collects everything that is wrong with them.

    Call ``check`` when all are read: it raises InvalidInput with every violation.
    """

    def __init__(self) -> None:
        self._violations: list[Violation] = []

    def resource(self, kind: str, value: str, field: str) -> str:
        """Read ``kind/id`` or a bare id; return the id."""
        prefix = f"{kind}/"
        bare = value.removeprefix(prefix)
        pattern, form = _FORMS[kind]
        if not value:
            self.violate("MISSING", field, "is needed")
        elif not pattern.match(bare):
            self.violate(
                "BAD_NAME", field, f"{_short(value)} is not {prefix}ID with an ID of {form}"
            )
        return bare

    def optional(self, kind: str, value: str, field: str) -> str | None:
        """Read a resource that may be absent."""
        return self.resource(kind, value, field) if value else None

    def violate(self, reason: str, field: str, message: str) -> None:
        """Note what is wrong with a field."""
        self._violations.append(Violation(reason, field, message))

    def collect(self, error: InvalidInput) -> None:
        """Note what was found elsewhere."""
        self._violations.extend(error.violations)

    def request_key(self, request: Message, method: str) -> RequestKey | None:
        """Read ``request_id``: None when the client gave none."""
        request_id: str = getattr(request, "request_id", "")
        if not request_id:
            return None
        if not REQUEST_ID.match(request_id):
            text = f"{_short(request_id)} is not 1 to 128 of A-Z a-z 0-9 . _ : -"
            self.violate("BAD_REQUEST_ID", "request_id", text)
            return None
        body = type(request)()
        body.CopyFrom(request)
        body.ClearField("request_id")
        content = hashlib.sha256(body.SerializeToString(deterministic=True)).hexdigest()
        return RequestKey(request_id, method, content)

    def check(self) -> None:
        """Raise InvalidInput when anything was wrong."""
        if self._violations:
            raise InvalidInput(self._violations)


def _short(value: str) -> str:
    return repr(value if len(value) <= SHOWN else f"{value[: SHOWN - 3]}...")

"""Which resource does a request name, and is what it says well-formed?"""

from __future__ import annotations

import hashlib
import ipaddress
import re
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from planner.domain.documents import parse_object
from planner.domain.errors import InvalidInput, Violation
from planner.domain.graph_layers import GraphKey
from planner.services.idempotency import RequestKey

if TYPE_CHECKING:
    from collections.abc import Collection, Sized

    from google.protobuf.field_mask_pb2 import FieldMask
    from google.protobuf.message import Message

ID: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}\Z")
UID: Final = re.compile(r"[1-9][0-9]{0,9}\Z")
TRANSACTION_ID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z")
GRAPH_NAME: Final = re.compile(
    r"(?P<owner>[a-z]+/[^/]+)(/plugins/(?P<plugin>[a-z0-9][a-z0-9._-]{0,62}))?"
    r"/graphs/(?P<type>[^/]{1,63})\Z"
)
OWNERS: Final = frozenset({"releases", "clusters"})
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
    "plugins": (ID, "1 to 63 of a-z 0-9 . _ -, a letter or digit first"),
    "graphs": (ID, "1 to 63 of a-z 0-9 . _ -, a letter or digit first"),
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

    def owner(self, value: str, field: str) -> str:
        """Read ``releases/id`` or ``clusters/id``; return it."""
        kind, _, _ = value.partition("/")
        if kind not in OWNERS:
            text = f"{_short(value)} is neither releases/ID nor clusters/ID"
            self.violate("BAD_NAME", field, text)
            return value
        return f"{kind}/{self.resource(kind, value, field)}"

    def graph(self, value: str, field: str) -> GraphKey:
        """Read the name of a graph."""
        match = GRAPH_NAME.match(value)
        if match is None:
            text = f"{_short(value)} is not OWNER/graphs/TYPE or OWNER/plugins/NAME/graphs/TYPE"
            self.violate("BAD_NAME", field, text)
            return GraphKey("", "", "")
        owner = self.owner(match["owner"], field)
        return GraphKey(owner, match["plugin"] or "", match["type"])

    def object(self, text: str, field: str) -> dict[str, Any]:
        """Read a JSON object; empty text is the empty one."""
        try:
            return parse_object(text, field)
        except InvalidInput as error:
            self.collect(error)
            return {}

    def address(self, text: str, field: str) -> str:
        """Read an IP address in its usual form; empty text stays empty."""
        if text:
            # A zone ("fe80::1%eth0") has a meaning on one machine only, and any length.
            with suppress(ValueError):
                if "%" not in text:
                    return str(ipaddress.ip_address(text))
            self.violate("BAD_ADDRESS", field, f"{_short(text)} is no IP address")
        return ""

    def count(self, items: Sized, most: int, field: str) -> None:
        """Check that there is something, and not too much of it."""
        if not items:
            self.violate("MISSING", field, "at least one is needed")
        elif len(items) > most:
            self.violate("TOO_MANY", field, f"{len(items)} are more than {most}")

    def mask(self, mask: FieldMask, allowed: Collection[str]) -> set[str]:
        """Read the fields that a mask names."""
        names = ", ".join(sorted(allowed))
        if not mask.paths:
            self.violate("MISSING", "update_mask", f"names no field; it may name {names}")
        for path in mask.paths:
            if path not in allowed:
                text = f"{_short(path)} is none of {names}"
                self.violate("BAD_MASK", "update_mask", text)
        return set(mask.paths)

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


def one_resource(kind: str, value: str, field: str) -> str:
    """Read a request that names one resource and says nothing else."""
    fields = Fields()
    resource = fields.resource(kind, value, field)
    fields.check()
    return resource


def _short(value: str) -> str:
    return repr(value if len(value) <= SHOWN else f"{value[: SHOWN - 3]}...")

"""Where are large values kept, once per distinct content?"""

from __future__ import annotations

import json
from collections import OrderedDict
from threading import Lock
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select

from planner.domain.documents import canonical, digest
from planner.storage.tables import documents
from planner.storage.upsert import insert_or_ignore

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sqlalchemy.engine import Connection

LOOKUP: Final = 500
"""How many digests one query asks for; SQLite limits the parameters of a statement."""


class ParsedDocuments:
    """A bounded, thread-safe cache of parsed documents by digest.

    A digest names its content for ever, so nothing here can be stale. Readers must not change
    what they are given.
    """

    def __init__(self, capacity: int = 20_000) -> None:
        self._capacity = capacity
        self._values: OrderedDict[str, Any] = OrderedDict()
        self._lock = Lock()

    def get(self, key: str) -> Any | None:
        """Return the parsed document, or None."""
        with self._lock:
            value = self._values.get(key)
            if value is not None:
                self._values.move_to_end(key)
            return value

    def put(self, key: str, value: Any) -> None:
        """Keep a parsed document, forgetting the one not used for longest when full."""
        with self._lock:
            self._values[key] = value
            if len(self._values) > self._capacity:
                self._values.popitem(last=False)


class DocumentRows:
    """The documents table within one unit of work."""

    def __init__(self, connection: Connection, cache: ParsedDocuments) -> None:
        self._connection = connection
        self._cache = cache

    def put(self, values: Iterable[Any]) -> list[str]:
        """Keep JSON values; return their digests, in order."""
        return self.put_texts([canonical(value) for value in values])

    def put_texts(self, texts: Iterable[str]) -> list[str]:
        """Keep canonical texts; return their digests, in order."""
        texts = list(texts)
        digests = [digest(body) for body in texts]
        bodies = dict(zip(digests, texts, strict=True))
        rows = [{"digest": key, "body": body} for key, body in sorted(bodies.items())]
        insert_or_ignore(self._connection, documents, rows)
        return digests

    def get(self, digests: Iterable[str]) -> Mapping[str, Any]:
        """Return the parsed documents by digest."""
        wanted = set(digests)
        found = {key: self._cache.get(key) for key in wanted}
        missing = sorted(key for key, value in found.items() if value is None)
        for start in range(0, len(missing), LOOKUP):
            keys = missing[start : start + LOOKUP]
            query = select(documents.c.digest, documents.c.body).where(documents.c.digest.in_(keys))
            for key, body in self._connection.execute(query):
                found[key] = json.loads(body)
                self._cache.put(key, found[key])
        return found

"""What is sent of a transaction's log, made once for all who watch?"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from typing import TYPE_CHECKING, Final, NamedTuple

from planner.rpc.records import write_events
from planner.services.transactions import read_events

if TYPE_CHECKING:
    from collections.abc import Sequence

    from planner.services.ports import Store
    from planner.v1.transaction_service_pb2 import WatchTransactionResponse

WINDOW: Final = 5000
"""About how many events one look at the log reads."""

PER_RESPONSE: Final = 1000
"""How many events travel in one response: far below 4 MiB."""

KEPT_EVENTS: Final = 50_000
"""About how many events are kept ready, of all transactions: some 20 MB."""


class Page(NamedTuple):
    """Responses with consecutive events, the last with ``last_sequence``."""

    responses: Sequence[WatchTransactionResponse]
    last_sequence: int


class EventPages:
    """Pages of logs, each read and written once for all watchers; belongs to one event loop.

    What is recorded never changes, so a page that is kept cannot be stale. A watcher that lags
    behind what is kept reads by itself.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._pages: OrderedDict[tuple[int, int], asyncio.Future[Page]] = OrderedDict()
        self._kept = 0

    async def after(self, transaction: int, after: int, last: int) -> Page:
        """Return about WINDOW events after a sequence; ``last`` is the newest one known.

        Raises OutOfRange, ``EVENTS_TRIMMED``, when what follows ``after`` is no longer kept.
        """
        key = (transaction, after)
        page = self._pages.get(key)
        if page is None:
            reading = asyncio.to_thread(self._read, transaction, after, last)
            page = self._pages[key] = asyncio.ensure_future(reading)
            page.add_done_callback(lambda done: self._keep(key, done))
        # Who goes away must not take the page away from the others.
        return await asyncio.shield(page)

    def _keep(self, key: tuple[int, int], page: asyncio.Future[Page]) -> None:
        if page.cancelled() or page.exception() is not None:
            del self._pages[key]
            return
        self._kept += page.result().last_sequence - key[1]
        while self._kept > KEPT_EVENTS:
            oldest, kept = next(item for item in self._pages.items() if item[1].done())
            self._kept -= kept.result().last_sequence - oldest[1]
            del self._pages[oldest]

    def _read(self, transaction: int, after: int, last: int) -> Page:
        blocks = read_events(self._store, transaction, after, last, WINDOW)
        return Page(write_events(blocks, after, PER_RESPONSE), blocks[-1].last_sequence)

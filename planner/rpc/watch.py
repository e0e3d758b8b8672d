"""How is a transaction watched? Subscribe first, then read, then wait for the bell."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Final

from google.protobuf.timestamp_pb2 import Timestamp

from planner.domain.errors import Unavailable
from planner.rpc.event_pages import EventPages
from planner.rpc.records import write_transaction
from planner.rpc.shared_reads import SharedReads
from planner.services.transactions import TransactionView, check_reached, get_transaction
from planner.v1 import transaction_service_pb2 as pb

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from datetime import datetime

    from planner.services.bell import LocalBell
    from planner.services.ports import Store

LOOK_S: Final = 1.0
"""How often the log is looked at without a ring: another process may have written it."""

BOOKMARK_S: Final = 10.0
"""After how much silence a watcher is told that it has missed nothing."""


class Watcher:
    """Streams transactions to any number of watchers; each follows the log at its own pace."""

    def __init__(self, store: Store, bell: LocalBell, now: Callable[[], datetime]) -> None:
        self._bell = bell
        self._now = now
        self._views: SharedReads[str, TransactionView] = SharedReads(
            lambda transaction: get_transaction(store, transaction)
        )
        self._pages = EventPages(store)
        self._draining = asyncio.Event()

    def drain(self) -> None:
        """End every stream with UNAVAILABLE, so that its client watches elsewhere."""
        self._draining.set()

    async def watch(
        self, transaction: str, after: int | None
    ) -> AsyncIterator[pb.WatchTransactionResponse]:
        """Stream a snapshot (or what follows ``after``), events, and one ``finished``."""
        with self._bell.listen(transaction) as news:
            view = await self._views.get(transaction)
            if after is None:
                yield pb.WatchTransactionResponse(snapshot=write_transaction(view))
                after = view.transaction.last_sequence
            check_reached(after, view.transaction.last_sequence)
            told = time.monotonic()
            while True:
                last = view.transaction.last_sequence
                # What is read may run ahead of what was the newest when we looked.
                while after < last:
                    page = await self._pages.after(view.transaction.number, after, last)
                    for response in page.responses:
                        yield response
                    after = page.last_sequence
                    told = time.monotonic()
                if view.transaction.state.is_final:
                    yield pb.WatchTransactionResponse(finished=write_transaction(view))
                    return
                if time.monotonic() - told > BOOKMARK_S:
                    yield self._bookmark(after)
                    told = time.monotonic()
                if self._draining.is_set():
                    raise Unavailable("DRAINING", "this planner is shutting down; watch again")
                await news.wait(LOOK_S)
                view = await self._views.get(transaction)

    async def wait(self, transaction: str, timeout_s: float) -> TransactionView:
        """Wait until a transaction is done, at most ``timeout_s``; return it as it then stands."""
        deadline = time.monotonic() + timeout_s
        with self._bell.listen(transaction) as news:
            while True:
                view = await self._views.get(transaction)
                left = deadline - time.monotonic()
                if view.transaction.state.is_final or left <= 0 or self._draining.is_set():
                    return view
                await news.wait(min(left, LOOK_S))

    def _bookmark(self, last_sequence: int) -> pb.WatchTransactionResponse:
        stamp = Timestamp()
        stamp.FromDatetime(self._now())
        return pb.WatchTransactionResponse(
            bookmark=pb.WatchBookmark(last_sequence=last_sequence, time=stamp)
        )

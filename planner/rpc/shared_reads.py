"""How do many who ask the same question at the same time share one read?"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

Key = TypeVar("Key", bound="Hashable")
Answer = TypeVar("Answer")


class SharedReads(Generic[Key, Answer]):
    """Reads in threads, one at a time a key; belongs to one event loop.

    Who asks while a read goes on shares the next one with all who do so, because the one that
    goes on may have begun before the news. So a hundred watchers of one transaction cost two
    reads a ring, not a hundred.
    """

    def __init__(self, read: Callable[[Key], Answer]) -> None:
        self._read = read
        self._running: dict[Key, asyncio.Future[Answer]] = {}
        self._waiting: dict[Key, asyncio.Future[Answer]] = {}

    async def get(self, key: Key) -> Answer:
        """Return the answer of a read that began after this call; raises what it raises."""
        shared = self._waiting.get(key)
        if shared is None:
            shared = self._waiting[key] = asyncio.ensure_future(self._take_turn(key))
        # Who goes away must not take the answer away from the others.
        return await asyncio.shield(shared)

    async def _take_turn(self, key: Key) -> Answer:
        if key in self._running:
            await asyncio.wait([self._running[key]])
        turn = self._running[key] = self._waiting.pop(key)
        try:
            return await asyncio.to_thread(self._read, key)
        finally:
            if self._running[key] is turn:
                del self._running[key]

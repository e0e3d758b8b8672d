"""Who is told, within this process, that there is news (architecture law 3)?"""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(eq=False, slots=True)
class Listener:
    """Waits for a ring. A ring between two waits is not lost."""

    _loop: asyncio.AbstractEventLoop
    _event: asyncio.Event = field(default_factory=asyncio.Event)

    async def wait(self, seconds: float) -> bool:
        """Wait for a ring, at most ``seconds``; tell whether there was one."""
        try:
            # asyncio.wait_for can lose a cancellation on Python 3.11; timeout() does not.
            async with asyncio.timeout(seconds):
                await self._event.wait()
        except TimeoutError:
            return False
        self._event.clear()
        return True

    def ring(self) -> None:
        """Wake the listener; safe from any thread, harmless when its loop has ended."""
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._event.set)


class LocalBell:
    """A bell within one process; carries no payload: who hears it reads the log."""

    def __init__(self) -> None:
        self._listeners: dict[str, set[Listener]] = {}
        self._lock = Lock()

    def ring(self, topic: str) -> None:
        """Wake who listens to this topic; safe from any thread."""
        with self._lock:
            woken = list(self._listeners.get(topic, ()))
        for listener in woken:
            listener.ring()

    @contextmanager
    def listen(self, topic: str) -> Iterator[Listener]:
        """Listen within the running event loop until the context ends."""
        listener = Listener(asyncio.get_running_loop())
        with self._lock:
            self._listeners.setdefault(topic, set()).add(listener)
        try:
            yield listener
        finally:
            with self._lock:
                listeners = self._listeners[topic]
                listeners.discard(listener)
                if not listeners:
                    del self._listeners[topic]

"""How does a watcher learn that there is something new, without being told what?"""

from __future__ import annotations

import asyncio
from collections import defaultdict


class Bells:
    """One payload-free bell an execution; belongs to the event loop.

    Take `pending` first, read what there is, then wait for it: nothing rung in between is missed.
    """

    def __init__(self) -> None:
        self._events: defaultdict[str, asyncio.Event] = defaultdict(asyncio.Event)

    def pending(self, name: str) -> asyncio.Event:
        """Return an event that the next ring sets."""
        return self._events[name]

    def ring(self, name: str) -> None:
        """Wake everyone who waits for news of an execution."""
        event = self._events.pop(name, None)
        if event is not None:
            event.set()

    def ring_all(self) -> None:
        """Wake everyone."""
        for name in list(self._events):
            self.ring(name)

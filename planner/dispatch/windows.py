"""How is what arrives while something is recorded gathered, so that one commit records it all?"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterable

Part = TypeVar("Part")

AT_ONCE: Final = 4
"""Most responses in a window: of up to 5,000 events each, so that memory stays bounded."""


async def gathered(stream: AsyncIterable[Part]) -> AsyncGenerator[list[Part]]:
    """Yield what has arrived since the last time, in order; never nothing.

    What arrived before a stream broke is yielded before its error is raised. Close it when
    leaving early: it reads ahead.
    """
    arrived: asyncio.Queue[Part | None] = asyncio.Queue(AT_ONCE)
    reading = asyncio.create_task(_read(stream, arrived))
    try:
        while (part := await arrived.get()) is not None:
            window = [part]
            while not arrived.empty() and (part := arrived.get_nowait()) is not None:
                window.append(part)
            yield window
            if part is None:
                break
        await reading
    finally:
        reading.cancel()


async def _read(stream: AsyncIterable[Part], arrived: asyncio.Queue[Part | None]) -> None:
    """Put what a stream yields into a queue, then None; raise what the stream raises."""
    try:
        async for part in stream:
            await arrived.put(part)
    except Exception:
        await arrived.put(None)
        raise
    await arrived.put(None)

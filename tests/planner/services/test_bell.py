"""The bell wakes who listens, and carries nothing."""

from __future__ import annotations

import asyncio

from planner.services.bell import LocalBell

SOON, LONG = 0.001, 60


async def test_a_ring_wakes_every_listener_of_its_topic() -> None:
    """And nobody else."""
    bell = LocalBell()

    with bell.listen("a") as one, bell.listen("a") as two, bell.listen("b") as other:
        bell.ring("a")
        heard = [await one.wait(LONG), await two.wait(LONG), await other.wait(SOON)]

    assert heard == [True, True, False]


async def test_a_ring_between_two_waits_is_not_lost() -> None:
    """Many rings are one: who hears it reads the log."""
    bell = LocalBell()

    with bell.listen("a") as listener:
        bell.ring("a")
        bell.ring("a")
        heard = [await listener.wait(LONG), await listener.wait(SOON)]

    assert heard == [True, False]


async def test_a_ring_from_another_thread_is_heard() -> None:
    """Services run in threads."""
    bell = LocalBell()

    with bell.listen("a") as listener:
        await asyncio.to_thread(bell.ring, "a")

        assert await listener.wait(LONG)


async def test_nobody_is_left_listening_when_the_context_ends() -> None:
    """A ring for nobody is fine, and nothing is kept of who left."""
    bell = LocalBell()

    with bell.listen("a"):
        pass
    bell.ring("a")

    assert bell._listeners == {}


def test_a_ring_after_the_loop_has_ended_is_harmless() -> None:
    """A thread may ring while the service shuts down."""
    bell = LocalBell()

    async def listen() -> None:
        bell.listen("a").__enter__()

    asyncio.run(listen())

    bell.ring("a")

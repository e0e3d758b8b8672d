"""How fast does virtual time pass?

As fast as possible, by the real time, or only as far as someone lets it. Pace decides when things
happen, never what happens (decision 25).
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from orchestrator.simulate.scenario import ClockMode

if TYPE_CHECKING:
    from orchestrator.engine.ports import Clock, Run


class Pace:
    """The pace of one execution, from virtual time `now_ms` on.

    A stepped clock may go to `allowed_ms` without being asked to.
    """

    def __init__(
        self, mode: ClockMode, speed: float, clock: Clock, now_ms: int, allowed_ms: int = 0
    ) -> None:
        self.mode = mode
        self._clock = clock
        self._per_second = speed * 1000
        self._origin = clock.monotonic() - now_ms / self._per_second
        self._allowed_ms = max(now_ms, allowed_ms)

    def horizon_ms(self) -> int | None:
        """Return the virtual time reached by now; None where nothing holds it back."""
        match self.mode:
            case ClockMode.VIRTUAL:
                return None
            case ClockMode.REAL:
                return int((self._clock.monotonic() - self._origin) * self._per_second)
            case ClockMode.STEPPED:
                return self._allowed_ms

    def allow(self, by_ms: int) -> int:
        """Let a stepped clock go on; return the virtual time it may reach."""
        self._allowed_ms += by_ms
        return self._allowed_ms

    def is_due(self, run: Run) -> bool:
        """Tell whether something happens now."""
        due, horizon = run.next_due_ms(), self.horizon_ms()
        return due is not None and (horizon is None or due <= horizon)

    async def wait(self, run: Run, wake: asyncio.Event) -> None:
        """Wait until something is due, or `wake` is set."""
        due = run.next_due_ms()
        if self.mode is not ClockMode.REAL or due is None:
            await wake.wait()
            return
        seconds = max(0.0, self._origin + due / self._per_second - self._clock.monotonic())
        try:
            async with asyncio.timeout(seconds):
                await wake.wait()
        except TimeoutError:
            return

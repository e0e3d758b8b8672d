"""Where are plans made, without holding up what else the event loop does?"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from planner.services.planning import Planning, plan_next_step, plan_transaction

if TYPE_CHECKING:
    from planner.domain.transaction import Transaction

PLANNERS: Final = 1
"""How many plans are made at once: planning is work for a processor, not a wait."""


class PlanningDesk:
    """Makes plans in threads, a bounded number at a time, first come first served."""

    def __init__(self, planning: Planning) -> None:
        self._planning = planning
        self._free = asyncio.Semaphore(PLANNERS)

    async def plan(self, transaction: str) -> Transaction:
        """Plan a pending transaction."""
        async with self._free:
            return await asyncio.to_thread(plan_transaction, self._planning, transaction)

    async def plan_next(self, transaction: str) -> Transaction:
        """Plan the next step of a running transaction."""
        async with self._free:
            return await asyncio.to_thread(plan_next_step, self._planning, transaction)

"""Who works on which transaction?"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Final

from planner.domain.errors import Unavailable
from planner.domain.states import TransactionState
from planner.services import progress
from planner.services.ports import NEW_WORK

if TYPE_CHECKING:
    from planner.dispatch.courier import Courier
    from planner.dispatch.desk import PlanningDesk
    from planner.domain.transaction import Transaction
    from planner.services.bell import LocalBell
    from planner.services.ports import Store

logger = logging.getLogger(__name__)

LOOK_S: Final = 1.0
"""How often new transactions are looked for without a ring."""


class Dispatcher:
    """Plans every pending transaction and delivers every planned one, each in a task of its own.

    What it does is all in the database: one that starts takes up whatever was left unfinished.
    """

    def __init__(self, store: Store, bell: LocalBell, desk: PlanningDesk, courier: Courier) -> None:
        self._store = store
        self._bell = bell
        self._desk = desk
        self._courier = courier
        self._working: dict[str, asyncio.Task[None]] = {}

    async def run(self) -> None:
        """Work until cancelled; then the tasks end where they are."""
        try:
            with self._bell.listen(NEW_WORK) as news:
                while True:
                    await self._take_up()
                    await news.wait(LOOK_S)
        finally:
            working = list(self._working.values())
            for task in working:
                task.cancel()
            await asyncio.gather(*working, return_exceptions=True)

    async def _take_up(self) -> None:
        try:
            unfinished = await asyncio.to_thread(progress.unfinished, self._store)
        except Unavailable as error:
            logger.warning("looking for work: %s", error)
            return
        for transaction in unfinished:
            if transaction.id not in self._working:
                task = asyncio.create_task(self._work_on(transaction), name=transaction.id)
                self._working[transaction.id] = task
                task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        del self._working[task.get_name()]
        if not task.cancelled() and (error := task.exception()) is not None:
            # A bug: without a word here the transaction would seem to hang.
            logger.error("transaction %s: work on it broke off", task.get_name(), exc_info=error)

    async def _work_on(self, transaction: Transaction) -> None:
        if transaction.state is TransactionState.PENDING:
            await self._desk.plan(transaction.id)
        await self._courier.deliver(transaction.id)

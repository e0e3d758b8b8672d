"""Who works on which transaction?"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Final

from planner.domain.errors import Unavailable
from planner.domain.states import TransactionState
from planner.domain.transaction import Failure
from planner.services import progress
from planner.services.ports import NEW_WORK

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from planner.dispatch.courier import Courier
    from planner.dispatch.desk import PlanningDesk
    from planner.domain.transaction import Transaction
    from planner.services.bell import LocalBell
    from planner.services.ports import Store

logger = logging.getLogger(__name__)

MAX_BREAKS: Final = 5
"""How often work on a transaction may break off by a bug before the transaction fails."""

LOOK_S: Final = 1.0
"""How often new transactions are looked for without a ring."""


class Dispatcher:
    """Plans every pending transaction and delivers every planned one, each in a task of its own.

    What it does is all in the database: one that starts takes up whatever was left unfinished.
    """

    def __init__(
        self,
        store: Store,
        bell: LocalBell,
        desk: PlanningDesk,
        courier: Courier,
        now: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._bell = bell
        self._desk = desk
        self._courier = courier
        self._now = now
        self._working: dict[str, asyncio.Task[None]] = {}
        self._broken_off: dict[str, list[BaseException]] = {}

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
        transaction = task.get_name()
        del self._working[transaction]
        if task.cancelled():
            return
        error = task.exception()
        if error is None:
            self._broken_off.pop(transaction, None)
            return
        # A bug: without a word here the transaction would seem to hang.
        logger.error("transaction %s: work on it broke off", transaction, exc_info=error)
        self._broken_off.setdefault(transaction, []).append(error)

    async def _work_on(self, transaction: Transaction) -> None:
        errors = self._broken_off.get(transaction.id, ())
        if len(errors) >= MAX_BREAKS:
            await self._give_up(transaction, errors[-1])
            return
        if transaction.state is TransactionState.PENDING:
            await self._desk.plan(transaction.id)
        await self._courier.deliver(transaction.id)

    async def _give_up(self, transaction: Transaction, error: BaseException) -> None:
        """Fail a transaction that nobody can work on: none stays unfinished for ever."""
        text = f"work on it broke off {MAX_BREAKS} times, last by {type(error).__name__}: {error}"
        failure = Failure("INTERNAL_ERROR", text)
        await asyncio.to_thread(
            progress.fail_transaction,
            self._store,
            self._bell,
            transaction.id,
            failure,
            self._now(),
        )

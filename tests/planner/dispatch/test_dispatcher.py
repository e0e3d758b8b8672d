"""Who works on which transaction, and what becomes of one that nobody can work on."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, cast

from planner.dispatch.dispatcher import MAX_BREAKS, Dispatcher
from planner.domain.states import ClusterStatus, TransactionState
from planner.services.bell import LocalBell
from planner.services.changes import Change, apply_changes
from planner.services.transactions import get_transaction
from tests.planner.builders import NOW, a_cluster, a_node, a_release

if TYPE_CHECKING:
    from planner.dispatch.courier import Courier
    from planner.dispatch.desk import PlanningDesk
    from planner.storage.unit_of_work import SqlStore

TRANSACTION = "00000000-0000-4000-8000-000000000001"


class BrokenDesk:
    """A planning desk with a bug."""

    def __init__(self) -> None:
        self.asked = 0

    async def plan(self, transaction: str) -> None:
        """Break off."""
        self.asked += 1
        raise ZeroDivisionError(f"a bug met {transaction}")


async def test_a_transaction_that_nobody_can_work_on_fails(store: SqlStore) -> None:
    """After some tries it ends FAILED and says why; the cluster is as it was."""
    with store.write() as work:
        work.releases.put(a_release(), NOW)
        work.clusters.add(a_cluster())
        work.nodes.add([a_node("1", pending_roles=("controller",), pending_addition=True)])
    bell, desk = LocalBell(), BrokenDesk()
    change = Change(cluster="demo")
    apply_changes(store, bell, change, transaction=TRANSACTION, key=None, now=NOW)
    dispatcher = Dispatcher(
        store, bell, cast("PlanningDesk", desk), cast("Courier", None), lambda: NOW
    )

    with bell.listen(TRANSACTION) as news:
        running = asyncio.create_task(dispatcher.run())
        while not get_transaction(store, TRANSACTION).transaction.state.is_final:
            bell.ring("new-work")
            await news.wait(0.05)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    ended = get_transaction(store, TRANSACTION).transaction
    assert desk.asked == MAX_BREAKS
    assert ended.state is TransactionState.FAILED
    assert ended.failure is not None
    assert ended.failure.reason == "INTERNAL_ERROR"
    assert "a bug met" in ended.failure.message
    with store.read() as work:
        assert work.clusters.get("demo").status is ClusterStatus.NEW

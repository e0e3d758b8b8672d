"""How is what a transaction left undone done again?"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from planner.domain.retry import check_retry, remaining
from planner.domain.transaction import Transaction
from planner.services.acceptance import accept, check_idle
from planner.services.idempotency import RequestKey, remember, replayed
from planner.services.ports import NEW_WORK

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from planner.services.ports import Bell, Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """What a client wants retried; empty labels and scenario are those of the old one."""

    transaction: str
    labels: Mapping[str, str] = field(default_factory=dict)
    scenario: str = ""


def retry_transaction(
    store: Store,
    bell: Bell,
    retry: Retry,
    *,
    transaction: str,
    key: RequestKey | None,
    now: datetime,
) -> Transaction:
    """Accept a transaction that does again what another one has not brought about. Commits.

    Raises PreconditionFailed for one that is not done or succeeded, Conflict as apply_changes.
    """
    with store.write() as work:
        made = replayed(work, key)
        if made is not None:
            return work.transactions.get(made)
        cluster = work.clusters.lock(work.transactions.get(retry.transaction).cluster)
        old = work.transactions.lock(retry.transaction)
        check_retry(old)
        check_idle(work, cluster)
        steps = work.transactions.steps([old.number])[old.number]
        pending = Transaction(
            id=transaction,
            kind=old.kind,
            cluster=cluster.id,
            run_mode=old.run_mode,
            selection=remaining(old, steps),
            labels=retry.labels or old.labels,
            scenario=retry.scenario or old.scenario,
            retry_of=old.id,
            created_at=now,
        )
        accepted = accept(work, cluster, pending, now)
        remember(work, key, transaction, now)
    bell.ring(NEW_WORK)
    return accepted

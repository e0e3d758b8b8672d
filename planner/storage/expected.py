"""How is it kept what each task last succeeded with (decisions 7, 8)?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import insert, select

from planner.domain.graph.state import NEVER_RAN, OldStateBuilder
from planner.storage.bulk import BulkStatement, write_rows
from planner.storage.tables import expected_states, task_successes, transactions

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sqlalchemy.engine import Connection

    from planner.domain.graph.state import OldState
    from planner.storage.documents import DocumentRows

SHARED: Final = ""
"""Stands in the place of a uid for the part of the state that all nodes share."""

_SUCCEEDED: Final = BulkStatement(
    each='INSERT INTO task_successes (cluster, uid, task, "transaction", step)'
    " VALUES (?, ?, ?, ?, ?) ON CONFLICT (cluster, uid, task)"
    ' DO UPDATE SET "transaction" = excluded."transaction", step = excluded.step',
    at_once='INSERT INTO task_successes (cluster, uid, task, "transaction", step)'
    " SELECT * FROM unnest(%s::text[], %s::text[], %s::text[], %s::bigint[], %s::int[])"
    " ON CONFLICT (cluster, uid, task)"
    ' DO UPDATE SET "transaction" = excluded."transaction", step = excluded.step',
)


class ExpectedStateRows:
    """The expected_states and task_successes tables within one unit of work."""

    def __init__(self, connection: Connection, documents: DocumentRows) -> None:
        self._connection = connection
        self._documents = documents

    def put(self, transaction: int, step: int, common: str, nodes: Mapping[str, str]) -> None:
        """Keep the canonical texts a step is planned with: the common one and one a node."""
        uids = [SHARED, *nodes]
        digests = self._documents.put_texts([common, *nodes.values()])
        rows = [
            {"transaction": transaction, "step": step, "uid": uid, "document": document}
            for uid, document in zip(uids, digests, strict=True)
        ]
        self._connection.execute(insert(expected_states), rows)

    def record_success(
        self, cluster: str, transaction: int, step: int, runs: Iterable[tuple[str, str]]
    ) -> None:
        """Remember that (uid, task) last succeeded in this step."""
        rows = [(cluster, uid, task, transaction, step) for uid, task in runs]
        write_rows(self._connection, _SUCCEEDED, rows)

    def last_success(self, cluster: str, uid: str, task: str) -> str:
        """Return the id of the transaction in which a task last succeeded; empty: in none."""
        c = task_successes.c
        query = (
            select(transactions.c.id)
            .join(task_successes, transactions.c.number == c.transaction)
            .where(c.cluster == cluster, c.uid == uid, c.task == task)
        )
        return self._connection.execute(query).scalar() or ""

    def old_state(self, cluster: str, forget: Iterable[str]) -> OldState:
        """Return what each (uid, task) last succeeded with; nothing for uids in ``forget``."""
        c = task_successes.c
        query = select(c.uid, c.task, c.transaction, c.step).where(c.cluster == cluster)
        forgotten = set(forget)
        found = [row for row in self._connection.execute(query) if row.uid not in forgotten]
        if not found:
            return NEVER_RAN
        states = self._states({row.transaction for row in found})
        contents = self._documents.get(
            digest for state in states.values() for digest in state.values()
        )
        builder = OldStateBuilder(sorted({row.uid for row in found}))
        for uid, task, transaction, step in found:
            state = states[transaction, step]
            if uid in state:
                common, node = (
                    builder.document(contents[digest], key=digest)
                    for digest in (state[SHARED], state[uid])
                )
                builder.succeeded(task, uid, common, node)
        return builder.build()

    def _states(self, transactions: Iterable[int]) -> Mapping[tuple[int, int], dict[str, str]]:
        """Return the digests of each step's documents, by uid."""
        c = expected_states.c
        query = select(c.transaction, c.step, c.uid, c.document).where(
            c.transaction.in_(sorted(transactions))
        )
        states: dict[tuple[int, int], dict[str, str]] = {}
        for transaction, step, uid, document in self._connection.execute(query):
            states.setdefault((transaction, step), {})[uid] = document
        return states

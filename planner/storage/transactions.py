"""How are transactions and their steps kept?"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, select, update

from planner.domain.errors import NotFound
from planner.storage.records import (
    step_from_row,
    step_values,
    transaction_from_row,
    transaction_values,
)
from planner.storage.tables import steps, transactions
from planner.storage.upsert import inserted_number

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sqlalchemy import Select
    from sqlalchemy.engine import Connection

    from planner.domain.states import TransactionState
    from planner.domain.transaction import Step, Transaction
    from planner.services.ports import Page


class TransactionRows:
    """The transactions and steps tables within one unit of work."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self, transaction: str) -> Transaction:
        """Return it or raise NotFound."""
        return self._one(_by_id(transaction), transaction)

    def lock(self, transaction: str) -> Transaction:
        """Return it locked until the work ends; after its cluster (law 13)."""
        return self._one(_by_id(transaction).with_for_update(), transaction)

    def active(self, cluster: str) -> Transaction | None:
        """Return the unfinished transaction of a cluster."""
        query = select(transactions).where(
            transactions.c.cluster == cluster, transactions.c.finished_at.is_(None)
        )
        row = self._connection.execute(query).first()
        return transaction_from_row(row) if row is not None else None

    def active_of(self, clusters: Iterable[str]) -> Mapping[str, str]:
        """Map each cluster that has one to the id of its unfinished transaction."""
        query = select(transactions.c.cluster, transactions.c.id).where(
            transactions.c.cluster.in_(list(clusters)), transactions.c.finished_at.is_(None)
        )
        return {row.cluster: row.id for row in self._connection.execute(query)}

    def add(self, transaction: Transaction) -> Transaction:
        """Insert it and return it with its number."""
        values = {
            **transaction_values(transaction),
            "id": transaction.id,
            "kind": transaction.kind,
            "cluster": transaction.cluster,
            "scope": f"cluster:{transaction.cluster}",
            "created_at": transaction.created_at,
        }
        result = self._connection.execute(insert(transactions).values(values))
        return replace(transaction, number=inserted_number(result))

    def save(self, transaction: Transaction) -> None:
        """Write its present values."""
        self._connection.execute(
            update(transactions)
            .where(transactions.c.number == transaction.number)
            .values(transaction_values(transaction))
        )

    def page(
        self, page: Page, cluster: str | None, state: TransactionState | None
    ) -> Sequence[Transaction]:
        """List newest first, keyed by number."""
        query = select(transactions).order_by(transactions.c.number.desc())
        if cluster is not None:
            query = query.where(transactions.c.cluster == cluster)
        if state is not None:
            query = query.where(transactions.c.state == state)
        if page.after is not None:
            query = query.where(transactions.c.number < page.after[0])
        return [
            transaction_from_row(row) for row in self._connection.execute(query.limit(page.size))
        ]

    def unfinished(self) -> Sequence[Transaction]:
        """List every transaction that has not ended, oldest first."""
        query = (
            select(transactions)
            .where(transactions.c.finished_at.is_(None))
            .order_by(transactions.c.number)
        )
        return [transaction_from_row(row) for row in self._connection.execute(query)]

    def steps(self, numbers: Iterable[int]) -> Mapping[int, Sequence[Step]]:
        """Return the steps of transactions by number, in order."""
        found: dict[int, list[Step]] = {number: [] for number in numbers}
        query = (
            select(steps)
            .where(steps.c.transaction.in_(list(found)))
            .order_by(steps.c.transaction, steps.c.position)
        )
        for row in self._connection.execute(query):
            found[row.transaction].append(step_from_row(row))
        return found

    def add_steps(self, transaction: int, new: Sequence[Step]) -> None:
        """Insert the steps of a transaction."""
        rows = [
            {
                **step_values(step),
                "transaction": transaction,
                "position": step.position,
                "kind": step.kind,
                "method": step.method,
                "execution": step.execution,
                "graph_type": step.graph_type,
                "weight": step.weight,
            }
            for step in new
        ]
        if rows:
            self._connection.execute(insert(steps), rows)

    def save_step(self, transaction: int, step: Step) -> None:
        """Write a step's present values."""
        self._connection.execute(
            update(steps)
            .where(steps.c.transaction == transaction, steps.c.position == step.position)
            .values(step_values(step))
        )

    def _one(self, query: Select[Any], name: str) -> Transaction:
        row = self._connection.execute(query).first()
        if row is None:
            raise NotFound("transaction", name)
        return transaction_from_row(row)


def _by_id(transaction: str) -> Select[Any]:
    return select(transactions).where(transactions.c.id == transaction)

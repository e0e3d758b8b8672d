"""What of a finished transaction is still to be done, and what is not done again?"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np

from planner.domain.errors import PreconditionFailed
from planner.domain.graph.task_graph import Reason, TaskDefinition, TaskGraph
from planner.domain.states import StepState, TransactionState

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from planner.domain.transaction import Selection, Step, Transaction

SUCCEEDED: Final = Reason("ALREADY_SUCCEEDED", "it ended well in the transaction that is retried")
SKIPPED: Final = TaskDefinition("skipped", fail_on_error=False, parameters=None)


def check_retry(transaction: Transaction) -> None:
    """Raise PreconditionFailed unless something of the transaction is left to be done."""
    subject = f"transactions/{transaction.id}"
    if not transaction.state.is_final:
        text = f"transaction {transaction.id} is {transaction.state}; it can be retried when done"
        raise PreconditionFailed("TRANSACTION_NOT_DONE", subject, text)
    if transaction.state is TransactionState.SUCCEEDED:
        raise _nothing_to_retry(transaction, "it succeeded")


def remaining(transaction: Transaction, steps: Sequence[Step]) -> Selection:
    """Narrow a sequence to the graphs that have not succeeded; its steps are in their order.

    Raises PreconditionFailed where all have: the stop came too late to change anything.
    """
    selection = transaction.selection
    done = {step.position for step in steps if step.state is StepState.SUCCEEDED}
    left = tuple(graph for at, graph in enumerate(selection.graphs) if at not in done)
    if selection.graphs and not left:
        raise _nothing_to_retry(transaction, "every graph of it succeeded")
    return replace(selection, graphs=left)


def _nothing_to_retry(transaction: Transaction, why: str) -> PreconditionFailed:
    text = f"transaction {transaction.id}: {why}; there is nothing to retry"
    return PreconditionFailed("NOTHING_TO_RETRY", f"transactions/{transaction.id}", text)


def skip_succeeded(graph: TaskGraph, succeeded: Collection[tuple[str, str]]) -> TaskGraph:
    """Skip the instances whose (uid, task) succeeded already; they keep their edges."""
    if not succeeded:
        return graph
    places = zip(graph.node.tolist(), graph.task.tolist(), strict=True)
    done = np.array(
        [(graph.uids[node], graph.task_ids[task]) in succeeded for node, task in places],
        dtype=np.bool_,
    )
    return replace(
        graph,
        definitions=(*graph.definitions, SKIPPED),
        reasons=(*graph.reasons, SUCCEEDED),
        definition=np.where(done, len(graph.definitions), graph.definition).astype(np.int32),
        reason=np.where(done, len(graph.reasons), graph.reason).astype(np.int32),
    )

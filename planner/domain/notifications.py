"""What are people told without asking, and how often (dossier 10.3-10.5)?"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from planner.domain.events import NodeChanged
from planner.domain.redaction import redact
from planner.domain.states import NodeStatus, TransactionState
from planner.domain.transaction import StepKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from planner.domain.events import Event
    from planner.domain.node import Node
    from planner.domain.transaction import Step, Transaction

NAMED_NODES: Final = 20
"""Most nodes that a text names."""


class Topic(StrEnum):
    """What kind of news it is (dossier 1)."""

    DONE = "done"
    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    """One piece of news for people; never holds a secret (law 11).

    ``number`` orders them; ``node`` is empty where it is not about a single one.
    """

    topic: Topic
    message: str
    cluster: str
    transaction: str
    node: str = ""
    number: int = 0
    created_at: datetime | None = None


def of_nodes(
    transaction: Transaction, step: Step, events: Iterable[Event], nodes: Mapping[str, Node]
) -> Iterator[Notification]:
    """Tell of each node that failed while it was deployed.

    ``events`` are those of one window. A node is told once: only the report that turns it into a
    failed one makes an event. A provisioning that fails is told as a whole (dossier 10.5).
    """
    if step.kind is StepKind.PROVISION:
        return
    failed = {
        event.uid: event.error_message
        for event in events
        if isinstance(event, NodeChanged) and event.status is NodeStatus.ERROR
    }
    for uid, error in failed.items():
        name = nodes[uid].hostname if uid in nodes else uid
        yield _about(transaction, Topic.ERROR, f"node {name} failed: {error or 'no reason'}", uid)


def of_end(transaction: Transaction, nodes: Sequence[Node]) -> Iterator[Notification]:
    """Tell how a transaction ended; ``nodes`` are those it worked on."""
    what = f"{transaction.kind.label} of cluster {transaction.cluster}"
    if transaction.state is TransactionState.STOPPED:
        yield from _of_stop(transaction, what, nodes)
    elif transaction.state is TransactionState.SUCCEEDED:
        yield _about(transaction, Topic.DONE, f"{what} is done")
    elif not _is_refused(transaction):
        yield _about(transaction, Topic.ERROR, f"{what} failed{_because(transaction)}")


def _is_refused(transaction: Transaction) -> bool:
    """Tell whether a classic change ended before it began: who asked for it sees why (recorded)."""
    return transaction.started_at is None and not transaction.selection.graphs


def _of_stop(transaction: Transaction, what: str, nodes: Sequence[Node]) -> Iterator[Notification]:
    lost = [node.hostname for node in nodes if not node.online]
    if lost:
        text = f"these nodes could not be reached while {what} was stopped: {_names(lost)}"
        yield _about(transaction, Topic.WARNING, text)
    if transaction.failure is not None:
        text = f"{what} failed before it was stopped{_because(transaction)}"
        yield _about(transaction, Topic.ERROR, text)
    else:
        yield _about(transaction, Topic.DONE, f"{what} was stopped")


def _because(transaction: Transaction) -> str:
    """Give the reason up to the first blank line: what follows are details (dossier 10.5)."""
    if transaction.failure is None:
        return ""
    first, _, _ = transaction.failure.message.partition("\n\n")
    return f": {first}"


def _names(names: Sequence[str]) -> str:
    more = f" and {len(names) - NAMED_NODES} more" if len(names) > NAMED_NODES else ""
    return f"{', '.join(names[:NAMED_NODES])}{more}"


def _about(transaction: Transaction, topic: Topic, message: str, node: str = "") -> Notification:
    return Notification(
        topic=topic,
        message=str(redact(message)),
        cluster=transaction.cluster,
        transaction=transaction.id,
        node=node,
    )

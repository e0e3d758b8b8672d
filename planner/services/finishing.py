"""How is the end of a transaction stored?"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from planner.domain.events import Event, NodeChanged, StepChanged, TransactionChanged
from planner.domain.notifications import of_end
from planner.domain.states import NodeStatus, TaskState
from planner.domain.transaction import Stats

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from planner.domain.node import Node
    from planner.domain.outcome import Outcome
    from planner.domain.transaction import Transaction
    from planner.services.ports import Work

NAMED_NODES = 1000
"""Most failed nodes that a transaction names."""


def store_outcome(work: Work, outcome: Outcome, now: datetime) -> Transaction:
    """Write the final records of a transaction and its last events within a unit of work."""
    number = outcome.transaction.number
    present = {step.position: step for step in work.transactions.steps([number])[number]}
    events: list[Event] = []
    for step in outcome.steps:
        if step != present[step.position]:
            work.transactions.save_step(number, step)
            events.append(
                StepChanged(step.position, step.kind, step.state, step.progress, step.failure)
            )
    work.nodes.save_state(replace(node, updated_at=now) for node in outcome.nodes)
    events.extend(_node_changed(node) for node in outcome.nodes)
    work.clusters.save(replace(outcome.cluster, updated_at=now))
    work.history.end_unfinished(number, TaskState.NOT_RUN)
    ended = replace(outcome.transaction, finished_at=now, stats=_stats(work, outcome))
    events.append(TransactionChanged(ended.state, ended.progress, "", ended.failure))
    ended = work.log.append(ended, events, now)
    work.transactions.save(ended)
    work.actions.close(ended, now)
    work.notifications.add(of_end(ended, _touched(work, outcome)), now)
    return ended


def _touched(work: Work, outcome: Outcome) -> Sequence[Node]:
    """Return the nodes that a transaction worked on, as they are now; none unless it is real."""
    if not outcome.transaction.is_real:
        return ()
    return list(work.nodes.find({uid for step in outcome.steps for uid in step.uids}).values())


def _stats(work: Work, outcome: Outcome) -> Stats:
    failed = [node.uid for node in _touched(work, outcome) if node.status is NodeStatus.ERROR]
    return Stats(
        task_runs=work.history.counts(outcome.transaction.number),
        failed_nodes=tuple(sorted(failed, key=int)[:NAMED_NODES]),
        elapsed_ms=sum(step.elapsed_ms for step in outcome.steps),
    )


def _node_changed(node: Node) -> NodeChanged:
    return NodeChanged(node.uid, node.status, node.progress, node.error_type, node.error_message)

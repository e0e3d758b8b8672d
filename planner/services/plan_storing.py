"""How is a plan stored: steps, history, expected states, messages, and what nodes become?"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from planner.domain.allocation import AllocatedField, Allocation, allocate
from planner.domain.events import NodeChanged
from planner.domain.messages import (
    SEQUENCE_RESPONSE,
    ExecuteTasksMessage,
    TaskDeployMessage,
)
from planner.domain.node_updates import (
    begin_deletion,
    begin_deployment,
    begin_graph,
    begin_provisioning,
)
from planner.domain.transaction import Step, StepKind
from planner.services.ports import Batch, Envelope

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from planner.domain.events import Event
    from planner.domain.node import Node
    from planner.domain.planned import PlannedStep
    from planner.domain.transaction import Transaction
    from planner.services.ports import MessageCodec, Work

_BEGIN: Mapping[StepKind, Callable[[Node], Node]] = {
    StepKind.DELETION: begin_deletion,
    StepKind.PROVISION: begin_provisioning,
    StepKind.DEPLOYMENT: begin_deployment,
}
"""What a classic message does to its nodes when it is sent; graphs say it themselves."""


def step_record(position: int, planned: PlannedStep, execution: str) -> Step:
    """Make the record of a planned step."""
    return Step(
        position=position,
        kind=planned.kind,
        method=planned.method,
        execution=execution,
        graph_type=planned.graph_type,
        uids=planned.uids,
        weight=planned.weight,
        task_run_count=planned.task_run_count,
        is_planned=planned.message is not None,
    )


def encode(
    codec: MessageCodec, planned: Sequence[tuple[int, PlannedStep, str]]
) -> Sequence[Envelope]:
    """Encode the messages of steps that are planned; those for later have none."""
    return [
        Envelope(position, codec.encode(step.message, execution))
        for position, step, execution in planned
        if step.message is not None
    ]


def store_step(work: Work, transaction: Transaction, position: int, planned: PlannedStep) -> None:
    """Store a step's history rows and what it is planned with."""
    if isinstance(planned.message, TaskDeployMessage):
        work.history.add(transaction.number, position, _runs(planned.message))
    if planned.state is not None:
        work.expected.put(transaction.number, position, planned.state.common, planned.state.nodes)


def store_batch(
    work: Work,
    transaction: Transaction,
    batch: str,
    envelopes: Sequence[Envelope],
    now: datetime,
) -> None:
    """Put messages into the outbox."""
    if envelopes:
        labels, scenario = transaction.labels, transaction.scenario
        work.outbox.add(transaction, Batch(batch, transaction.id, envelopes, labels, scenario), now)


def store_nodes(
    work: Work,
    nodes: Sequence[Node],
    steps: Sequence[PlannedStep],
    allocations: Sequence[Allocation],
    now: datetime,
) -> list[Event]:
    """Store what a plan allocates and mark the nodes that its messages work on.

    Returns an event for each node whose status changes.
    """
    before = {node.uid: node for node in nodes}
    after = allocate(before, allocations)
    for step in steps:
        begin, uids = _beginning(step)
        after.update({uid: begin(after[uid]) for uid in uids if uid in after})
    changed = [node for uid, node in after.items() if node != before[uid]]
    work.nodes.save_state(replace(node, updated_at=now) for node in changed)
    return [
        NodeChanged(node.uid, node.status, node.progress, node.error_type, node.error_message)
        for node in changed
        if node.status is not before[node.uid].status
    ]


def store_cluster(work: Work, cluster: str, allocations: Sequence[Allocation]) -> None:
    """Store the virtual addresses that a plan allocates; the cluster must be locked."""
    for allocation in allocations:
        if allocation.field is AllocatedField.VIPS:
            work.clusters.save(replace(work.clusters.get(cluster), vips=allocation.value))


def _beginning(step: PlannedStep) -> tuple[Callable[[Node], Node], Iterable[str]]:
    """Tell what a step that is about to be sent does to which nodes."""
    message = step.message
    if isinstance(message, TaskDeployMessage) and message.respond_to == SEQUENCE_RESPONSE:
        # A node on which nothing runs is never reported: it must not be left at the beginning.
        return begin_graph, [message.graph.uids[node] for node in set(message.graph.node.tolist())]
    begin = _BEGIN.get(step.kind)
    if begin is None or message is None or isinstance(message, ExecuteTasksMessage):
        return begin_graph, ()
    return begin, step.uids


def _runs(message: TaskDeployMessage) -> Iterator[tuple[int, str, str, str]]:
    """Name every task run of a graph: skipped tasks and the sync node included (dossier 4.2)."""
    graph = message.graph
    types = [definition.type for definition in graph.definitions]
    columns = zip(graph.node.tolist(), graph.task.tolist(), graph.definition.tolist(), strict=True)
    for instance, (node, task, definition) in enumerate(columns):
        yield instance, graph.uids[node], graph.task_ids[task], types[definition]

"""How are graphs planned that run one after another (dossier 9, decisions 4, 5)?"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from planner.domain.addresses import propose_addresses
from planner.domain.errors import Violation
from planner.domain.facts import expected_state, has_replaced_data
from planner.domain.graph.findings import Findings
from planner.domain.graph.node_filter import select_nodes
from planner.domain.messages import SEQUENCE_RESPONSE, NodeTransitions
from planner.domain.node_selection import NodeReason, choose_nodes
from planner.domain.planned import (
    NodeAction,
    Plan,
    PlannedNode,
    PlannedStep,
    Snapshot,
    finish_plan,
)
from planner.domain.preflight import check
from planner.domain.states import RunMode
from planner.domain.tagging import tag_nodes
from planner.domain.task_step import TaskStep, plan_task_step
from planner.domain.transaction import StepKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from planner.domain.allocation import Allocation
    from planner.domain.node import Node
    from planner.domain.transaction import GraphRun, Selection


def plan_graphs(snapshot: Snapshot, selection: Selection, run_mode: RunMode) -> Plan:
    """Plan the first graph of a sequence; the others are planned when they are reached.

    Pre-flight is that of a classic change (decision 4), unless the selection is unchecked. An
    offline node that would take part is a violation in any case, never dropped silently.
    """
    first, *following = selection.graphs
    violations = _check(snapshot, selection)
    uids = _uids(snapshot, first)
    planned = [_planned_node(node, uids) for node in snapshot.nodes]
    if violations:
        return finish_plan(planned, (), violations, ())
    step, allocations = plan_next_graph(snapshot, first, selection, run_mode)
    later = [PlannedStep(kind=step.kind, graph_type=graph.type) for graph in following]
    stored = allocations if run_mode is RunMode.NORMAL else ()
    return finish_plan(planned, [step, *later], (), stored)


def plan_next_graph(
    snapshot: Snapshot, graph: GraphRun, selection: Selection, run_mode: RunMode
) -> tuple[PlannedStep, tuple[Allocation, ...]]:
    """Plan one graph over the snapshot as the steps before it have left it.

    Its nodes alone elect primaries and resolve tags (dossier 9.3).
    """
    document = snapshot.layers.graph(graph.type)
    uids = _uids(snapshot, graph)
    release, cluster = snapshot.release, snapshot.cluster
    nodes = [node for node in snapshot.nodes if node.uid in uids]
    tagging = tag_nodes(release, cluster, nodes)
    addressing = propose_addresses(release, cluster, snapshot.nodes)
    state = expected_state(release, cluster, nodes, tagging.tags, addressing)
    step = TaskStep(
        snapshot=snapshot,
        kind=graph.type,
        graph=document,
        uids=uids,
        tagging=tagging,
        state=state,
        run_mode=run_mode,
        selected_tasks=graph.tasks,
        debug=selection.debug,
        subgraphs=selection.subgraphs,
        transitions=NodeTransitions(
            successful=document.attributes("on_success"),
            failed=document.attributes("on_error"),
            stopped=document.attributes("on_stop"),
        ),
        respond_to=SEQUENCE_RESPONSE,
    )
    allocations = (*tagging.allocations, *addressing.allocations(cluster, snapshot.nodes))
    planned = plan_task_step(step)
    found = Findings(tuple(_offline(nodes))) + planned.findings
    return replace(planned, kind=StepKind.DEPLOYMENT, findings=found), allocations


def _uids(snapshot: Snapshot, graph: GraphRun) -> tuple[str, ...]:
    """Choose the nodes of a graph: those that were named, or those its filter keeps."""
    if graph.nodes is not None:
        return tuple(node.uid for node in snapshot.nodes if node.uid in graph.nodes)
    document = snapshot.layers.graph(graph.type)
    kept = select_nodes(document.node_filter, [_facts(node) for node in snapshot.nodes])
    return tuple(str(facts["uid"]) for facts in kept)


def _facts(node: Node) -> dict[str, Any]:
    """Give what a node filter may ask (dossier 9.3)."""
    return {
        "id": int(node.uid),
        "uid": node.uid,
        "name": node.hostname,
        "hostname": node.hostname,
        "status": node.status.value,
        "pending_addition": node.pending_addition,
        "pending_deletion": node.pending_deletion,
        "error_type": node.error_type.value if node.error_type else None,
        "roles": list(node.roles),
        "pending_roles": list(node.pending_roles),
        "attributes": node.attributes,
        "meta": node.meta,
        "labels": {},
    }


def _check(snapshot: Snapshot, selection: Selection) -> tuple[Violation, ...]:
    release, cluster, nodes = snapshot.release, snapshot.cluster, snapshot.nodes
    if selection.is_unchecked or selection.nodes or has_replaced_data(cluster, nodes):
        return ()
    choice = choose_nodes(release, cluster, nodes, force=selection.force)
    return check(release, cluster, nodes, choice)


def _offline(nodes: Sequence[Node]) -> Iterator[Violation]:
    for node in nodes:
        if not node.online:
            text = f"node {node.uid} ({node.hostname}) is offline; remove it or bring it back"
            yield Violation("NODE_OFFLINE", f"nodes/{node.uid}", text)


def _planned_node(node: Node, uids: Sequence[str]) -> PlannedNode:
    if node.uid in uids:
        return PlannedNode(node.uid, (NodeAction.DEPLOY,), NodeReason.GRAPH)
    return PlannedNode(node.uid, (NodeAction.LEAVE,), NodeReason.NOTHING_TO_DO)

"""How are graphs planned that run one after another (dossier 9, decisions 4, 5)?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from planner.domain.addresses import propose_addresses
from planner.domain.facts import expected_state, has_replaced_data
from planner.domain.graph.node_filter import select_nodes
from planner.domain.messages import NodeTransitions
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

if TYPE_CHECKING:
    from collections.abc import Sequence

    from planner.domain.allocation import Allocation
    from planner.domain.errors import Violation
    from planner.domain.graph.graph_merge import GraphDocument
    from planner.domain.node import Node
    from planner.domain.transaction import Selection

RESPOND_TO = "transaction_resp"


def plan_graphs(
    snapshot: Snapshot, graphs: Sequence[str], selection: Selection, run_mode: RunMode
) -> Plan:
    """Plan the first of some graphs; the others are planned when they are reached.

    Pre-flight is that of a classic change (decision 4): an offline node that would take part is
    a violation, never dropped silently.
    """
    violations = _check(snapshot, selection)
    first = snapshot.layers.graph(graphs[0])
    uids = _uids(snapshot, first, selection)
    planned = [_planned_node(node, uids) for node in snapshot.nodes]
    if violations:
        return finish_plan(planned, (), violations, ())
    step, allocations = _plan_step(snapshot, graphs[0], first, uids, selection, run_mode)
    kind = step.kind
    later = [PlannedStep(kind=kind, graph_type=graph) for graph in graphs[1:]]
    stored = allocations if run_mode is RunMode.NORMAL else ()
    return finish_plan(planned, [step, *later], (), stored)


def plan_next_graph(
    snapshot: Snapshot, graph: str, selection: Selection, run_mode: RunMode
) -> tuple[PlannedStep, tuple[Allocation, ...]]:
    """Plan a later graph over the snapshot as the steps before it have left it."""
    document = snapshot.layers.graph(graph)
    uids = _uids(snapshot, document, selection)
    return _plan_step(snapshot, graph, document, uids, selection, run_mode)


def _plan_step(
    snapshot: Snapshot,
    graph: str,
    document: GraphDocument,
    uids: tuple[str, ...],
    selection: Selection,
    run_mode: RunMode,
) -> tuple[PlannedStep, tuple[Allocation, ...]]:
    """Plan one graph on its nodes: they alone elect primaries and resolve tags (dossier 9.3)."""
    release, cluster = snapshot.release, snapshot.cluster
    nodes = [node for node in snapshot.nodes if node.uid in uids]
    tagging = tag_nodes(release, cluster, nodes)
    addressing = propose_addresses(release, cluster, snapshot.nodes)
    state = expected_state(release, cluster, nodes, tagging.tags, addressing)
    step = TaskStep(
        snapshot=snapshot,
        kind=graph,
        graph=document,
        uids=uids,
        tagging=tagging,
        state=state,
        run_mode=run_mode,
        selected_tasks=selection.tasks,
        transitions=NodeTransitions(
            successful=document.attributes("on_success"),
            failed=document.attributes("on_error"),
            stopped=document.attributes("on_stop"),
        ),
        respond_to=RESPOND_TO,
    )
    allocations = (*tagging.allocations, *addressing.allocations(cluster, snapshot.nodes))
    return plan_task_step(step), allocations


def _uids(snapshot: Snapshot, document: GraphDocument, selection: Selection) -> tuple[str, ...]:
    """Choose the nodes of a graph: those that were named, or those its filter keeps."""
    if selection.nodes:
        return tuple(node.uid for node in snapshot.nodes if node.uid in selection.nodes)
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
    if selection.nodes or has_replaced_data(cluster, nodes):
        return ()
    choice = choose_nodes(release, cluster, nodes, force=selection.force)
    return check(release, cluster, nodes, choice)


def _planned_node(node: Node, uids: Sequence[str]) -> PlannedNode:
    if node.uid in uids:
        return PlannedNode(node.uid, (NodeAction.DEPLOY,), NodeReason.GRAPH)
    return PlannedNode(node.uid, (NodeAction.LEAVE,), NodeReason.NOTHING_TO_DO)

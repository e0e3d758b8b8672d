"""How is a change planned that provisions and deploys by messages (dossier 3.1-3.3)?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.domain.addresses import propose_addresses
from planner.domain.facts import expected_state, has_replaced_data
from planner.domain.node_selection import NodeChoice, NodeReason, choose_nodes
from planner.domain.planned import (
    WEIGHTS,
    NodeAction,
    Plan,
    PlannedNode,
    PlannedStep,
    Snapshot,
    finish_plan,
)
from planner.domain.preflight import check
from planner.domain.provisioning import provision_message
from planner.domain.release import DEFAULT_GRAPH
from planner.domain.states import RunMode
from planner.domain.tagging import tag_nodes
from planner.domain.task_step import TaskStep, plan_task_step
from planner.domain.transaction import StepKind

if TYPE_CHECKING:
    from planner.domain.graph.state import ExpectedState
    from planner.domain.node import Node
    from planner.domain.tagging import Tagging
    from planner.domain.transaction import Selection


def plan_classic(snapshot: Snapshot, selection: Selection, run_mode: RunMode) -> Plan:
    """Plan deletion, provisioning and the default graph of a cluster in one go."""
    release, cluster, nodes = snapshot.release, snapshot.cluster, snapshot.nodes
    choice = choose_nodes(release, cluster, nodes, explicit=selection.nodes, force=selection.force)
    # With explicit nodes the operator takes the responsibility (dossier 3.2, step 3).
    is_checked = not selection.nodes and not has_replaced_data(cluster, nodes)
    violations = check(release, cluster, nodes, choice) if is_checked else ()
    planned = [_planned_node(node, choice, run_mode) for node in nodes]
    if violations:
        return finish_plan(planned, (), violations, ())
    tagging = tag_nodes(release, cluster, nodes)
    addressing = propose_addresses(release, cluster, nodes)
    state = expected_state(release, cluster, nodes, tagging.tags, addressing)
    steps = [
        *_provision_steps(snapshot, choice, state, run_mode),
        *_deploy_steps(snapshot, selection, choice, tagging, state, run_mode),
    ]
    allocations = (*tagging.allocations, *addressing.allocations(cluster, nodes))
    return finish_plan(planned, steps, (), allocations if run_mode is RunMode.NORMAL else ())


def _planned_node(node: Node, choice: NodeChoice, run_mode: RunMode) -> PlannedNode:
    real = run_mode is RunMode.NORMAL
    actions = [
        action
        for action, uids, happens in (
            (NodeAction.DELETE, choice.delete, real),
            (NodeAction.PROVISION, choice.provision, real),
            (NodeAction.DEPLOY, choice.deploy, True),
        )
        if happens and node.uid in uids
    ]
    reason = choice.reasons.get(node.uid, NodeReason.NOTHING_TO_DO)
    return PlannedNode(node.uid, tuple(actions) or (NodeAction.LEAVE,), reason)


def _provision_steps(
    snapshot: Snapshot, choice: NodeChoice, state: ExpectedState, run_mode: RunMode
) -> list[PlannedStep]:
    if not choice.provision or run_mode is not RunMode.NORMAL:
        return []
    nodes = [node for node in snapshot.nodes if node.uid in choice.provision]
    message = provision_message(snapshot.release, nodes, state)
    kind = StepKind.PROVISION
    return [PlannedStep(kind=kind, uids=choice.provision, message=message, weight=WEIGHTS[kind])]


def _deploy_steps(
    snapshot: Snapshot,
    selection: Selection,
    choice: NodeChoice,
    tagging: Tagging,
    state: ExpectedState,
    run_mode: RunMode,
) -> list[PlannedStep]:
    if not choice.deploy:
        return []
    step = TaskStep(
        snapshot=snapshot,
        kind=DEFAULT_GRAPH,
        graph=snapshot.layers.graph(DEFAULT_GRAPH),
        uids=choice.deploy,
        tagging=tagging,
        state=state,
        run_mode=run_mode,
        selected_tasks=selection.tasks,
    )
    return [plan_task_step(step)]

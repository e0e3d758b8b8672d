"""How is a change planned that deletes, provisions and deploys by messages (dossier 3.1-3.3)?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.domain.addresses import propose_addresses
from planner.domain.classic_steps import Basis, deletion_step, deployment_steps, provision_step
from planner.domain.facts import expected_state, has_replaced_data
from planner.domain.node_selection import NodeChoice, NodeReason, affected_nodes, choose_nodes
from planner.domain.planned import NodeAction, Plan, PlannedNode, Snapshot, finish_plan
from planner.domain.preflight import check, warnings
from planner.domain.states import ClusterStatus, RunMode
from planner.domain.tagging import tag_nodes

if TYPE_CHECKING:
    from planner.domain.node import Node
    from planner.domain.transaction import Selection


def plan_classic(snapshot: Snapshot, selection: Selection, run_mode: RunMode) -> Plan:
    """Plan deletion, provisioning and the default graph of a cluster in one go.

    Of a run that is not real only the deployment is planned, and nothing is allocated.
    """
    release, cluster, nodes = snapshot.release, snapshot.cluster, snapshot.nodes
    choice = choose_nodes(release, cluster, nodes, explicit=selection.nodes, force=selection.force)
    # With explicit nodes the operator takes the responsibility (dossier 3.2, step 3).
    is_checked = not selection.nodes and not has_replaced_data(cluster, nodes)
    violations = check(release, cluster, nodes, choice) if is_checked else ()
    planned = [_planned_node(node, choice, run_mode) for node in nodes]
    if violations:
        return finish_plan(planned, (), violations, ())
    basis = _basis(snapshot, selection, choice, run_mode)
    found = warnings(release, cluster, nodes, choice) if is_checked else ()
    if run_mode is not RunMode.NORMAL:
        return finish_plan(planned, deployment_steps(basis), (), (), found)
    steps = [*deletion_step(basis), *provision_step(basis), *deployment_steps(basis)]
    allocations = (
        *basis.tagging.allocations,
        *basis.addressing.allocations(cluster, nodes),
    )
    return finish_plan(planned, steps, (), allocations, found)


def _basis(
    snapshot: Snapshot, selection: Selection, choice: NodeChoice, run_mode: RunMode
) -> Basis:
    """Work out what all steps share. Tasks learn of the nodes that are there afterwards."""
    release, cluster, nodes = snapshot.release, snapshot.cluster, snapshot.nodes
    tagging = tag_nodes(release, cluster, nodes, choice.deploy)
    addressing = propose_addresses(release, cluster, nodes, candidates=choice.deploy)
    staying = [n for n in nodes if n.uid in choice.deploy or _stays(n, choice)]
    was_running = cluster.status is ClusterStatus.OPERATIONAL
    return Basis(
        snapshot=snapshot,
        selection=selection,
        choice=choice,
        affected=affected_nodes(nodes, choice) if was_running else (),
        tagging=tagging,
        addressing=addressing,
        state=expected_state(release, cluster, staying, tagging.tags, addressing),
        run_mode=run_mode,
    )


def _stays(node: Node, choice: NodeChoice) -> bool:
    """Tell whether a node that is not deployed is there all the same when the change is made."""
    return node.is_provisioned and node.uid not in choice.delete


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

"""Which steps does a classic change have: deletion, provisioning, deployment (dossier 3.2)?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from planner.domain.graph.task import read_task
from planner.domain.older_deployment import deploy_older, older_request, tell_node_list
from planner.domain.planned import WEIGHTS, PlannedStep
from planner.domain.provisioning import provision_message
from planner.domain.release import DEFAULT_GRAPH
from planner.domain.removal import removal_message
from planner.domain.states import NodeStatus, RunMode
from planner.domain.task_step import TaskStep, plan_task_step, stored_state
from planner.domain.transaction import StepKind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from planner.domain.addresses import Addressing
    from planner.domain.graph.node_set import RunNode
    from planner.domain.graph.state import ExpectedState
    from planner.domain.node import Node
    from planner.domain.node_selection import NodeChoice
    from planner.domain.planned import Snapshot
    from planner.domain.tagging import Tagging
    from planner.domain.transaction import Selection


@dataclass(frozen=True, slots=True)
class Basis:
    """What all steps of a change are made from; ``affected`` are healthy nodes left alone."""

    snapshot: Snapshot
    selection: Selection
    choice: NodeChoice
    affected: tuple[str, ...]
    tagging: Tagging
    addressing: Addressing
    state: ExpectedState
    run_mode: RunMode

    def nodes(self, uids: Iterable[str]) -> list[Node]:
        """Return nodes by uid, in the snapshot's order."""
        wanted = set(uids)
        return [node for node in self.snapshot.nodes if node.uid in wanted]

    def run_nodes(self, uids: Iterable[str]) -> list[RunNode]:
        """Return nodes by uid as planning a graph wants them."""
        wanted = set(uids)
        return [node for node in self.tagging.run_nodes if node.uid in wanted]


def deletion_step(basis: Basis) -> list[PlannedStep]:
    """Delete before anything else, so that nothing counts on what leaves (decision 14)."""
    uids = basis.choice.delete
    if not uids:
        return []
    message = removal_message(
        basis.snapshot.cluster, basis.nodes(uids), basis.state, check_ceph=True
    )
    kind = StepKind.DELETION
    return [PlannedStep(kind=kind, uids=uids, message=message, weight=WEIGHTS[kind])]


def provision_step(basis: Basis) -> list[PlannedStep]:
    """Install systems on new nodes."""
    uids = basis.choice.provision
    if not uids:
        return []
    message = provision_message(basis.snapshot.release, basis.nodes(uids), basis.state)
    kind = StepKind.PROVISION
    return [PlannedStep(kind=kind, uids=uids, message=message, weight=WEIGHTS[kind])]


def deployment_steps(basis: Basis) -> list[PlannedStep]:
    """Run the default graph, and tell the others where an older release only loses nodes."""
    if basis.snapshot.release.has_lcm:
        return [_lcm_step(basis)]
    steps = []
    if basis.choice.deploy or basis.affected:
        steps.append(_older_step(basis))
    if basis.choice.delete and not basis.choice.deploy:
        steps.append(_node_list_step(basis))
    return steps


def _lcm_step(basis: Basis) -> PlannedStep:
    return plan_task_step(
        TaskStep(
            snapshot=basis.snapshot,
            kind=DEFAULT_GRAPH,
            graph=basis.snapshot.layers.graph(DEFAULT_GRAPH),
            uids=basis.choice.deploy,
            tagging=basis.tagging,
            state=basis.state,
            run_mode=basis.run_mode,
            selected_tasks=basis.selection.tasks,
        )
    )


def _older_step(basis: Basis) -> PlannedStep:
    graph = basis.snapshot.layers.graph(DEFAULT_GRAPH)
    request = older_request(
        basis.snapshot,
        basis.state,
        [read_task(task) for task in graph.tasks],
        basis.run_nodes(basis.choice.deploy),
        basis.run_nodes(basis.affected),
        basis.selection.tasks,
    )
    message, findings = deploy_older(basis.snapshot, request)
    kind = StepKind.DEPLOYMENT
    return PlannedStep(
        kind=kind,
        uids=basis.choice.deploy,
        message=message,
        graph_type=DEFAULT_GRAPH,
        weight=WEIGHTS[kind],
        state=stored_state(basis.state, basis.choice.deploy),
        findings=findings,
    )


def _node_list_step(basis: Basis) -> PlannedStep:
    graph = basis.snapshot.layers.graph(DEFAULT_GRAPH)
    uids = [
        node.uid
        for node in basis.snapshot.nodes
        if node.status is NodeStatus.READY and not node.pending_deletion
    ]
    request = older_request(
        basis.snapshot,
        basis.state,
        [read_task(task) for task in graph.tasks],
        basis.run_nodes(uids),
    )
    kind = StepKind.DEPLOYMENT
    return PlannedStep(
        kind=kind, uids=tuple(uids), message=tell_node_list(request), weight=WEIGHTS[kind]
    )

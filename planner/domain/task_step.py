"""How does a graph on some nodes become a step: a message that runs it?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from planner.domain.documents import canonical, canonical_in_turns
from planner.domain.facts import VOLATILE
from planner.domain.graph.planning import plan_and_check
from planner.domain.graph.request import Engine, PlanRequest
from planner.domain.graph.task import read_task
from planner.domain.graph.task_graph import MASTER_NODE
from planner.domain.messages import NodeTransitions, TaskDeployMessage
from planner.domain.planned import WEIGHTS, PlannedStep, Snapshot, StoredState
from planner.domain.retry import skip_succeeded
from planner.domain.states import RunMode
from planner.domain.transaction import StepKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from planner.domain.graph.graph_merge import GraphDocument
    from planner.domain.graph.state import ExpectedState
    from planner.domain.tagging import Tagging
    from planner.domain.transaction import Subgraph

NO_TRANSITIONS = NodeTransitions()
"""Leaves it to the orchestrator's defaults what nodes become."""


@dataclass(frozen=True, slots=True)
class TaskStep:
    """What a step that runs a graph is made of."""

    snapshot: Snapshot
    kind: str
    graph: GraphDocument
    uids: tuple[str, ...]
    tagging: Tagging
    state: ExpectedState
    run_mode: RunMode
    selected_tasks: Sequence[str] = ()
    transitions: NodeTransitions = NO_TRANSITIONS
    subgraphs: tuple[Subgraph, ...] = ()
    debug: bool | None = None
    """None: as the cluster's setting ``puppet_debug`` says."""
    respond_to: str = "deploy_resp"


def plan_task_step(step: TaskStep) -> PlannedStep:
    """Plan the graph and make its message; raises GraphError for what cannot be planned."""
    checked = plan_and_check(_request(step))
    graph = skip_succeeded(checked.graph, step.snapshot.succeeded.get(step.kind, frozenset()))
    real = step.run_mode is RunMode.NORMAL
    kind = StepKind.DEPLOYMENT if real else StepKind.DRY_RUN_DEPLOYMENT
    return PlannedStep(
        kind=kind,
        uids=step.uids,
        message=TaskDeployMessage(
            graph=graph,
            transitions=step.transitions,
            respond_to=step.respond_to,
            dry_run=step.run_mode is RunMode.DRY_RUN,
            noop_run=step.run_mode is RunMode.NOOP,
            debug=bool(step.state.common.get("puppet_debug")) if step.debug is None else step.debug,
            subgraphs=step.subgraphs,
        ),
        graph_type=step.kind,
        weight=WEIGHTS[kind],
        state=stored_state(step.state, step.uids) if real else None,
        findings=checked.findings,
    )


def _request(step: TaskStep) -> PlanRequest:
    release, cluster = step.snapshot.release, step.snapshot.cluster
    common = step.state.common
    taking_part = set(step.uids)
    return PlanRequest(
        engine=Engine.LCM if release.has_lcm else Engine.TASK_DEPLOY,
        tasks=tuple(read_task(task) for task in step.graph.tasks),
        nodes=tuple(node for node in step.tagging.run_nodes if node.uid in taking_part),
        state=step.state,
        old_state=step.snapshot.old_state,
        selected_tasks=frozenset(step.selected_tasks),
        plugin_tasks=step.snapshot.layers.legacy_tasks(step.kind),
        adapts_legacy=bool(common.get("propagate_task_deploy")),
        settings={
            "MASTER_IP": common.get("master_ip"),
            "CLUSTER_ID": cluster.number,
            "OPENSTACK_VERSION": release.version,
        },
        volatile=VOLATILE,
    )


def stored_state(state: ExpectedState, uids: Sequence[str]) -> StoredState:
    """Write the state that nodes are to reach, and the master, as the texts that are kept."""
    places = [*uids, MASTER_NODE]
    return StoredState(
        canonical_in_turns(state.common), {uid: canonical(state.nodes[uid]) for uid in places}
    )

"""What would a change do? The pure function behind Preview, Apply and the offline doors (law 1)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from planner.domain.documents import canonical
from planner.domain.facts import VOLATILE, expected_state
from planner.domain.graph.digest import digest as graph_digest
from planner.domain.graph.findings import Findings
from planner.domain.graph.planning import plan_and_check
from planner.domain.graph.request import Engine, PlanRequest
from planner.domain.graph.state import NEVER_RAN
from planner.domain.graph.stored_form import stored_form
from planner.domain.graph.task import read_task
from planner.domain.messages import (
    Message,
    NodeTransitions,
    TaskDeployMessage,
)
from planner.domain.node_selection import EXPLANATIONS, NodeChoice, NodeReason, choose_nodes
from planner.domain.preflight import check
from planner.domain.provisioning import provision_message, provisioning_text
from planner.domain.release import DEFAULT_GRAPH
from planner.domain.states import RunMode
from planner.domain.tagging import Allocation, tag_nodes
from planner.domain.task_groups import TaskGroup, group_tasks
from planner.domain.transaction import StepKind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from planner.domain.cluster import Cluster
    from planner.domain.errors import Violation
    from planner.domain.graph.state import ExpectedState, OldState
    from planner.domain.graph.task_graph import TaskGraph
    from planner.domain.node import Node
    from planner.domain.release import Release
    from planner.domain.tagging import Tagging
    from planner.domain.transaction import Selection

WEIGHTS: Final[Mapping[StepKind, float]] = {
    StepKind.DELETION: 0.4,
    StepKind.PROVISION: 0.4,
    StepKind.DEPLOYMENT: 1.0,
    StepKind.DRY_RUN_DEPLOYMENT: 1.0,
}
"""Shares of a transaction's progress (dossier 3.2)."""


class NodeAction(StrEnum):
    """What happens to a node."""

    DELETE = "delete"
    PROVISION = "provision"
    DEPLOY = "deploy"
    LEAVE = "leave"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything a plan depends on. ``nodes`` are all nodes of the cluster, by uid."""

    release: Release
    cluster: Cluster
    nodes: Sequence[Node]
    old_state: OldState = NEVER_RAN


@dataclass(frozen=True, slots=True)
class PlannedNode:
    """What happens to a node, in order, and why."""

    uid: str
    actions: tuple[NodeAction, ...]
    reason: NodeReason

    @property
    def explanation(self) -> str:
        """The reason in words."""
        return EXPLANATIONS[self.reason]


@dataclass(frozen=True, slots=True)
class StoredState:
    """What a step is planned with, as canonical texts to keep: the shared part, one a node."""

    common: str
    nodes: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedStep:
    """One message to be sent. ``state`` is None where no task may later compare with it."""

    kind: StepKind
    uids: tuple[str, ...]
    message: Message
    graph_type: str = ""
    state: StoredState | None = None
    findings: Findings = field(default_factory=Findings)

    @property
    def weight(self) -> float:
        """Share of the transaction's progress, relative to the other steps."""
        return WEIGHTS[self.kind]

    @property
    def graph(self) -> TaskGraph | None:
        """The task graph, where the message runs one."""
        return self.message.graph if isinstance(self.message, TaskDeployMessage) else None

    @property
    def task_run_count(self) -> int:
        """Number of (node, task) pairs."""
        return self.graph.instances if self.graph is not None else 0

    @property
    def skipped_count(self) -> int:
        """How many of them are skipped."""
        return self.graph.skipped if self.graph is not None else 0

    @property
    def dependency_count(self) -> int:
        """Number of dependencies between them, those behind barriers included."""
        return self.graph.dependencies if self.graph is not None else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a change would do. With a violation in it, it must not run."""

    nodes: tuple[PlannedNode, ...]
    steps: tuple[PlannedStep, ...] = ()
    violations: tuple[Violation, ...] = ()
    allocations: tuple[Allocation, ...] = ()
    warnings: tuple[str, ...] = ()
    digest: str = field(default="")

    def task_groups(self, *, task: str = "", uid: str = "") -> list[TaskGroup]:
        """List the tasks of all steps, grouped by nodes that they treat alike."""
        return [
            group
            for step in self.steps
            if step.graph is not None
            for group in group_tasks(step.kind, step.graph, task=task, uid=uid)
        ]


def plan(snapshot: Snapshot, selection: Selection, run_mode: RunMode) -> Plan:
    """Plan a change of a cluster. Equal input gives an equal plan, byte for byte.

    Raises a planner error for data that cannot be planned (an expression that fails); rules
    that are broken are violations of the plan.
    """
    release, cluster, nodes = snapshot.release, snapshot.cluster, snapshot.nodes
    choice = choose_nodes(release, cluster, nodes, explicit=selection.nodes, force=selection.force)
    # With explicit nodes the operator takes the responsibility (dossier 3.2, step 3).
    violations = () if selection.nodes else check(release, nodes, choice)
    tagging = tag_nodes(release, cluster, nodes)
    planned = tuple(_planned_node(node, choice, run_mode) for node in nodes)
    if violations:
        return _with_digest(Plan(nodes=planned, violations=violations))
    state = expected_state(release, cluster, nodes, tagging.tags)
    steps = [
        *_provision_steps(snapshot, choice, state, run_mode),
        *_deploy_steps(snapshot, selection, choice, tagging, state, run_mode),
    ]
    return _with_digest(
        Plan(
            nodes=planned,
            steps=tuple(steps),
            violations=tuple(v for step in steps for v in step.findings.violations),
            warnings=tuple(
                f"{w.subject}: {w.message}" for step in steps for w in step.findings.warnings
            ),
            allocations=tagging.allocations if run_mode is RunMode.NORMAL else (),
        )
    )


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
    return [PlannedStep(kind=StepKind.PROVISION, uids=choice.provision, message=message)]


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
    real = run_mode is RunMode.NORMAL
    kept = _stored(state, choice.deploy) if real else None
    steps = []
    for kind in selection.graph_types or (DEFAULT_GRAPH,):
        document = snapshot.release.graphs.get(kind, {})
        checked = plan_and_check(_request(snapshot, selection, choice, tagging, state, document))
        message = TaskDeployMessage(
            graph=checked.graph,
            transitions=_transitions(document),
            dry_run=run_mode is RunMode.DRY_RUN,
            noop_run=run_mode is RunMode.NOOP,
            debug=bool(state.common.get("puppet_debug")),
        )
        steps.append(
            PlannedStep(
                kind=StepKind.DEPLOYMENT if real else StepKind.DRY_RUN_DEPLOYMENT,
                uids=choice.deploy,
                message=message,
                graph_type=kind,
                state=kept,
                findings=checked.findings,
            )
        )
    return steps


def _request(
    snapshot: Snapshot,
    selection: Selection,
    choice: NodeChoice,
    tagging: Tagging,
    state: ExpectedState,
    document: Mapping[str, Sequence[Mapping[str, object]]],
) -> PlanRequest:
    deployed = set(choice.deploy)
    return PlanRequest(
        engine=Engine.LCM if snapshot.release.has_lcm else Engine.TASK_DEPLOY,
        tasks=tuple(read_task(stored_form(task)) for task in document.get("tasks", ())),
        nodes=tuple(node for node in tagging.run_nodes if node.uid in deployed),
        state=state,
        old_state=snapshot.old_state,
        selected_tasks=frozenset(selection.tasks),
        adapts_legacy=bool(state.common.get("propagate_task_deploy")),
        settings={
            "MASTER_IP": state.common.get("master_ip"),
            "CLUSTER_ID": snapshot.cluster.number,
            "OPENSTACK_VERSION": snapshot.release.version,
        },
        volatile=VOLATILE,
    )


def _transitions(document: Mapping[str, object]) -> NodeTransitions:
    """Read what nodes become at the end of a graph; an empty object is respected (dossier 9.4)."""

    def attributes(section: str) -> Mapping[str, object] | None:
        value = document.get(section)
        found = value.get("node_attributes") if isinstance(value, dict) else None
        return found if isinstance(found, dict) else None

    return NodeTransitions(attributes("on_success"), attributes("on_error"), attributes("on_stop"))


def _stored(state: ExpectedState, uids: Sequence[str]) -> StoredState:
    places = [*uids, "master"]
    return StoredState(
        canonical(state.common), {uid: canonical(state.nodes[uid]) for uid in places}
    )


def _with_digest(made: Plan) -> Plan:
    """Name a plan by everything that would be sent, stored or refused."""
    content = hashlib.sha256()
    for step in made.steps:
        content.update(f"{step.kind}\0{step.graph_type}\0{','.join(step.uids)}\0".encode())
        content.update(_content(step.message).encode())
    allocations = [[item.uid, item.primary_tags] for item in made.allocations]
    nodes = [[node.uid, node.actions] for node in made.nodes]
    refused = [[v.reason, v.subject, v.message] for v in made.violations]
    content.update(canonical([allocations, nodes, refused]).encode())
    return replace(made, digest=content.hexdigest())


def _content(message: Message) -> str:
    if not isinstance(message, TaskDeployMessage):
        return provisioning_text(message)
    transitions = message.transitions
    facts = [transitions.successful, transitions.failed, transitions.stopped]
    flags = [message.dry_run, message.noop_run, message.debug]
    return canonical([graph_digest(message.graph), facts, flags])

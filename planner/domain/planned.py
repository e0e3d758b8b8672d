"""What is a plan: what it is made from, what it says, and what names it?"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from planner.domain.documents import canonical
from planner.domain.graph.digest import digest as graph_digest
from planner.domain.graph.findings import Findings
from planner.domain.graph.state import NEVER_RAN
from planner.domain.graph_layers import GraphLayers, release_layers
from planner.domain.messages import Message, Method, TaskDeployMessage
from planner.domain.node_selection import EXPLANATIONS, NodeReason
from planner.domain.reference_message import render_message
from planner.domain.task_groups import TaskGroup, group_tasks
from planner.domain.transaction import StepKind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from planner.domain.allocation import Allocation
    from planner.domain.cluster import Cluster
    from planner.domain.errors import Violation
    from planner.domain.graph.state import OldState
    from planner.domain.graph.task_graph import TaskGraph
    from planner.domain.graph_layers import GraphKey
    from planner.domain.node import Node
    from planner.domain.release import Release

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
    """Everything a plan depends on. ``nodes`` are all nodes of the cluster, by uid.

    ``succeeded`` holds the (uid, task) pairs by graph type that a retry does not run again.
    """

    release: Release
    cluster: Cluster
    nodes: Sequence[Node]
    old_state: OldState = NEVER_RAN
    succeeded: Mapping[str, frozenset[tuple[str, str]]] = field(default_factory=dict)
    graphs: Sequence[tuple[GraphKey, Mapping[str, Any]]] = ()
    """Graphs that were put one by one, beside those of the release's document."""

    @property
    def layers(self) -> GraphLayers:
        """What release, plugins and cluster define together."""
        return release_layers(self.release).laid_over(self.graphs)


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
    """One message to be sent.

    ``message`` is None for a step that is planned when it is reached (decision 5); ``state`` is
    None where no task may later compare with it.
    """

    kind: StepKind
    uids: tuple[str, ...] = ()
    message: Message | None = None
    graph_type: str = ""
    weight: float = 1.0
    state: StoredState | None = None
    findings: Findings = field(default_factory=Findings)

    @property
    def method(self) -> Method:
        """The orchestrator's method; a step that is planned later runs a graph."""
        return Method.TASK_DEPLOY if self.message is None else self.message.method

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


def finish_plan(
    nodes: Sequence[PlannedNode],
    steps: Sequence[PlannedStep],
    violations: Sequence[Violation],
    allocations: Sequence[Allocation],
    warnings: Sequence[str] = (),
) -> Plan:
    """Put a plan together: what was found in its steps, and its digest."""
    found = [violation for step in steps for violation in step.findings.violations]
    odd = [f"{w.subject}: {w.message}" for step in steps for w in step.findings.warnings]
    made = Plan(
        nodes=tuple(nodes),
        steps=tuple(steps),
        violations=(*violations, *found),
        allocations=tuple(allocations),
        warnings=(*warnings, *odd),
    )
    return replace(made, digest=_digest(made))


def _digest(made: Plan) -> str:
    """Name a plan by everything that would be sent, stored or refused."""
    content = hashlib.sha256()
    for step in made.steps:
        content.update(f"{step.kind}\0{step.graph_type}\0{','.join(step.uids)}\0".encode())
        content.update(_content(step.message).encode())
    allocations = [[item.resource, item.field, item.value] for item in made.allocations]
    nodes = [[node.uid, node.actions] for node in made.nodes]
    refused = [[v.reason, v.subject, v.message] for v in made.violations]
    content.update(canonical([allocations, nodes, refused]).encode())
    return content.hexdigest()


def _content(message: Message | None) -> str:
    if message is None:
        return "later"
    if not isinstance(message, TaskDeployMessage):
        return "".join(render_message(message, ""))
    transitions = message.transitions
    facts = [transitions.successful, transitions.failed, transitions.stopped]
    flags = [message.dry_run, message.noop_run, message.debug]
    parts = [[subgraph.start, subgraph.end] for subgraph in message.subgraphs]
    data = list(message.deployment_info or ())
    return canonical([graph_digest(message.graph), facts, flags, parts, data])

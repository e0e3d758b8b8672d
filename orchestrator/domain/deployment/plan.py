"""What does the machine need to know of a deployment before it starts?

`prepare` checks a message whole, naming everything that is wrong with it, and lays out what the
machine walks: plain lists of integers, because reading one entry of them is cheap.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from orchestrator.domain.canonical import json_object
from orchestrator.domain.deployment.definitions import EffectiveTask, effective_tasks
from orchestrator.domain.deployment.order import find_cycle, topological_levels
from orchestrator.domain.deployment.selection import Selection
from orchestrator.domain.deployment.structure import structural_violations
from orchestrator.domain.deployment.weights import task_weights
from orchestrator.domain.deployment.wiring import Wiring, wire
from orchestrator.domain.errors import MessageRefusedError, Violation
from orchestrator.domain.message import SYNC_NODE, NodeTransitions
from orchestrator.domain.task_types import TASK_TYPES, BackEnd

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from orchestrator.domain.message import FaultToleranceGroup, TaskDeploy

MAX_TRANSITION: Final = 65_536
"""Longest attributes of a node: they travel with every node's last event."""

_EFFECTLESS: Final = BackEnd(TASK_TYPES["skipped"], timeout_ms=0, retries=0, interval_ms=0)


@dataclass(frozen=True, slots=True)
class DeploymentPlan:
    """A checked deployment, numbered for the run: instances by node in visit order.

    Per instance: `node`, `task`, `content` (index into `contents`), `rank` (lower goes first)
    and, inversely, `by_rank`. Per vertex: `open` (how many vertices it waits for) and its
    successors ``targets[starts[v]:starts[v + 1]]``. A node's instances are
    ``first[n]:first[n + 1]``. `limits` says per task name how many may run at once, 0 any number.
    `sync_node` is the number of the node without a machine.
    """

    uids: tuple[str, ...]
    task_ids: tuple[str, ...]
    contents: tuple[EffectiveTask, ...]
    node_column: NDArray[np.int64]
    task_column: NDArray[np.int64]
    content_column: NDArray[np.int64]
    node: array[int]
    first: list[int]
    starts: array[int]
    targets: array[int]
    open: array[int]
    rank: array[int]
    by_rank: array[int]
    limits: tuple[int, ...]
    quiet: bytes
    sync_node: int
    groups: tuple[FaultToleranceGroup, ...]
    transitions: NodeTransitions
    dry_run: bool
    noop_run: bool
    debug: bool

    @property
    def instances(self) -> int:
        """Count the (node, task) pairs."""
        return len(self.node)

    def instance(self, node: int, task_id: str) -> int | None:
        """Return the number of a node's task; None where the node has no such task."""
        own = range(self.first[node], self.first[node + 1])
        return next((instance for instance in own if self.task_of(instance) == task_id), None)

    def content_of(self, instance: int) -> EffectiveTask:
        """Return what an instance runs."""
        return self.contents[int(self.content_column[instance])]

    def task_of(self, instance: int) -> str:
        """Return an instance's task name."""
        return self.task_ids[int(self.task_column[instance])]

    def label(self, instance: int) -> str:
        """Return ``uid/task`` for people."""
        return f"{self.uids[self.node[instance]]}/{self.task_of(instance)}"


def prepare(work: TaskDeploy) -> DeploymentPlan:
    """Check and lay out a deployment; raises MessageRefusedError with every violation.

    Nothing of the message is looked at after an index that leads nowhere; everything else is
    reported together. O(vertices + edges), apart from sorting the edges.
    """
    graph = work.graph
    if violations := structural_violations(graph):
        raise MessageRefusedError(violations)
    effective, violations = effective_tasks(graph)
    wiring = _with_sync_node(wire(graph))
    task = graph.task[wiring.origin]
    selection = Selection(wiring, task, graph.task_ids)
    kept = selection.kept(work.subgraphs)
    levels = topological_levels(wiring)
    violations += selection.violations
    violations += _cycle_violations(wiring, levels, task, graph.task_ids)
    violations += _transition_violations(work.transitions)
    if violations:
        raise MessageRefusedError(violations)
    contents = (*effective.contents, EffectiveTask(_EFFECTLESS, is_soft=True, limit=None))
    content = effective.of_instance[wiring.origin]
    limits = _limits(contents, content, task, len(graph.task_ids))
    content[~kept] = len(contents) - 1
    if work.noop_run:
        contents = tuple(_in_noop(task_content) for task_content in contents)
    weights = task_weights(wiring, levels)
    by_rank = np.lexsort((np.arange(wiring.instances), -weights))
    rank = np.empty_like(by_rank)
    rank[by_rank] = np.arange(wiring.instances)
    has_effect = np.array([c.back_end.kind.has_effect for c in contents], dtype=np.bool_)
    return DeploymentPlan(
        uids=wiring.uids,
        task_ids=graph.task_ids,
        contents=contents,
        node_column=wiring.node,
        task_column=task,
        content_column=content,
        node=_compact(wiring.node),
        first=wiring.first.tolist(),
        starts=_compact(wiring.starts),
        targets=_compact(wiring.targets),
        open=_compact(wiring.open),
        rank=_compact(rank),
        by_rank=_compact(by_rank),
        limits=limits,
        quiet=(~has_effect[content]).tobytes(),
        sync_node=len(wiring.uids) - 1,
        groups=work.fault_tolerance_groups,
        transitions=work.transitions,
        dry_run=work.dry_run,
        noop_run=work.noop_run,
        debug=work.debug,
    )


def _compact(column: NDArray[np.int64]) -> array[int]:
    """Return a column as an array: near each other in memory, where a list's integers are not."""
    return array("i", column.astype(np.int32).tobytes())


def _with_sync_node(wiring: Wiring) -> Wiring:
    """Add the sync node where the message has none (decision 23, A15); it stands last."""
    if wiring.uids[-1] == SYNC_NODE:
        return wiring
    return Wiring(
        uids=(*wiring.uids, SYNC_NODE),
        origin=wiring.origin,
        node=wiring.node,
        first=np.append(wiring.first, wiring.instances),
        starts=wiring.starts,
        targets=wiring.targets,
        open=wiring.open,
    )


def _cycle_violations(
    wiring: Wiring,
    levels: list[NDArray[np.int64]],
    task: NDArray[np.int64],
    names: tuple[str, ...],
) -> list[Violation]:
    if sum(len(level) for level in levels) == wiring.vertices:
        return []
    path = [
        f"{wiring.uids[wiring.node[instance]]}/{names[task[instance]]}"
        for instance in find_cycle(wiring, levels)
    ]
    return [Violation("GRAPH_CYCLE", "graph", f"tasks wait for each other: {' -> '.join(path)}")]


def _transition_violations(transitions: NodeTransitions) -> list[Violation]:
    violations = []
    for name in ("successful", "failed", "stopped"):
        text = getattr(transitions, name)
        if len(text) > MAX_TRANSITION or json_object(text) is None:
            wanted = f"must be a JSON object of at most {MAX_TRANSITION} characters"
            field = f"node_statuses_transitions.{name}"
            violations.append(Violation("INVALID_MESSAGE", field, wanted))
    return violations


def _limits(
    contents: tuple[EffectiveTask, ...],
    content: NDArray[np.int64],
    task: NDArray[np.int64],
    names: int,
) -> tuple[int, ...]:
    """Return per task name the strictest limit that any of its tasks sets (decision 23, E06)."""
    limits = [0] * names
    for index, effective in enumerate(contents):
        if effective.limit is not None:
            for name in np.unique(task[content == index]).tolist():
                limits[name] = min(limits[name] or effective.limit, effective.limit)
    return tuple(limits)


def _in_noop(content: EffectiveTask) -> EffectiveTask:
    """Return what a noop run makes of a content: soft, and without effect for most types."""
    runs = content.back_end.kind.runs_in_noop
    return EffectiveTask(content.back_end if runs else _EFFECTLESS, is_soft=True, limit=None)

"""How do reports change the record of a transaction (dossier 9.6-9.9, 10.3-10.6)?"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NamedTuple

from planner.domain.events import Event, NodeChanged, StepChanged, TaskChanged, TransactionChanged
from planner.domain.node import DONE
from planner.domain.node_updates import apply_report
from planner.domain.reports import ExecutionState, Report
from planner.domain.states import (
    NODE_TRANSITIONS,
    TASK_TRANSITIONS,
    NodeErrorType,
    NodeStatus,
    StepState,
    TaskState,
    check_step,
)
from planner.domain.transaction import Failure, Step, StepKind, Transaction

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from planner.domain.node import Node

STEP_END: Mapping[ExecutionState, StepState] = {
    ExecutionState.READY: StepState.SUCCEEDED,
    ExecutionState.ERROR: StepState.FAILED,
    ExecutionState.STOPPED: StepState.STOPPED,
    ExecutionState.ABORTED: StepState.ABORTED,
}

_FAILED_AT: Mapping[StepKind, Mapping[str, str]] = {
    StepKind.PROVISION: {"error_type": NodeErrorType.PROVISION},
    StepKind.DELETION: {"error_type": NodeErrorType.DELETION},
}
"""What kind of work failed on a node where its report does not say (dossier 10.7)."""

FAILURE_REASONS: Mapping[StepState, str] = {
    StepState.FAILED: "EXECUTION_FAILED",
    StepState.ABORTED: "EXECUTION_ABORTED",
}


class RunUpdate(NamedTuple):
    """New values of one task run; offsets None where not reached."""

    instance: int
    state: TaskState
    start_ms: int | None
    end_ms: int | None
    error: str


@dataclass(slots=True)
class RunState:
    """What recording must remember of a task run."""

    instance: int
    state: TaskState = TaskState.PENDING
    start_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Changes:
    """What one window of reports changes; to be stored in one commit.

    ``runs`` has at most one entry a task run, ``nodes`` at most one a node: their last values.
    ``turned`` holds the uids of those nodes of which more than the progress may have changed.
    ``ignored`` names reports that no transition table allows (late or doubled ones).
    """

    events: Sequence[Event]
    runs: Sequence[RunUpdate]
    nodes: Sequence[Node]
    turned: frozenset[str]
    step: Step
    transaction: Transaction
    ignored: Sequence[str]


@dataclass(slots=True)
class Recording:
    """The record of one step, being written.

    Holds what the next window of reports is folded into. ``runs`` is keyed by (uid, task);
    ``nodes`` by uid and empty when the run is not real (NOOP, DRY_RUN), so that such a run
    cannot touch a node. ``revisions`` are those that the nodes are stored with, also by uid.
    """

    transaction: Transaction
    steps: Sequence[Step]
    position: int
    nodes: dict[str, Node]
    runs: dict[tuple[str, str], RunState] = field(default_factory=dict)
    revisions: dict[str, int] = field(default_factory=dict)

    @property
    def step(self) -> Step:
        """The step that is recorded."""
        return self.steps[self.position]

    def fold(self, reports: Iterable[Report], last_sequence: int) -> Changes:
        """Fold a window of consecutive reports, the last with ``last_sequence``.

        The transaction's progress never falls. Progress of nodes, step and transaction makes
        one event a window; every other change makes an event of its own.
        """
        window = _Window(self)
        for report in reports:
            window.take(report)
        changes = window.close(last_sequence)
        self.transaction = changes.transaction
        self.steps = [
            changes.step if step.position == self.position else step for step in self.steps
        ]
        return changes


class _Window:
    """One window of reports on its way into a recording."""

    def __init__(self, recording: Recording) -> None:
        self._recording = recording
        self._step = recording.step
        self._elapsed_ms = self._step.elapsed_ms
        self._events: list[Event] = []
        self._runs: dict[int, RunUpdate] = {}
        self._nodes: dict[str, Node] = {}
        # The progress that is reported last is the only one that anybody will see.
        self._reported: dict[str, int] = {}
        self._progressed: dict[str, None] = {}
        self._turned: set[str] = set()
        self._ignored: list[str] = []

    def take(self, report: Report) -> None:
        if report.task_state is not None:
            self._take_task(report, report.task_state)
        if report.uid in self._recording.nodes:
            if report.node_attributes and not self._is_known(report):
                self._take_node(report)
            elif report.node_progress is not None:
                self._reported[report.uid] = report.node_progress
        if report.execution_state is not None or report.execution_progress is not None:
            self._take_execution(report)
        self._elapsed_ms = max(self._elapsed_ms, report.elapsed_ms)

    def _take_task(self, report: Report, new: TaskState) -> None:
        run = self._recording.runs.get((report.uid, report.task))
        if run is None:
            self._ignored.append(f"unknown task run {report.uid}/{report.task}")
            return
        if new not in TASK_TRANSITIONS[run.state]:
            self._ignored.append(f"{report.uid}/{report.task}: {run.state} to {new}")
            return
        run.state = new
        if new is TaskState.RUNNING:
            run.start_ms = report.elapsed_ms
        self._runs[run.instance] = RunUpdate(
            run.instance,
            new,
            run.start_ms,
            report.elapsed_ms if not TASK_TRANSITIONS[new] else None,
            report.error,
        )
        self._events.append(
            TaskChanged(
                self._step.position, report.uid, report.task, new, report.elapsed_ms, report.error
            )
        )

    def _take_node(self, report: Report) -> None:
        nodes = self._recording.nodes
        old = self._take_progress(report.uid)
        attributes = {**_FAILED_AT.get(self._step.kind, {}), **(report.node_attributes or {})}
        new = apply_report(old, report.node_progress, attributes, report.error)
        if new == old:
            return
        if new.status is not old.status and new.status not in NODE_TRANSITIONS[old.status]:
            self._ignored.append(f"node {report.uid}: {old.status} to {new.status}")
            return
        nodes[report.uid] = self._nodes[report.uid] = new
        self._turned.add(report.uid)
        if (new.status, new.error_type, new.cluster) == (old.status, old.error_type, old.cluster):
            self._progressed[report.uid] = None
        else:
            self._progressed.pop(report.uid, None)
            self._events.append(_node_changed(new))

    def _is_known(self, report: Report) -> bool:
        """Tell whether a report only repeats that a node is being worked on, as most do."""
        node = self._recording.nodes[report.uid]
        return (
            node.status in (NodeStatus.PROVISIONING, NodeStatus.DEPLOYING)
            and report.node_attributes == {"status": node.status.value}
            and not (node.error_type or node.error_message)
        )

    def _take_progress(self, uid: str) -> Node:
        """Give a node the progress that was last reported of it; return it."""
        nodes = self._recording.nodes
        old = nodes[uid]
        new = apply_report(old, self._reported.pop(uid, None), None, "")
        if new.progress != old.progress:
            nodes[uid] = self._nodes[uid] = new
            self._progressed[uid] = None
        return new

    def _take_execution(self, report: Report) -> None:
        if report.execution_progress is not None:
            progress = max(self._step.progress, min(100, report.execution_progress))
            self._step = replace(self._step, progress=progress)
        state = report.execution_state
        if state is ExecutionState.RUNNING and self._step.state is StepState.PENDING:
            self._step = replace(self._step, state=StepState.RUNNING)
            self._events.append(
                StepChanged(
                    self._step.position, self._step.kind, StepState.RUNNING, self._step.progress
                )
            )
        elif state is not None and state in STEP_END:
            self._end_step(STEP_END[state], report.error)

    def _end_step(self, state: StepState, error: str) -> None:
        check_step(self._step.execution, self._step.state, state)
        reason = FAILURE_REASONS.get(state)
        failure = Failure(reason, error or f"the {self._step.kind} failed") if reason else None
        progress = self._step.progress if state is StepState.STOPPED else DONE
        self._step = replace(self._step, state=state, progress=progress, failure=failure)
        self._events.append(
            StepChanged(self._step.position, self._step.kind, state, progress, failure)
        )

    def close(self, last_sequence: int) -> Changes:
        recording = self._recording
        for uid in list(self._reported):
            self._take_progress(uid)
        self._events.extend(_node_changed(recording.nodes[uid]) for uid in self._progressed)
        if self._step.progress != recording.step.progress and not self._step.state.is_final:
            self._events.append(
                StepChanged(self._step.position, self._step.kind, None, self._step.progress)
            )
        self._step = replace(self._step, cursor=last_sequence, elapsed_ms=self._elapsed_ms)
        transaction = self._transaction()
        return Changes(
            events=self._events,
            runs=list(self._runs.values()),
            nodes=list(self._nodes.values()),
            turned=frozenset(self._turned),
            step=self._step,
            transaction=transaction,
            ignored=self._ignored,
        )

    def _transaction(self) -> Transaction:
        old = self._recording.transaction
        steps = [
            self._step if step.position == self._step.position else step
            for step in self._recording.steps
        ]
        progress = max(old.progress, overall_progress(steps))
        if progress == old.progress:
            return old
        self._events.append(TransactionChanged(None, progress))
        return replace(old, progress=progress)


def overall_progress(steps: Sequence[Step]) -> int:
    """Weigh the progress of steps: the share of work that is over (dossier 10.4).

    Rounded to the nearest percent, halves down, which serves both kinds of the reference.
    """
    total = sum(step.weight for step in steps)
    if not total:
        return 0
    share = sum(step.weight * step.progress for step in steps) / total
    return max(0, math.ceil(share - 0.5))


def _node_changed(node: Node) -> NodeChanged:
    return NodeChanged(node.uid, node.status, node.progress, node.error_type, node.error_message)

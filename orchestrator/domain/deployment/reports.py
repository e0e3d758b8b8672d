"""What is told of a deployment: task, node and overall events with their progress (dossier 9).

A node's progress is 100 x finished tasks / all tasks, in whole percent; it never falls. The
overall progress is the mean over the nodes that have tasks and is told whenever it changes.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final

from orchestrator.domain.record import EXECUTION, NO_PROGRESS, NO_STATUS, Record, node_subject
from orchestrator.domain.states import NodeStatus, TaskStatus

if TYPE_CHECKING:
    from orchestrator.domain.deployment.plan import DeploymentPlan
    from orchestrator.domain.states import ExecutionState

_RUNNING: Final = int(TaskStatus.RUNNING)
COMPLETE: Final = 100


class Reports:
    """Writes the events of one deployment into its record and counts finished tasks."""

    __slots__ = (
        "_add_elapsed",
        "_add_progress",
        "_add_status",
        "_add_subject",
        "_attributes",
        "_done",
        "_nodes_with_tasks",
        "_overall",
        "_progress",
        "_progress_sum",
        "_quiet",
        "_settled",
        "_total",
        "_unfinished",
        "record",
    )

    def __init__(self, plan: DeploymentPlan, record: Record) -> None:
        first = plan.first
        self.record = record
        # Held on to, because most of a run is appending to these.
        self._add_elapsed = record.rows.elapsed_ms.append
        self._add_subject = record.rows.subject.append
        self._add_status = record.rows.status.append
        self._add_progress = record.rows.progress.append
        self._quiet = plan.quiet
        self._total = [end - start for start, end in pairwise(first)]
        self._done = [0] * len(self._total)
        self._progress = [0] * len(self._total)
        self._nodes_with_tasks = sum(1 for total in self._total if total)
        self._progress_sum = 0
        self._overall = 0
        self._settled = bytearray(len(self._total))
        self._unfinished = plan.instances
        ends = {
            NodeStatus.SUCCESSFUL: plan.transitions.successful,
            NodeStatus.FAILED: plan.transitions.failed,
            NodeStatus.SKIPPED: plan.transitions.stopped,
        }
        self._attributes = {} if plan.noop_run else ends

    @property
    def is_complete(self) -> bool:
        """Tell whether every task has ended."""
        return not self._unfinished

    def is_settled(self, node: int) -> bool:
        """Tell whether a node's end was told."""
        return bool(self._settled[node])

    def state(self, now: int, state: ExecutionState) -> None:
        """Tell the execution's new state."""
        self.record.rows.execution_state[self.record.add(now, EXECUTION)] = int(state)

    def started(self, now: int, instances: list[int]) -> None:
        """Tell which tasks run; those without effect are told when they end."""
        for instance in instances:
            if not self._quiet[instance]:
                self._add_elapsed(now)
                self._add_subject(instance)
                self._add_status(_RUNNING)
                self._add_progress(NO_PROGRESS)

    def finished(self, now: int, instance: int, node: int, status: int) -> bool:
        """Tell a task's final status with its node's progress; say whether it was the last."""
        self._unfinished -= 1
        done = self._done[node] + 1
        self._done[node] = done
        total = self._total[node]
        progress = done * COMPLETE // total
        self._add_elapsed(now)
        self._add_subject(instance)
        self._add_status(status)
        self._add_progress(progress)
        gained = progress - self._progress[node]
        if gained:
            self._progress[node] = progress
            self._progress_sum += gained
            overall = self._progress_sum // self._nodes_with_tasks
            if overall != self._overall:
                self._overall = overall
                rows = self.record.rows
                rows.execution_progress[len(rows.subject) - 1] = overall
        return done == total

    def explain(self, error: str, summary: str = "") -> None:
        """Attach what went wrong, and what the back-end says, to the newest event."""
        rows = self.record.rows
        if error:
            rows.errors[len(rows) - 1] = error
        if summary:
            rows.summaries[len(rows) - 1] = summary

    def settle(self, node: int, status: NodeStatus) -> None:
        """Attach a node's end to the newest event."""
        self._settled[node] = 1
        if attributes := self._attributes.get(status):
            rows = self.record.rows
            rows.attributes[len(rows) - 1] = attributes

    def settle_apart(self, now: int, node: int, status: NodeStatus, error: str = "") -> None:
        """Tell a node's end in an event of its own."""
        self.record.add(now, node_subject(node), NO_STATUS, self._progress[node])
        self.settle(node, status)
        self.explain(error)

    def erased(self, now: int, node: int) -> None:
        """Tell that a node was erased and is back among the discovered ones."""
        index = self.record.add(now, node_subject(node))
        self.record.rows.attributes[index] = '{"status":"discover"}'

    def closing(self, now: int, state: ExecutionState, error: str) -> None:
        """Tell the end: every node at 100, then the overall state (dossier 9.1)."""
        for node, progress in enumerate(self._progress):
            if progress != COMPLETE:
                self._progress[node] = COMPLETE
                self.record.add(now, node_subject(node), NO_STATUS, COMPLETE)
        index = self.record.add(now, EXECUTION)
        self.record.rows.execution_progress[index] = COMPLETE
        self.record.rows.execution_state[index] = int(state)
        self.explain(error)

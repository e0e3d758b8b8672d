"""What is told of a deployment: task, node and overall events (dossier 9)."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from orchestrator.domain.deployment.progress import COMPLETE, Progress
from orchestrator.domain.record import EXECUTION, Record, node_subject
from orchestrator.domain.states import NodeStatus

if TYPE_CHECKING:
    from orchestrator.domain.deployment.plan import DeploymentPlan
    from orchestrator.domain.states import ExecutionState


class Reports:
    """Writes the events of one deployment into its record and counts tasks that have to end.

    Progress is not told here: it follows from the finished tasks (`Progress`).
    """

    __slots__ = (
        "_add_end",
        "_add_starts",
        "_add_time",
        "_attributes",
        "_has_quiet",
        "_left",
        "_quiet",
        "_settled",
        "_total",
        "_unfinished_nodes",
        "record",
    )

    def __init__(self, plan: DeploymentPlan, statuses: bytearray) -> None:
        self.record = Record(statuses=statuses)
        self.record.derivations.append(Progress(plan).derive)
        # Held on to, because most of a run is appending to these.
        self._add_end = self.record.tape.append
        self._add_starts = self.record.tape.extend
        self._add_time = self.record.times.append
        self._quiet = plan.quiet
        self._has_quiet = any(plan.quiet)
        self._total = [end - start for start, end in pairwise(plan.first)]
        self._left = self._total.copy()
        self._unfinished_nodes = sum(1 for left in self._left if left)
        self._settled = bytearray(len(self._total))
        ends = {
            NodeStatus.SUCCESSFUL: plan.transitions.successful,
            NodeStatus.FAILED: plan.transitions.failed,
            NodeStatus.SKIPPED: plan.transitions.stopped,
        }
        self._attributes = {} if plan.noop_run else ends

    @property
    def is_complete(self) -> bool:
        """Tell whether every task has ended."""
        return not self._unfinished_nodes

    def is_settled(self, node: int) -> bool:
        """Tell whether a node's end was told."""
        return bool(self._settled[node])

    def state(self, now: int, state: ExecutionState) -> None:
        """Tell the execution's new state."""
        self.record.said.execution_state[self.record.add(now, EXECUTION)] = int(state)

    def started(self, instances: list[int]) -> None:
        """Tell which tasks run since the newest event; without effect they are told at the end."""
        if self._has_quiet:
            instances = [instance for instance in instances if not self._quiet[instance]]
        self._add_starts(instances)

    def finished(self, now: int, instance: int, node: int) -> bool:
        """Tell that a task has its final status; say whether it was the last of its node."""
        self._add_time(now)
        self._add_end(~instance)
        left = self._left[node] - 1
        self._left[node] = left
        if left:
            return False
        self._unfinished_nodes -= 1
        return True

    def explain(self, error: str, summary: str = "") -> None:
        """Attach what went wrong, and what the back-end says, to the newest event."""
        at = self.record.newest
        if error:
            self.record.said.errors[at] = error
        if summary:
            self.record.said.summaries[at] = summary

    def settle(self, node: int, status: NodeStatus) -> None:
        """Attach a node's end to the newest event."""
        self._settled[node] = 1
        if attributes := self._attributes.get(status):
            self.record.said.attributes[self.record.newest] = attributes

    def settle_apart(self, now: int, node: int, status: NodeStatus, error: str = "") -> None:
        """Tell a node's end in an event of its own."""
        total = self._total[node]
        progress = (total - self._left[node]) * COMPLETE // total if total else 0
        self.record.add(now, node_subject(node), progress)
        self.settle(node, status)
        self.explain(error)

    def erased(self, now: int, node: int) -> None:
        """Tell that a node was erased and is back among the discovered ones."""
        index = self.record.add(now, node_subject(node))
        self.record.said.attributes[index] = '{"status":"discover"}'

    def closing(self, now: int, state: ExecutionState, error: str) -> None:
        """Tell the end: every node at 100, then the overall state (dossier 9.1).

        Nodes with tasks are there already.
        """
        for node, total in enumerate(self._total):
            if not total:
                self.record.add(now, node_subject(node), COMPLETE)
        index = self.record.add(now, EXECUTION)
        self.record.said.execution_progress[index] = COMPLETE
        self.record.said.execution_state[index] = int(state)
        self.explain(error)

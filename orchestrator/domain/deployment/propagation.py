"""What does the end of a task mean for the tasks behind it?

Success counts down what waits; failure floods everything behind it at once (dossier 5). Tasks of
the sync node wait for an end of any kind, so no failure passes through them. Barriers pass both
on as the edges they stand for would.
"""

from __future__ import annotations

from heapq import heappush
from typing import TYPE_CHECKING, Final

from orchestrator.domain.states import TaskStatus

if TYPE_CHECKING:
    from orchestrator.domain.deployment.plan import DeploymentPlan
    from orchestrator.domain.deployment.queues import ReadyQueues

_PENDING: Final = int(TaskStatus.PENDING)
_READY: Final = int(TaskStatus.READY)
_DEP_FAILED: Final = int(TaskStatus.DEP_FAILED)


class Propagation:
    """Open requirements of every vertex, and the statuses that follow from them.

    `open` says per vertex how many vertices it still waits for. `status` is shared with the
    machine; a task that becomes ready goes to `queues`. Every edge is followed once in a run.
    """

    __slots__ = (
        "_instances",
        "_is_tainted",
        "_node",
        "_queues",
        "_rank",
        "_ready",
        "_starts",
        "_status",
        "_sync_node",
        "_targets",
        "open",
    )

    def __init__(self, plan: DeploymentPlan, status: bytearray, queues: ReadyQueues) -> None:
        self.open = plan.open[:]
        self._instances = plan.instances
        self._node = plan.node
        self._starts = plan.starts
        self._targets = plan.targets
        self._sync_node = plan.sync_node
        self._status = status
        self._queues = queues
        self._ready = queues.ready
        self._rank = queues.rank
        self._is_tainted = bytearray(len(plan.open))

    def roots(self) -> None:
        """Make ready what waits for nothing."""
        roots = [vertex for vertex, count in enumerate(self.open) if not count]
        for vertex in roots:
            if vertex >= self._instances:
                self.release(vertex)
            elif self._status[vertex] == _PENDING:
                self._status[vertex] = _READY
                self._queues.add(vertex)

    def release(self, vertex: int) -> list[int]:
        """Count an ended vertex off what waits for it; return nodes that got a ready task."""
        open_ = self.open
        unblocked: list[int] = []
        for target in self._targets[self._starts[vertex] : self._starts[vertex + 1]]:
            left = open_[target] - 1
            open_[target] = left
            if left:
                continue
            if target >= self._instances:
                unblocked += self.release(target)
            elif self._status[target] == _PENDING:
                self._status[target] = _READY
                node = self._node[target]
                heappush(self._ready[node], self._rank[target])
                unblocked.append(node)
        return unblocked

    def flood(self, failed: list[int]) -> tuple[list[int], list[int]]:
        """Let failures spread from instances that have failed or will never start.

        Returns the instances that became DEP_FAILED by it, sorted, and nodes of sync tasks that
        became ready because the last thing they waited for has ended.
        """
        hit: list[int] = []
        unblocked: list[int] = []
        stack = list(failed)
        while stack:
            vertex = stack.pop()
            self._taint_behind(vertex, stack, hit)
            unblocked += self.release(vertex)
        hit.sort()
        return hit, unblocked

    def _taint_behind(self, vertex: int, stack: list[int], hit: list[int]) -> None:
        for target in self._targets[self._starts[vertex] : self._starts[vertex + 1]]:
            if target >= self._instances:
                if not self._is_tainted[target]:
                    self._is_tainted[target] = 1
                    self._taint_behind(target, stack, hit)
            elif self._status[target] <= _READY and self._node[target] != self._sync_node:
                self._status[target] = _DEP_FAILED
                hit.append(target)
                stack.append(target)

"""What does a failure mean for the tasks and nodes behind it, and for the run (dossier 7)?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from orchestrator.domain.states import NodeStatus, TaskStatus, change_node

if TYPE_CHECKING:
    from collections.abc import Callable

    from orchestrator.domain.deployment.plan import DeploymentPlan
    from orchestrator.domain.deployment.propagation import Propagation
    from orchestrator.domain.deployment.reports import Reports
    from orchestrator.domain.deployment.tolerance import Tolerance

READY: Final = int(TaskStatus.READY)
FAILED: Final = int(TaskStatus.FAILED)
DEP_FAILED: Final = int(TaskStatus.DEP_FAILED)
SKIPPED: Final = int(TaskStatus.SKIPPED)
NAMED_IN_ERROR: Final = 20


class Failures:
    """Fails nodes with their tasks, floods the graph, and charges the tolerance groups.

    `status` and `nodes` are shared with the machine. `hold` is called, with the time, when a
    tolerance is exceeded; with `is_refused` nothing runs that could be held. `has_dep_failed`
    marks nodes with a task that never started because of a failure.
    """

    def __init__(
        self,
        plan: DeploymentPlan,
        status: bytearray,
        nodes: list[NodeStatus],
        propagation: Propagation,
        reports: Reports,
        tolerance: Tolerance,
        hold: Callable[[int], None],
    ) -> None:
        self._plan = plan
        self._status = status
        self._nodes = nodes
        self._node = plan.node
        self._propagation = propagation
        self._reports = reports
        self._tolerance = tolerance
        self._hold = hold
        self._failed_tasks: list[int] = []
        self.has_dep_failed = bytearray(len(plan.uids))
        self.is_refused = False

    def judge(self, instance: int, error: str) -> tuple[int, str]:
        """Return status and text of a failed task; a soft failure is skipped (decision 19)."""
        plan = self._plan
        uid = plan.uids[self._node[instance]]
        text = f"Task {plan.task_of(instance)} failed on node {uid}"
        status = SKIPPED if plan.content_of(instance).is_soft else FAILED
        return status, f"{text}: {error}" if error else text

    def fail_node(self, now: int, instance: int, node: int) -> list[int]:
        """Fail a node with its task; return nodes whose sync tasks became ready by it."""
        uid = self._plan.uids[node]
        text = f"Task {self._plan.task_of(instance)} failed on node {uid}"
        self._failed_tasks.append(instance)
        self._nodes[node] = change_node(uid, self._nodes[node], NodeStatus.FAILED)
        own = self.fail_unstarted_of(node)
        return self.spread(now, node, [instance, *own], own, f"not started: {text}")

    def fail_unstarted_of(self, node: int) -> list[int]:
        """Let what has not started on a node never start; return these instances."""
        first, end = self._plan.first[node], self._plan.first[node + 1]
        own = [instance for instance in range(first, end) if self._status[instance] <= READY]
        for instance in own:
            self._status[instance] = DEP_FAILED
        return own

    def spread(
        self, now: int, node: int, failed: list[int], own: list[int], cause: str
    ) -> list[int]:
        """Flood the graph from `failed`; report and charge the node, then those it hit.

        A node whose tasks all ended by the flood has failed, unless its turn comes after the
        brake: then it is skipped like every idle node (reference cases B16, B18). A dry run
        tells nothing of it.
        """
        is_real = not self._plan.dry_run and not self.is_refused
        hit, unblocked = self._propagation.flood(failed)
        hit_nodes = dict.fromkeys(self._node[instance] for instance in hit)
        complete = set()
        for instance in sorted([*own, *hit]):
            if self._reports.finished(now, instance, self._node[instance]):
                complete.add(self._node[instance])
            self._reports.explain(cause)
            self.has_dep_failed[self._node[instance]] = 1
        if not self._reports.is_settled(node):
            self._reports.settle_apart(now, node, NodeStatus.FAILED, cause)
        self._charge(now, node)
        for other in hit_nodes:
            if is_real and other in complete and self._nodes[other] is NodeStatus.ONLINE:
                uid = self._plan.uids[other]
                self._nodes[other] = change_node(uid, self._nodes[other], NodeStatus.FAILED)
                self._reports.settle_apart(now, other, NodeStatus.FAILED, cause)
            self._charge(now, other)
        return unblocked

    def _charge(self, now: int, node: int) -> None:
        if self._tolerance.charge(node) and not self._plan.dry_run and not self.is_refused:
            self._hold(now)

    def text(self) -> str:
        """Name the failed tasks, as the reference does (dossier 9.1), a bounded number of them."""
        plan = self._plan
        named = [
            f"Task[{plan.task_of(instance)}/{plan.uids[self._node[instance]]}]"
            for instance in self._failed_tasks[:NAMED_IN_ERROR]
        ]
        if more := len(self._failed_tasks) - len(named):
            named.append(f"and {more} more")
        tasks = f" Failed tasks: {', '.join(named)}" if named else ""
        return f"All nodes are finished.{tasks} Stopping the deployment process!"

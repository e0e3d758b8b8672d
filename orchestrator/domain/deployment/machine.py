"""How does a task graph run: what happened goes in, what to start comes out (dossier 5 to 9).

The machine is told what happened and when; it never waits, draws or asks. It answers with the
instances to start now and writes every change of state to its record.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from orchestrator.domain.deployment.events import Begin, CutOff, Event, StopRequested, TaskEnded
from orchestrator.domain.deployment.failures import Failures
from orchestrator.domain.deployment.propagation import Propagation
from orchestrator.domain.deployment.queues import IDLE, ReadyQueues
from orchestrator.domain.deployment.reports import Reports
from orchestrator.domain.deployment.tolerance import Tolerance
from orchestrator.domain.errors import IllegalTransitionError, StuckError
from orchestrator.domain.states import ExecutionState, NodeStatus, TaskStatus, change_node

if TYPE_CHECKING:
    from orchestrator.domain.deployment.plan import DeploymentPlan

READY: Final = int(TaskStatus.READY)
RUNNING: Final = int(TaskStatus.RUNNING)
FAILED: Final = int(TaskStatus.FAILED)
SKIPPED: Final = int(TaskStatus.SKIPPED)
NOT_RUN: Final = int(TaskStatus.NOT_RUN)
ENDS: Final = frozenset({int(TaskStatus.SUCCESSFUL), FAILED, SKIPPED})

OFFLINE_ERROR: Final = "Node is not ready for deployment: it does not answer"
CUT_OFF_ERROR: Final = "cut off by a forced stop"


class Deployment:
    """The state of one run and what may happen to it.

    `status` holds the TaskStatus of each instance, `nodes` the NodeStatus of each node. `result`
    is None until the run has ended, `error` then says why it is not READY; `refusal` says why
    nothing was started, where a critical node is offline.

    Weights, limits and slots decide which ready task starts. A failed critical node or an
    exceeded tolerance pulls the brake: nothing starts any more and what runs is left to end. Each
    task ends in a final state; each event costs the edges that it settles.
    """

    def __init__(self, plan: DeploymentPlan, max_nodes_per_call: int = 50) -> None:
        self.plan = plan
        self.status = bytearray(plan.instances)
        self.nodes = [NodeStatus.ONLINE] * len(plan.uids)
        self.result: ExecutionState | None = None
        self.error = ""
        self.refusal = ""
        self._node = plan.node
        self._tolerance = Tolerance(plan.uids, plan.sync_node, plan.groups)
        self._queues = ReadyQueues(plan, self.status, max_nodes_per_call)
        self._propagation = Propagation(plan, self.status, self._queues)
        self._reports = Reports(plan, self.status)
        self._failures = Failures(
            plan,
            self.status,
            self.nodes,
            self._propagation,
            self._reports,
            self._tolerance,
            self._hold,
        )
        self.record = self._reports.record
        self._has_begun = False
        self._is_stopped = False
        self._is_held = False

    @property
    def running(self) -> list[int]:
        """The instances that run now, by node."""
        return [instance for instance in self._queues.running if instance != IDLE]

    def running_on(self, node: int) -> int | None:
        """Return the instance that runs on a node; None where none does."""
        instance = self._queues.running[node]
        return None if instance == IDLE else instance

    def handle(self, event: Event) -> list[int]:
        """Take in what happened; return the instances to start now, in order.

        Raises IllegalTransitionError for an event that cannot happen in this state. A stop of a
        run that has ended, or was stopped before, changes nothing.
        """
        started: list[int] = []
        match event:
            case TaskEnded():
                started = self.task_ended(
                    event.now_ms,
                    event.instance,
                    event.result,
                    error=event.error,
                    summary=event.summary,
                    then_stop=event.then_stop,
                )
            case Begin():
                started = self._begin(event)
            case StopRequested():
                self._stop(event.now_ms)
                self._close_if_idle(event.now_ms)
            case CutOff():
                self._cut_off(event)
        return started

    def task_ended(
        self,
        now: int,
        instance: int,
        result: int,
        *,
        error: str = "",
        summary: str = "",
        then_stop: bool = False,
    ) -> list[int]:
        """Do what `handle(TaskEnded(…))` does without the event: most of a run is this."""
        if self.status[instance] != RUNNING or result not in ENDS:
            self._reject(instance, result)
        if result == FAILED:
            result, error = self._failures.judge(instance, error)
        if result != FAILED and not (error or summary or then_stop):
            return self.task_went_well(now, instance, result)
        node = self._node[instance]
        self.status[instance] = result
        is_last = self._reports.finished(now, instance, node)
        self._reports.explain(error, summary)
        self._queues.end(instance, node)
        if then_stop:
            self._stop(now)
        if result == FAILED:
            unblocked = self._failures.fail_node(now, instance, node)
        else:
            unblocked = self._propagation.release(instance)
            if is_last:
                self._complete(node)
        return self._go_on(now, instance, node, unblocked)

    def task_went_well(self, now: int, instance: int, result: int) -> list[int]:
        """Do what `task_ended` does for a task that ended SUCCESSFUL or SKIPPED, unexplained.

        Most of a run is this, and a call costs as much as its work.
        """
        if self.status[instance] != RUNNING:
            self._reject(instance, result)
        node = self._node[instance]
        self.status[instance] = result
        if self._reports.finished(now, instance, node):
            self._complete(node)
        unblocked = self._propagation.release(instance)
        self._queues.end(instance, node)
        if self._is_held:
            return self._go_on(now, instance, node, unblocked)
        started = self._queues.start_after(instance, node, unblocked)
        if started:
            self._reports.started(started)
        else:
            self._close_if_idle(now)
        return started

    def _go_on(self, now: int, instance: int, node: int, unblocked: list[int]) -> list[int]:
        """Start what the end of a task allows, or end the run."""
        if self._is_held:
            self._skip_if_idle(now, node)
            self._close_if_idle(now)
            return []
        started = self._queues.start_after(instance, node, unblocked)
        if started:
            self._reports.started(started)
        else:
            self._close_if_idle(now)
        return started

    # -- beginning and end ---------------------------------------------------------------------

    def _begin(self, event: Begin) -> list[int]:
        now, plan = event.now_ms, self.plan
        if self._has_begun:
            raise IllegalTransitionError("deployment", "begun", "begun")
        self._has_begun = True
        self._reports.state(now, ExecutionState.RUNNING)
        if self._is_stopped:
            self._reports.state(now, ExecutionState.STOPPING)
        self._fail_offline(now, event.offline)
        started: list[int] = []
        if self.refusal or plan.dry_run:
            self._end_unstarted(now, range(plan.instances), SKIPPED if self.refusal else NOT_RUN)
        elif self._is_stopped:
            self._hold(now)
        elif not self._is_held:
            self._propagation.roots()
            started = self._queues.start_on(range(len(plan.uids)))
            self._reports.started(started)
        self._close_if_idle(now)
        return started

    def _fail_offline(self, now: int, offline: frozenset[str]) -> None:
        """Fail nodes that do not answer, and what depends on them; refuse if one is critical."""
        uids = self.plan.uids
        nodes = [n for n, uid in enumerate(uids) if uid in offline and n != self.plan.sync_node]
        if critical := [uids[node] for node in nodes if self._tolerance.is_critical(node)]:
            self._failures.is_refused = True
            self.refusal = f"Critical nodes are not available for deployment: {critical}"
        for node in nodes:
            self.nodes[node] = change_node(uids[node], self.nodes[node], NodeStatus.FAILED)
            self._reports.settle_apart(now, node, NodeStatus.FAILED, OFFLINE_ERROR)
        for node in nodes:
            own = self._failures.fail_unstarted_of(node)
            self._failures.spread(
                now, node, own, own, f"not started: node {uids[node]} does not answer"
            )

    def _close_if_idle(self, now: int) -> None:
        """End the run when nothing runs; raises StuckError if something is left to do."""
        if not self._has_begun or self.result is not None or not self._queues.is_idle:
            return
        if not self._reports.is_complete:
            raise StuckError("tasks are left that can neither start nor end")
        is_real = not self.plan.dry_run and not self.plan.noop_run
        result = ExecutionState.READY
        if self.refusal or (self._tolerance.is_exceeded and is_real):
            result = ExecutionState.ERROR
            self.error = self.refusal or self._failures.text()
        elif self._is_stopped:
            result = ExecutionState.STOPPED
        self._reports.closing(now, result, self.error)
        self.result = result

    def _reject(self, instance: int, result: int) -> None:
        old = TaskStatus(self.status[instance]).name
        raise IllegalTransitionError(
            f"task {self.plan.label(instance)}", old, TaskStatus(result).name
        )

    # -- success -------------------------------------------------------------------------------

    def _complete(self, node: int) -> None:
        """Settle a node whose last task ended by itself, in the event that told so."""
        is_bad = self._failures.has_dep_failed[node]
        self._settle(node, NodeStatus.FAILED if is_bad else NodeStatus.SUCCESSFUL)

    def _settle(self, node: int, end: NodeStatus) -> None:
        self.nodes[node] = change_node(self.plan.uids[node], self.nodes[node], end)
        self._reports.settle(node, end)

    # -- brake and stop ------------------------------------------------------------------------

    def _stop(self, now: int) -> None:
        if self._is_stopped or self.result is not None:
            return
        self._is_stopped = True
        if self._has_begun:
            self._reports.state(now, ExecutionState.STOPPING)
            self._hold(now)

    def _hold(self, now: int) -> None:
        """Let nothing start any more; every idle node that is not complete is skipped."""
        if self._is_held:
            return
        self._is_held = True
        for node in range(len(self.nodes)):
            self._skip_if_idle(now, node)

    def _skip_if_idle(self, now: int, node: int) -> None:
        if self._reports.is_settled(node) or self._queues.running[node] != IDLE:
            return
        if self.nodes[node] is not NodeStatus.ONLINE:
            return
        self._end_unstarted(now, range(self.plan.first[node], self.plan.first[node + 1]), SKIPPED)
        self.nodes[node] = change_node(self.plan.uids[node], self.nodes[node], NodeStatus.SKIPPED)
        self._reports.settle_apart(now, node, NodeStatus.SKIPPED)

    def _end_unstarted(self, now: int, instances: range, status: int) -> None:
        for instance in instances:
            if self.status[instance] <= READY:
                self.status[instance] = status
                self._reports.finished(now, instance, self._node[instance])

    def _cut_off(self, event: CutOff) -> None:
        self._stop(event.now_ms)
        for instance in self.running:
            node = self._node[instance]
            self.status[instance] = SKIPPED
            self._queues.end(instance, node)
            self._reports.finished(event.now_ms, instance, node)
            self._reports.explain(CUT_OFF_ERROR)
            self._skip_if_idle(event.now_ms, node)
            if event.erase:
                self._reports.erased(event.now_ms, node)
        self._close_if_idle(event.now_ms)

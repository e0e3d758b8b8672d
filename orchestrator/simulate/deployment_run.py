"""How does a deployment run over the fake fleet: virtual time as a heap of endings."""

from __future__ import annotations

from heapq import heapify, heappop, heappush
from typing import TYPE_CHECKING, Final

from orchestrator.domain.deployment.events import Begin, CutOff, StopRequested
from orchestrator.domain.deployment.machine import Deployment
from orchestrator.domain.record import Tables
from orchestrator.simulate.fleet import Ending, Fleet, during_outage

if TYPE_CHECKING:
    from orchestrator.domain.deployment.plan import DeploymentPlan
    from orchestrator.domain.record import Record
    from orchestrator.domain.states import ExecutionState
    from orchestrator.simulate.commands import FaultCommand, StopCommand
    from orchestrator.simulate.matching import RunContext
    from orchestrator.simulate.scenario import Outage, Scenario

_BITS: Final = 25
"""Bits of a heap entry that hold the instance; the time stands above them."""

_MASK: Final = (1 << _BITS) - 1


class DeploymentRun:
    """One deployment in virtual time; the same plan, scenario and commands give the same events.

    `now_ms` is the time of the last thing that happened, `steps` how many things did; a command
    that is given again at the same step has the same effect. Tasks that end at the same time end
    in visit order of their nodes. Set `starts` to a list to have (time, instance) of every start
    noted there.
    """

    def __init__(self, plan: DeploymentPlan, scenario: Scenario, context: RunContext) -> None:
        self.machine = Deployment(plan, scenario.limits.max_nodes_per_call)
        self.tables = Tables(plan.uids, plan.task_ids, plan.node_column, plan.task_column)
        self.now_ms = 0
        self.steps = 0
        self.starts: list[tuple[int, int]] | None = None
        self._fleet = Fleet(plan, scenario, context)
        self.record.derivations.append(self._fleet.tell_summaries)
        self._heap: list[int] = []
        self._endings: dict[int, Ending] = {}
        self._has_begun = False
        self._cut_off: tuple[int, CutOff] | None = None
        self._stop_at, self._stop_after = _stop_point(plan, scenario)
        self._fleet.is_special.update(self._stop_after)

    @property
    def record(self) -> Record:
        """Where the events are."""
        return self.machine.record

    @property
    def result(self) -> ExecutionState | None:
        """The final state; None until the run has ended."""
        return self.machine.result

    @property
    def error(self) -> str:
        """Why it did not end ready; empty otherwise."""
        return self.machine.error

    def next_due_ms(self) -> int | None:
        """Return when the next thing happens; None when nothing does any more."""
        if not self._has_begun:
            return 0
        due = [self._heap[0] >> _BITS] if self._heap else []
        due += [at for at in (self._stop_at, self._cut_off and self._cut_off[0]) if at is not None]
        return min(due) if due and self.result is None else None

    def stop(self, command: StopCommand, now_ms: int) -> None:
        """Stop at `now_ms`, not before what has happened; a repeated stop may only sharpen it."""
        self.now_ms = max(self.now_ms, now_ms)
        self.steps += 1
        self.machine.handle(StopRequested(self.now_ms))
        if command.force:
            cut_off_ms = self.now_ms + command.grace_period_ms
            if self._cut_off is None or cut_off_ms < self._cut_off[0]:
                self._cut_off = (cut_off_ms, CutOff(cut_off_ms, erase=command.erase))

    def inject(self, command: FaultCommand, now_ms: int) -> None:
        """Break a task or a node at `now_ms`, not before what has happened."""
        self.now_ms = max(self.now_ms, now_ms)
        self.steps += 1
        node = self.machine.plan.uids.index(command.uid)
        running = self.machine.running_on(node)
        if not command.task_id:
            outage = self._fleet.silence(node, self.now_ms)
            if running is not None:
                self._reschedule(running, outage)
            return
        broken = self.machine.plan.instance(node, command.task_id)
        if broken is None:
            return
        error = command.error or "broken by a fault put in"
        self._fleet.break_task(broken, error)
        if running == broken:
            self._end_at(broken, self._fleet.failure(broken, self.now_ms, error))

    def knows(self, command: FaultCommand) -> bool:
        """Tell whether the node, and the task on it, are there."""
        plan = self.machine.plan
        if command.uid not in plan.uids:
            return False
        node = plan.uids.index(command.uid)
        return not command.task_id or plan.instance(node, command.task_id) is not None

    def advance(self, max_steps: int, until_ms: int | None = None) -> None:
        """Let happen what is due, up to a number of steps and a time (inclusive)."""
        last = self.steps + max_steps
        if not self._has_begun and max_steps:
            self._begin()
        while self.steps < last and self.result is None:
            due = self.next_due_ms()
            if due is None or (until_ms is not None and due > until_ms):
                return
            if self._stop_at is not None and due == self._stop_at:
                self._stop_by_scenario(due)
            elif self._heap and self._heap[0] >> _BITS == due:
                self._end_tasks(last, self._horizon(until_ms))
            elif self._cut_off is not None:
                self._cut_off_running(self._cut_off[1])

    def _begin(self) -> None:
        self._has_begun = True
        self.steps += 1
        if self._stop_at is not None and self._stop_at <= 0:
            self._stop_at = None
            self.machine.handle(StopRequested(0))
        self._schedule(self.machine.handle(Begin(0, self._fleet.offline(0))))

    def _horizon(self, until_ms: int | None) -> int:
        """Return the last time at which tasks may end before something else is looked at."""
        bounds = [until_ms] if until_ms is not None else []
        if self._stop_at is not None:
            bounds.append(self._stop_at - 1)
        if self._cut_off is not None:
            bounds.append(self._cut_off[0])
        return min(bounds) if bounds else 1 << 62

    def _end_tasks(self, last_step: int, horizon_ms: int) -> None:
        """End tasks in order of time: the loop in which a run spends its life."""
        heap, special, went_well = self._heap, self._fleet.is_special, self.machine.task_went_well
        result, steps, duration = self._fleet.result, self.steps, self._fleet.duration_ms
        end = (horizon_ms + 1) << _BITS
        is_plain = self.starts is None and not special
        while heap and steps < last_step and heap[0] < end:
            entry = heappop(heap)
            instance = entry & _MASK
            self.now_ms = now = entry >> _BITS
            steps += 1
            if instance in special:
                started = self._end_special(instance, now)
            else:
                started = went_well(now, instance, result[instance])
            if is_plain:
                for begun in started:
                    heappush(heap, (now + duration[begun]) << _BITS | begun)
            elif started:
                self._schedule(started)
        self.steps = steps

    def _reschedule(self, instance: int, outage: Outage) -> None:
        """Let a silence of its node change when and how a running task ends."""
        due = next(entry >> _BITS for entry in self._heap if entry & _MASK == instance)
        ending = self._endings.get(instance) or self._fleet.undisturbed(instance, due)
        self._end_at(instance, during_outage(outage, self.now_ms, ending))

    def _end_at(self, instance: int, ending: Ending) -> None:
        """Give a running task another end; its entry in the heap becomes void."""
        self._heap = [entry for entry in self._heap if entry & _MASK != instance]
        heapify(self._heap)
        heappush(self._heap, ending.at_ms << _BITS | instance)
        self._endings[instance] = ending

    def _end_special(self, instance: int, now: int) -> list[int]:
        ending = self._endings.pop(instance, None) or self._fleet.undisturbed(instance, now)
        return self.machine.task_ended(
            now,
            instance,
            ending.result,
            error=ending.error,
            summary=ending.summary,
            then_stop=instance in self._stop_after,
        )

    def _schedule(self, started: list[int]) -> None:
        heap, now, duration = self._heap, self.now_ms, self._fleet.duration_ms
        special = self._fleet.is_special
        if self.starts is not None:
            self.starts += [(now, instance) for instance in started]
        for instance in started:
            if instance in special:
                ending = self._endings[instance] = self._fleet.ending(instance, now)
                heappush(heap, ending.at_ms << _BITS | instance)
            else:
                heappush(heap, (now + duration[instance]) << _BITS | instance)

    def _stop_by_scenario(self, due: int) -> None:
        self._stop_at = None
        self.steps += 1
        self.now_ms = due
        self.machine.handle(StopRequested(due))

    def _cut_off_running(self, event: CutOff) -> None:
        self._cut_off = None
        self._heap.clear()
        self.steps += 1
        self.now_ms = event.now_ms
        self.machine.handle(event)


def _stop_point(plan: DeploymentPlan, scenario: Scenario) -> tuple[int | None, frozenset[int]]:
    """Return when the scenario stops the run, and after which instances."""
    stop = scenario.stop
    if stop is None:
        return None, frozenset()
    if stop.before_start:
        return 0, frozenset()
    after = [
        i for i in range(plan.instances) if stop.after_task and plan.label(i) == stop.after_task
    ]
    return stop.at_ms, frozenset(after)

"""The laws of a run, over random graphs: nothing starts too early, everything ends."""

from __future__ import annotations

import sys
from heapq import heappop, heappush

from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.domain.deployment.events import Begin, CutOff, StopRequested, TaskEnded
from orchestrator.domain.deployment.machine import Deployment
from orchestrator.domain.deployment.plan import DeploymentPlan, prepare
from orchestrator.domain.message import FaultToleranceGroup, TaskDeploy
from orchestrator.domain.states import (
    FINISHED_TASK,
    TASK_TRANSITIONS,
    ExecutionState,
    NodeStatus,
    TaskStatus,
)
from tests.orchestrator.domain.naive_loop import NaiveLoop
from tests.orchestrator.domain.strategies import RandomDeployment, deployments

SUCCESS = {TaskStatus.SUCCESSFUL, TaskStatus.SKIPPED}
UNSTARTED = {TaskStatus.PENDING, TaskStatus.READY}


class Fleet:
    """Drives a machine in virtual time and checks the laws after every event."""

    def __init__(self, random: RandomDeployment, *, with_barriers: bool) -> None:
        graph = random.graph(with_barriers=with_barriers)
        group = FaultToleranceGroup(
            "all", tuple(u for u in graph.uids if u != "null"), random.tolerance
        )
        self.random = random
        self.plan = prepare(TaskDeploy(graph, (group,)))
        self.machine = Deployment(self.plan, random.max_nodes)
        self.place = {(uid, name): i for i, (uid, name, _) in enumerate(random.tasks)}
        self.starts: list[str] = []
        self.trail: list[tuple[int, str, int]] = []
        self.heap: list[tuple[int, int]] = []
        self.seen = bytearray(self.plan.instances)
        self.limit = random.max_nodes or len(self.plan.uids)
        self.requires = logical_requires(random)

    def origin(self, instance: int) -> int:
        """Return the number that an instance has in the random deployment."""
        uid = self.plan.uids[self.plan.node[instance]]
        return self.place[uid, self.plan.task_of(instance)]

    def take(self, started: list[int], now: int) -> None:
        """Note starts and when they end; check the laws."""
        for instance in started:
            self.starts.append(self.plan.label(instance))
            self.check_start(instance)
            heappush(self.heap, (now + self.random.durations[self.origin(instance)], instance))
        self.check_laws()

    def run(self, cut_off_after: int = sys.maxsize) -> ExecutionState | None:
        """Run to the end, cut off after so many endings."""
        self.take(self.machine.handle(Begin(0)), 0)
        count = 0
        while self.machine.result is None:
            if count == cut_off_after:
                self.take(self.machine.handle(CutOff(self.now)), self.now)
                break
            self.end_next()
            count += 1
        return self.machine.result

    @property
    def now(self) -> int:
        """The time of the next ending."""
        return self.heap[0][0] if self.heap else 0

    def end_next(self) -> None:
        """Let the next task end."""
        now, instance = heappop(self.heap)
        fails = self.origin(instance) in self.random.fails
        is_quiet = bool(self.plan.quiet[instance])
        result = TaskStatus.FAILED if fails else TaskStatus.SUCCESSFUL
        if is_quiet and not fails:
            result = TaskStatus.SKIPPED
        self.take(self.machine.handle(TaskEnded(now, instance, result)), now)
        self.trail.append((now, self.plan.label(instance), self.machine.status[instance]))

    def check_start(self, instance: int) -> None:
        """Nothing starts before what it needs has ended as it needs it."""
        is_sync = self.plan.node[instance] == self.plan.sync_node
        for other in self.requires[self.origin(instance)]:
            status = self.status_of(other)
            assert status in (FINISHED_TASK if is_sync else SUCCESS)

    def status_of(self, origin: int) -> TaskStatus:
        """Return the status of a task of the random deployment."""
        uid, name, _ = self.random.tasks[origin]
        found = self.plan.instance(self.plan.uids.index(uid), name)
        assert found is not None
        return TaskStatus(self.machine.status[found])

    def check_laws(self) -> None:
        """One task a node, few enough nodes, few enough of a name, no illegal change."""
        machine, plan = self.machine, self.plan
        running = [i for i in range(plan.instances) if machine.status[i] == TaskStatus.RUNNING]
        assert sorted(running) == sorted(machine.running)
        assert len({plan.node[i] for i in running}) == len(running) <= self.limit
        for name, limit in enumerate(plan.limits):
            count = sum(int(plan.task_column[i]) == name for i in running)
            assert not limit or count <= limit
        for node, node_status in enumerate(machine.nodes):
            own = range(plan.first[node], plan.first[node + 1])
            if node_status in {NodeStatus.FAILED, NodeStatus.SKIPPED}:
                assert all(machine.status[i] not in UNSTARTED | {TaskStatus.RUNNING} for i in own)
        for instance, status in enumerate(machine.status):
            assert is_reachable(TaskStatus(self.seen[instance]), TaskStatus(status))
        self.seen[:] = machine.status


def is_reachable(old: TaskStatus, new: TaskStatus) -> bool:
    """Tell whether listed changes lead from one status to another within one event."""
    reached = {old}
    while True:
        more = {b for a, b in TASK_TRANSITIONS if a in reached} - reached
        if new in reached or not more:
            return new in reached
        reached |= more  # type: ignore[arg-type]


def logical_requires(random: RandomDeployment) -> dict[int, set[int]]:
    """Return what each task waits for, products spelled out."""
    requires: dict[int, set[int]] = {index: set() for index in range(len(random.tasks))}
    for first, then in random.edges:
        requires[then].add(first)
    for before, after in random.products:
        for then in after:
            requires[then] |= before - {then}
    return requires


def final_statuses(plan: DeploymentPlan, machine: Deployment) -> dict[str, str]:
    """Return the status of each task by name."""
    return {plan.label(i): TaskStatus(machine.status[i]).name for i in range(plan.instances)}


@given(deployments())
def test_a_run_keeps_the_laws_and_ends_every_task(random: RandomDeployment) -> None:
    """After the last event each task is in a final state."""
    fleet = Fleet(random, with_barriers=True)
    fleet.run()
    assert {TaskStatus(s) for s in fleet.machine.status} <= FINISHED_TASK


@given(deployments())
def test_barriers_are_invisible(random: RandomDeployment) -> None:
    """With barriers or with the edges they stand for: same starts, same ends, same events."""
    with_barriers, plain = Fleet(random, with_barriers=True), Fleet(random, with_barriers=False)
    assert with_barriers.run() == plain.run()
    assert with_barriers.starts == plain.starts
    assert with_barriers.trail == plain.trail
    assert with_barriers.machine.record.take() == plain.machine.record.take()


@given(deployments(), st.integers(0, 8))
def test_after_a_stop_nothing_starts_and_everything_ends(
    random: RandomDeployment, stop_after: int
) -> None:
    """A stop wins whenever it comes before the end; errors stay errors."""
    fleet = Fleet(random, with_barriers=True)
    fleet.take(fleet.machine.handle(Begin(0)), 0)
    for _ in range(stop_after):
        if fleet.machine.result is None:
            fleet.end_next()
    is_over = fleet.machine.result is not None
    fleet.machine.handle(StopRequested(fleet.now))
    started = list(fleet.starts)
    while fleet.machine.result is None:
        fleet.end_next()
    assert fleet.starts == started
    assert {TaskStatus(s) for s in fleet.machine.status} <= FINISHED_TASK
    assert is_over or fleet.machine.result in {ExecutionState.STOPPED, ExecutionState.ERROR}


@given(deployments(), st.integers(0, 6))
def test_cutting_off_ends_a_run_at_once(random: RandomDeployment, after: int) -> None:
    """A forced stop leaves no task running or unstarted."""
    fleet = Fleet(random, with_barriers=True)
    fleet.run(cut_off_after=after)
    assert {TaskStatus(s) for s in fleet.machine.status} <= FINISHED_TASK


@given(deployments())
def test_progress_never_falls_and_ends_at_100(random: RandomDeployment) -> None:
    """Of each node, and of the whole."""
    fleet = Fleet(random, with_barriers=True)
    fleet.run()
    rows = fleet.machine.record.take()
    last = [0] * len(fleet.plan.uids)
    for subject, progress in zip(rows.subject, rows.progress, strict=True):
        if progress >= 0:
            node = fleet.plan.node[subject] if subject >= 0 else -2 - subject
            assert last[node] <= progress
            last[node] = progress
    assert set(last) == {100}
    overall = [p for _, p in sorted(rows.execution_progress.items())]
    assert overall == sorted(overall)
    assert overall[-1] == 100
    assert list(rows.elapsed_ms) == sorted(rows.elapsed_ms)


@settings(max_examples=300)
@given(deployments(is_simple=True))
def test_outcomes_equal_those_of_a_naive_visit_loop(random: RandomDeployment) -> None:
    """A loop that looks at everything in each pass ends every task the same, brake included."""
    fleet = Fleet(random, with_barriers=True)
    fleet.run()
    requires = logical_requires(random)
    names = [(uid, name) for uid, name, _ in random.tasks]
    ends = {}
    for index, (_, _, definition) in enumerate(random.tasks):
        is_soft = definition.fail_on_error is False
        status = "skipped" if definition.type == "stage" else "successful"
        if index in random.fails:
            status = "skipped" if is_soft else "failed"
        ends[names[index]] = (random.durations[index], status)
    naive = NaiveLoop(
        {names[i]: {names[other] for other in requires[i]} for i in requires},
        ends,
        random.tolerance,
    ).run()
    ours = final_statuses(fleet.plan, fleet.machine)
    theirs = {f"{uid}/{name}": status.upper() for (uid, name), status in naive.items()}
    assert ours == theirs

"""Which ready task starts next: one a node, a bounded number of nodes, a bounded number a name.

A node that has to wait for a slot stands in one line with the others and goes to its end after
each task, so that none starves (dossier 18.8). A task whose name is at its limit is set aside and
comes back when one of that name ends. Every step costs O(log tasks of the node).
"""

from __future__ import annotations

from collections import deque
from heapq import heappop, heappush
from typing import TYPE_CHECKING, Final

from orchestrator.domain.states import TaskStatus

if TYPE_CHECKING:
    from collections.abc import Iterable

    from orchestrator.domain.deployment.plan import DeploymentPlan

IDLE: Final = -1
_READY: Final = int(TaskStatus.READY)
_RUNNING: Final = int(TaskStatus.RUNNING)


class ReadyQueues:
    """The ready tasks of each node and what keeps them from running.

    `status` is shared with the machine: a queued task that is ready no longer is passed over, one
    that starts is RUNNING.
    `ready` holds a heap of ranks per node; to queue an instance is to push its `rank` there.
    """

    __slots__ = (
        "_aside",
        "_by_rank",
        "_has_limits",
        "_is_waiting",
        "_node",
        "_room",
        "_slots",
        "_status",
        "_task",
        "_waiting",
        "_width",
        "rank",
        "ready",
        "running",
    )

    def __init__(self, plan: DeploymentPlan, status: bytearray, max_nodes: int) -> None:
        nodes = len(plan.uids)
        self._node = plan.node
        self.rank = plan.rank
        self._by_rank = plan.by_rank
        self._status = status
        self.ready: list[list[int]] = [[] for _ in range(nodes)]
        self._width = max_nodes if max_nodes > 0 else nodes
        self._slots = self._width
        self._waiting: deque[int] = deque()
        self._is_waiting = bytearray(nodes)
        self._has_limits = any(plan.limits)
        self._task = plan.task_column.tolist() if self._has_limits else []
        self._room = [limit or plan.instances for limit in plan.limits]
        self._aside: dict[int, deque[int]] = {}
        self.running = [IDLE] * nodes

    @property
    def is_idle(self) -> bool:
        """Tell whether nothing runs."""
        return self._slots == self._width

    def add(self, instance: int) -> None:
        """Queue a task that became ready."""
        heappush(self.ready[self._node[instance]], self.rank[instance])

    def start_on(self, nodes: Iterable[int]) -> list[int]:
        """Start a task on each of `nodes` that can take one; return what started."""
        started: list[int] = []
        for node in nodes:
            self._try(node, started)
        return started

    def end(self, instance: int, node: int) -> None:
        """Free what a running task held."""
        self.running[node] = IDLE
        self._slots += 1
        if self._has_limits:
            self._room[self._task[instance]] += 1

    def start_after(self, ended: int, node: int, unblocked: list[int]) -> list[int]:
        """Start what the end of a task on `node` allows, which has freed what it held.

        First come tasks set aside for the name that ended, then nodes waiting for a slot, then
        `node`, then the nodes on which it made a task ready, in order of their numbers.
        """
        started: list[int] = []
        if self._has_limits:
            self._try_aside(self._task[ended], started)
        waiting = self._waiting
        while waiting and self._slots:
            first = waiting.popleft()
            self._is_waiting[first] = 0
            self._start(first, started)
        if self.ready[node] and self.running[node] == IDLE:
            if self._slots:
                self._start(node, started)
            else:
                waiting.append(node)
                self._is_waiting[node] = 1
        if unblocked and unblocked != [node]:
            for other in sorted({*unblocked} - {node}):
                self._try(other, started)
        return started

    def _try(self, node: int, started: list[int]) -> None:
        """Start a task of a node that is free, or let the node wait where no slot is."""
        if not self.ready[node] or self.running[node] != IDLE or self._is_waiting[node]:
            return
        if self._slots:
            self._start(node, started)
        else:
            self._waiting.append(node)
            self._is_waiting[node] = 1

    def _start(self, node: int, started: list[int]) -> None:
        """Start the heaviest ready task of a free node whose name has room, if there is one.

        Tasks whose name has no room are set aside, those that are ready no longer forgotten.
        """
        ready = self.ready[node]
        status = self._status
        while ready:
            instance = self._by_rank[heappop(ready)]
            if status[instance] != _READY or (self._has_limits and self._is_full(instance)):
                continue
            status[instance] = _RUNNING
            self.running[node] = instance
            self._slots -= 1
            started.append(instance)
            return

    def _is_full(self, instance: int) -> bool:
        """Take room for a task, or set it aside where its name has none."""
        name = self._task[instance]
        if self._room[name]:
            self._room[name] -= 1
            return False
        self._aside.setdefault(name, deque()).append(instance)
        return True

    def _try_aside(self, name: int, started: list[int]) -> None:
        """Bring tasks of a name back, oldest first, until its room is taken or all are queued.

        One whose node is busy or waits for a slot stays queued there and is met again when the
        node is free.
        """
        aside = self._aside.get(name)
        while aside and self._room[name]:
            instance = aside.popleft()
            if self._status[instance] == _READY:
                self.add(instance)
                self._try(self._node[instance], started)

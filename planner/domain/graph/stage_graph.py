"""Which tasks of a plain list come before or after which, wherever they run?"""

from __future__ import annotations

from heapq import heapify, heappop, heappush
from typing import TYPE_CHECKING

from planner.domain.graph.name_pattern import matching

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from planner.domain.graph.task import Task


class StageGraph:
    """The graph of task ids without nodes: requires, required_for, groups and members (7.1).

    Edges keep the order in which the list names them.
    """

    def __init__(self, tasks: Sequence[Task]) -> None:
        self._after: dict[str, dict[str, None]] = {task.id: {} for task in tasks}
        self._before: dict[str, dict[str, None]] = {task.id: {} for task in tasks}
        groups = [task.id for task in tasks if task.is_group]
        for task in tasks:
            for name in _words(task.document.get("requires")):
                self._connect(name, task.id)
            for name in _words(task.document.get("required_for")):
                self._connect(task.id, name)
            for name in _words(task.document.get("groups")):
                for group in matching(name, groups):
                    self._connect(task.id, group)
            for name in _words(task.document.get("stage")):
                self._connect(task.id, name.partition("/")[0])
            for member in task.members:
                self._connect(member, task.id)

    def between(self, start: str, end: str) -> set[str]:
        """Return what lies on a way from start to end, both included; nothing if one is absent."""
        if start not in self._after or end not in self._before:
            return set()
        return _reached(start, self._after) & _reached(end, self._before)

    def all_before(self, task_id: str) -> set[str]:
        """Return all predecessors of a task, near and far."""
        return _reached(task_id, self._before) - {task_id} if task_id in self._before else set()

    def all_after(self, task_id: str) -> set[str]:
        """Return all successors of a task, near and far."""
        return _reached(task_id, self._after) - {task_id} if task_id in self._after else set()

    def ordered(self) -> list[str]:
        """Return all tasks, each after its predecessors, otherwise in the order of the list.

        What is part of a cycle, or behind one, is left out.
        """
        open_ways = {name: len(before) for name, before in self._before.items()}
        rank = {name: index for index, name in enumerate(self._before)}
        ready = [rank[name] for name, ways in open_ways.items() if not ways]
        names = list(self._before)
        found = []
        heapify(ready)
        while ready:
            name = names[heappop(ready)]
            found.append(name)
            for follower in self._after[name]:
                open_ways[follower] -= 1
                if not open_ways[follower]:
                    heappush(ready, rank[follower])
        return found

    def required_by(self, task_id: str) -> list[str]:
        """Return what directly precedes a task, in the order it was named."""
        return list(self._before.get(task_id, ()))

    def first_after(self, task_id: str) -> str | None:
        """Return what was named first as directly following a task."""
        return next(iter(self._after.get(task_id, ())), None)

    def _connect(self, first: str, second: str) -> None:
        if first in self._after and second in self._before:
            self._after[first].setdefault(second)
            self._before[second].setdefault(first)


def _reached(start: str, edges: dict[str, dict[str, None]]) -> set[str]:
    found = {start}
    pending = [start]
    while pending:
        for name in edges[pending.pop()]:
            if name not in found:
                found.add(name)
                pending.append(name)
    return found


def _words(value: object) -> Iterable[str]:
    if isinstance(value, str):
        return (value,)
    return [word for word in value if isinstance(word, str)] if isinstance(value, list) else ()

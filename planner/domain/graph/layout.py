"""Which task instances does a plan have, and which number does each bear?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.domain.graph.name_pattern import matcher

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from planner.domain.graph.node_set import NodeSet


class Layout:
    """Numbers instances by node, then task; nodes of a group hold the same tasks.

    ``present[g]`` names the tasks of group g. Arithmetic replaces lookups: an instance's number
    is where its node starts plus the rank of the task in the node's group.
    """

    def __init__(self, nodes: NodeSet, present: Sequence[Mapping[str, object]]) -> None:
        self.nodes = nodes
        self.task_ids: tuple[str, ...] = tuple(sorted(set().union(*present)))
        self.task_index = {task_id: i for i, task_id in enumerate(self.task_ids)}
        self.tasks = [
            np.array(sorted(self.task_index[t] for t in ids), dtype=np.int64) for ids in present
        ]
        self._rank = np.full((len(present), len(self.task_ids)), -1, dtype=np.int64)
        for group, tasks in enumerate(self.tasks):
            self._rank[group, tasks] = np.arange(len(tasks))
        group_of = np.zeros(len(nodes.uids), dtype=np.int64)
        for number, node_group in enumerate(nodes.groups):
            group_of[node_group.positions] = number
        held = np.array([len(tasks) for tasks in self.tasks], dtype=np.int64)[group_of]
        self._first = np.concatenate(([0], np.cumsum(held)))
        self.count = int(self._first[-1])
        self.node: NDArray[np.int32] = np.repeat(np.arange(len(held)), held).astype(np.int32)
        rows = [self.tasks[group] for group in group_of]
        self.task: NDArray[np.int32] = np.concatenate(rows).astype(np.int32)
        self._found: dict[tuple[int, str], NDArray[np.int64]] = {}

    def instances(
        self, group: int, task: int, positions: NDArray[np.int64] | None = None
    ) -> NDArray[np.int64]:
        """Number the instances of a task on these nodes of a group, by default on all of them."""
        if positions is None:
            positions = self.nodes.groups[group].positions
        numbers: NDArray[np.int64] = self._first[positions] + self._rank[group, task]
        return numbers

    def group_of(self, position: int) -> int:
        """Return the group of a node."""
        for number, group in enumerate(self.nodes.groups):
            if position in group.positions:
                return number
        raise IndexError(position)

    def search(self, group: int, name: str, *, follows: bool) -> NDArray[np.int64]:  # noqa: ARG002
        """Return the tasks of a group that a written name stands for (dossier 6.3).

        A name means the same whether its tasks come before or after the one that names them.
        """
        found = self._found.get((group, name))
        if found is None:
            test = matcher(name)
            held = self.tasks[group]
            chosen = [int(task) for task in held if test(self.task_ids[task])]
            found = self._found[group, name] = np.array(chosen, dtype=np.int64)
        return found

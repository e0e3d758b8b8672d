"""How do verdicts on tasks become the arrays of a task graph?"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import numpy as np

from planner.domain.graph.edge_drawing import DrawingRules, EdgeDrawing
from planner.domain.graph.task_graph import TaskGraph

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from planner.domain.graph.edge_drawing import Loop, NameSearch
    from planner.domain.graph.layout import Layout
    from planner.domain.graph.tables import Tables
    from planner.domain.graph.task_filling import Verdict
    from planner.domain.graph.task_graph import FaultToleranceGroup

T = TypeVar("T")


class Assembly:
    """A task graph under construction: every instance of the layout gets its verdict once."""

    def __init__(self, layout: Layout, tables: Tables) -> None:
        self._layout = layout
        self._tables = tables
        self._definition = np.zeros(layout.count, dtype=np.int32)
        self._reason = np.zeros(layout.count, dtype=np.int32)
        self._holders: dict[tuple[int, int], list[tuple[int, NDArray[np.int64]]]] = {}

    def put(self, group: int, task: int, verdicts: Sequence[Verdict]) -> None:
        """Store the verdicts of a task on the nodes of a group; a single one is for them all."""
        instances = self._layout.instances(group, task)
        positions = self._layout.nodes.groups[group].positions
        self._definition[instances] = [verdict.definition for verdict in verdicts]
        self._reason[instances] = [verdict.reason for verdict in verdicts]
        relations = np.array([verdict.relations for verdict in verdicts])
        for number in dict.fromkeys(relations.tolist()):
            chosen = positions if len(verdicts) == 1 else positions[relations == number]
            self._holders.setdefault((task, number), []).append((group, chosen))

    def relations(self) -> list[tuple[int, int]]:
        """List every (task, relations) pair that an instance has."""
        return list(self._holders)

    def finish(
        self,
        search: NameSearch,
        rules: DrawingRules,
        fault_tolerance_groups: Sequence[FaultToleranceGroup] = (),
        directory: Sequence[tuple[str, str]] = (),
    ) -> tuple[TaskGraph, tuple[Loop, ...]]:
        """Draw the edges and return the graph, and the self-edges that nobody asked for."""
        drawing = EdgeDrawing(self._layout, search, rules)
        known = self._tables.relations.values()
        for (task, number), holders in self._holders.items():
            drawing.draw(task, holders, known[number])
        barriers, requires, required_for = drawing.rows()
        definition, definitions = _compacted(self._definition, self._tables.definitions.values())
        reason, reasons = _compacted(self._reason, self._tables.reasons.values())
        graph = TaskGraph(
            uids=self._layout.nodes.uids,
            task_ids=self._layout.task_ids,
            definitions=definitions,
            reasons=reasons,
            node=self._layout.node,
            task=self._layout.task,
            definition=definition,
            reason=reason,
            barriers=barriers,
            requires=requires,
            required_for=required_for,
            fault_tolerance_groups=tuple(fault_tolerance_groups),
            directory=tuple(directory),
        )
        return graph, tuple(drawing.loops)


def _compacted(
    numbers: NDArray[np.int32], table: tuple[T, ...]
) -> tuple[NDArray[np.int32], tuple[T, ...]]:
    """Drop what no instance uses and number the rest by first use, so equal plans are equal."""
    used, first, inverse = np.unique(numbers, return_index=True, return_inverse=True)
    order = np.argsort(first)
    rank = np.empty(len(used), dtype=np.int32)
    rank[order] = np.arange(len(used), dtype=np.int32)
    return rank[inverse], tuple(table[number] for number in used[order].tolist())

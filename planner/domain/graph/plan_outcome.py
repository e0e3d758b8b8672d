"""What does planning leave behind besides the graph, for those who check or explain it?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from planner.domain.graph.edge_drawing import Loop
    from planner.domain.graph.relations import Relations
    from planner.domain.graph.tables import Tables
    from planner.domain.graph.task_graph import TaskGraph


@dataclass(frozen=True, slots=True)
class PlanOutcome:
    """A planned graph, the self-edges nobody asked for, and the relations its edges come from."""

    graph: TaskGraph
    loops: tuple[Loop, ...]
    holders: Sequence[tuple[int, int]]
    tables: Tables

    def relations(self) -> Iterator[tuple[str, Relations]]:
        """Yield each task id with each distinct set of relations that it has somewhere."""
        known = self.tables.relations.values()
        for task, number in self.holders:
            yield self.graph.task_ids[task], known[number]

"""Which edges do the relations of a task draw?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from planner.domain.graph.edge_list import BARRIER_SAVES, EdgeList, join
from planner.domain.graph.name_pattern import is_pattern

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from planner.domain.graph.layout import Layout
    from planner.domain.graph.relations import CrossRelation, Relations
    from planner.domain.graph.task_graph import Edges

    Positions = NDArray[np.int64]
    Holders = Sequence[tuple[int, Positions]]


class NameSearch(Protocol):
    """Finds the tasks of a group that a name stands for, seen as a predecessor or a successor."""

    def __call__(self, group: int, name: str, *, follows: bool) -> NDArray[np.int64]:
        """Return task numbers; ``follows`` says that they come after the task that names them."""
        ...


@dataclass(frozen=True, slots=True)
class Loop:
    """An instance that was asked to wait for itself without being named: a pattern, a role."""

    task: str
    field: str
    name: str


@dataclass(frozen=True, slots=True)
class DrawingRules:
    """What differs between the forms of planning and between recorded and strict plans."""

    null_role_is_sync: bool = True
    """An explicit null role means the sync node; in the older form it finds nothing."""
    keeps_loops: bool = True
    """Self-edges from patterns and from role self stay, as recorded (decision 1)."""
    barrier_saves: int = BARRIER_SAVES


class EdgeDrawing:
    """Draws the edges of a plan; ``loops`` lists the self-edges that were not asked for by name."""

    def __init__(self, layout: Layout, search: NameSearch, rules: DrawingRules) -> None:
        self._layout = layout
        self._search = search
        self._rules = rules
        self._before = EdgeList(rules.barrier_saves)
        self._after = EdgeList(rules.barrier_saves)
        self.loops: dict[Loop, None] = {}

    def draw(self, task: int, holders: Holders, relations: Relations) -> None:
        """Draw all relations of a task on the nodes that hold it: (group, positions) pairs."""
        for field, names in (
            ("requires", relations.requires),
            ("required_for", relations.required_for),
        ):
            for name in names:
                self._draw_near(task, holders, name, field)
        for field, crosses in (
            ("cross_depends", relations.cross_depends),
            ("cross_depended_by", relations.cross_depended_by),
        ):
            for relation in crosses:
                self._draw_cross(task, holders, relation, field)

    def rows(self) -> tuple[int, Edges, Edges]:
        """Return the number of barriers and the rows of requires and of required_for."""
        return join(self._before, self._after, self._layout.count)

    def _draw_near(self, task: int, holders: Holders, name: str, field: str) -> None:
        sync = self._layout.nodes.sync
        self._draw_own(task, holders, name, field, is_soft=is_pattern(name))
        self._draw_sync(task, [h for h in holders if h[0] != sync], name, field)

    def _draw_cross(self, task: int, holders: Holders, relation: CrossRelation, field: str) -> None:
        if relation.is_self:
            self._draw_own(task, holders, relation.name, field, is_soft=True)
        elif relation.role is None:
            if self._rules.null_role_is_sync:
                self._draw_sync(task, holders, relation.name, field)
        elif relation.takes_any:
            self._draw_any(task, holders, relation, field)
        else:
            self._draw_all(task, holders, relation, field)

    def _draw_own(
        self, task: int, holders: Holders, name: str, field: str, *, is_soft: bool
    ) -> None:
        for group, positions in holders:
            sources = self._layout.instances(group, task, positions)
            for target in self._find(group, name, field):
                if target == task and self._is_dropped(task, field, name, is_soft=is_soft):
                    continue
                targets = self._layout.instances(group, int(target), positions)
                self._edges(field).draw(sources, targets)

    def _draw_sync(self, task: int, holders: Holders, name: str, field: str) -> None:
        sync = self._layout.nodes.sync
        found = self._find(sync, name, field)
        for group, positions in holders:
            sources = self._layout.instances(group, task, positions)
            for target in found:
                is_loop = group == sync and target == task
                if is_loop and self._is_dropped(task, field, name, is_soft=is_pattern(name)):
                    continue
                self._edges(field).draw(sources, self._layout.instances(sync, int(target)))

    def _draw_any(self, task: int, holders: Holders, relation: CrossRelation, field: str) -> None:
        layout = self._layout
        chosen = layout.nodes.lowest(layout.nodes.resolve(relation.role, layout.task_ids[task]))
        if chosen is None:
            return
        target_group, position = layout.group_of(chosen), np.array([chosen])
        for group, positions in holders:
            for target in self._find(target_group, relation.name, field):
                kept = positions if target != task else positions[positions != chosen]
                sources = layout.instances(group, task, kept)
                self._edges(field).draw(
                    sources, layout.instances(target_group, int(target), position)
                )

    def _draw_all(self, task: int, holders: Holders, relation: CrossRelation, field: str) -> None:
        layout = self._layout
        others: list[NDArray[np.int64]] = []
        own: list[NDArray[np.int64]] = []
        for group in layout.nodes.resolve(relation.role, layout.task_ids[task]):
            for target in self._find(group, relation.name, field):
                found = layout.instances(group, int(target))
                (own if target == task else others).append(found)
        sources = _joined([layout.instances(g, task, positions) for g, positions in holders])
        edges = self._edges(field)
        edges.cross(sources, _joined(others))
        # Instances of the task itself wait for one another, each but for itself.
        peers = _joined(own)
        edges.cross(sources, np.setdiff1d(peers, sources))
        both = np.intersect1d(peers, sources)
        first, second = np.repeat(sources, len(both)), np.tile(both, len(sources))
        edges.draw(first[first != second], second[first != second])

    def _find(self, group: int, name: str, field: str) -> NDArray[np.int64]:
        return self._search(group, name, follows=_follows(field))

    def _edges(self, field: str) -> EdgeList:
        return self._after if _follows(field) else self._before

    def _is_dropped(self, task: int, field: str, name: str, *, is_soft: bool) -> bool:
        if not is_soft:
            return False
        self.loops.setdefault(Loop(self._layout.task_ids[task], field, name))
        return not self._rules.keeps_loops


def _follows(field: str) -> bool:
    return field in {"required_for", "cross_depended_by"}


def _joined(arrays: list[NDArray[np.int64]]) -> NDArray[np.int64]:
    return np.concatenate(arrays) if arrays else np.zeros(0, dtype=np.int64)

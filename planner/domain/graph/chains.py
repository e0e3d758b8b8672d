"""How does one task that unfolds into several stay one for those who name it (dossier 7.3)?"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from planner.domain.graph.name_pattern import matcher
from planner.domain.graph.relations import Relations

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from planner.domain.graph.layout import Layout


@dataclass(frozen=True, slots=True)
class Chain:
    """The ids a task unfolds into: ``id_start``, ``id#1`` …, ``id_end``; or itself alone."""

    origin: str
    ids: tuple[str, ...]

    @classmethod
    def of(cls, origin: str, length: int) -> Chain:
        """Name the links of a task with this many payloads."""
        if length == 1:
            return cls(origin, (origin,))
        middle = (f"{origin}#{number}" for number in range(1, length - 1))
        return cls(origin, (f"{origin}_start", *middle, f"{origin}_end"))


def chain_relations(relations: Relations, chain: Chain, index: int) -> Relations:
    """Return the relations of one link: the first waits, the last is waited for."""
    if len(chain.ids) == 1:
        return relations
    if index == 0:
        return replace(relations, required_for=(), cross_depended_by=())
    previous = (chain.ids[index - 1],)
    if index == len(chain.ids) - 1:
        return replace(relations, requires=previous, cross_depends=())
    return Relations(requires=previous)


class ChainSearch:
    """Finds tasks by name; who names an unfolded task waits for its end or precedes its start."""

    def __init__(self, layout: Layout, chains: Mapping[str, Chain]) -> None:
        self._layout = layout
        self._chains = {task: c for task, c in chains.items() if len(c.ids) > 1}
        self._found: dict[tuple[int, str, bool], NDArray[np.int64]] = {}

    def __call__(self, group: int, name: str, *, follows: bool) -> NDArray[np.int64]:
        """Return the numbers of a group's tasks that a written name stands for."""
        if not self._chains:
            return self._layout.search(group, name, follows=follows)
        key = (group, name, follows)
        found = self._found.get(key)
        if found is None:
            test = matcher(name)
            chosen = set()
            for task in self._layout.tasks[group].tolist():
                task_id = self._layout.task_ids[task]
                chain = self._chains.get(task_id)
                if chain is None or task_id == name:
                    chosen.update([task] if test(task_id) else [])
                elif test(chain.origin):
                    chosen.add(self._layout.task_index[chain.ids[0 if follows else -1]])
            found = self._found[key] = np.array(sorted(chosen), dtype=np.int64)
        return found

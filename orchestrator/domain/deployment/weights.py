"""Which of several ready tasks goes first: the one with most work behind it (dossier 5).

The weight of a task is the sum over its dependents of 1 (same node) or 10 (other node) plus the
dependent's own weight. It counts paths, so it grows exponentially with the depth of layered
graphs; above MAX_WEIGHT it saturates (decision 23). A barrier counts as the edges it stands for,
each pair once, so that the choice among ready tasks does not depend on how edges are spelled.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from orchestrator.domain.deployment.order import WIDE, rows_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from orchestrator.domain.deployment.wiring import Wiring

MAX_WEIGHT: Final = 1 << 40
SAME_NODE: Final = 1
OTHER_NODE: Final = 10


class _Fan(NamedTuple):
    """The distinct instances behind a set of barriers, and what they weigh from another node."""

    members: frozenset[int]
    weight: int
    members_on_node: dict[int, int]


def task_weights(wiring: Wiring, levels: list[NDArray[np.int64]]) -> NDArray[np.int64]:
    """Return the weight of each instance, given complete topological levels."""
    weigher = _Weigher(wiring)
    for level in reversed(levels):
        instances = level[level < wiring.instances]
        has_barrier = weigher.has_barrier[instances]
        if len(instances) < WIDE:
            has_barrier[:] = True
        for instance in instances[has_barrier].tolist():
            weigher.weigh_one(instance)
        if len(plain := instances[~has_barrier]):
            weigher.weigh_many(plain)
    return weigher.weights


class _Weigher:
    """Weighs instances whose dependents are weighed."""

    def __init__(self, wiring: Wiring) -> None:
        self.weights = np.zeros(wiring.instances, dtype=np.int64)
        starts, targets = wiring.starts, wiring.targets
        # Rows are sorted, so a barrier stands at the end of its row.
        last = np.append(targets, -1)[starts[1 : wiring.instances + 1] - 1]
        is_empty = starts[1 : wiring.instances + 1] == starts[: wiring.instances]
        self.has_barrier = (last >= wiring.instances) & ~is_empty
        self._wiring = wiring
        self._fans: dict[tuple[int, ...], _Fan] = {}

    def weigh_many(self, level: NDArray[np.int64]) -> None:
        """Weigh instances without barriers behind them."""
        wiring = self._wiring
        targets, counts = rows_of(wiring, level)
        home = np.repeat(wiring.node[level], counts)
        parts = self.weights[targets]
        parts += np.where(wiring.node[targets] == home, SAME_NODE, OTHER_NODE)
        row = np.repeat(np.arange(len(level)), counts)
        totals = np.zeros(len(level), dtype=np.int64)
        np.add.at(totals, row, parts)
        self.weights[level] = np.minimum(totals, MAX_WEIGHT)

    def weigh_one(self, instance: int) -> None:
        """Weigh an instance, each dependent once, whether named or behind a barrier."""
        wiring = self._wiring
        row = self._row(instance)
        home = wiring.node[instance]
        total = 0
        if self.has_barrier[instance]:
            barriers = tuple(target for target in row if target >= wiring.instances)
            fan = self._fans.get(barriers) or self._spread(barriers)
            total = fan.weight - (OTHER_NODE - SAME_NODE) * fan.members_on_node.get(int(home), 0)
            row = [t for t in row[: -len(barriers)] if t not in fan.members]
        for target in row:
            total += int(self.weights[target])
            total += SAME_NODE if wiring.node[target] == home else OTHER_NODE
        self.weights[instance] = min(MAX_WEIGHT, total)

    def _row(self, vertex: int) -> list[int]:
        starts = self._wiring.starts
        row: list[int] = self._wiring.targets[starts[vertex] : starts[vertex + 1]].tolist()
        return row

    def _spread(self, barriers: tuple[int, ...]) -> _Fan:
        members = {member for barrier in barriers for member in self._row(barrier)}
        on_node: dict[int, int] = {}
        weight = OTHER_NODE * len(members)
        for member in members:
            node = int(self._wiring.node[member])
            on_node[node] = on_node.get(node, 0) + 1
            weight += int(self.weights[member])
        fan = self._fans[barriers] = _Fan(frozenset(members), weight, on_node)
        return fan

"""Which of several ready tasks goes first: the one with most work behind it (dossier 5).

The weight of a task is the sum over its dependents of 1 (same node) or 10 (other node) plus the
dependent's own weight. It counts paths, so it grows exponentially with the depth of layered
graphs; above MAX_WEIGHT it saturates (decision 23). A barrier counts as the edges it stands for,
each pair once, so that the choice among ready tasks does not depend on how edges are spelled.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from orchestrator.domain.deployment.wiring import Wiring

MAX_WEIGHT: Final = 1 << 40
SAME_NODE: Final = 1
OTHER_NODE: Final = 10


class _Fan(NamedTuple):
    """The distinct instances behind a set of barriers, and what they weigh from another node."""

    members: frozenset[int]
    weight: int
    members_on_node: dict[int, int]


def task_weights(wiring: Wiring, order: list[int]) -> list[int]:
    """Return the weight of each instance, given a complete topological order."""
    instances = wiring.instances
    node = wiring.node.tolist()
    starts = wiring.starts.tolist()
    targets = wiring.targets.tolist()
    weights = [0] * instances
    fans: dict[tuple[int, ...], _Fan] = {}
    for vertex in reversed(order):
        if vertex >= instances:
            continue
        row = targets[starts[vertex] : starts[vertex + 1]]
        home = node[vertex]
        total = 0
        if row and row[-1] >= instances:  # rows are sorted: barriers stand at the end
            barriers = tuple(target for target in row if target >= instances)
            fan = fans.get(barriers)
            if fan is None:
                members = {m for b in barriers for m in targets[starts[b] : starts[b + 1]]}
                fan = fans[barriers] = _fan(members, weights, node)
            total = fan.weight - (OTHER_NODE - SAME_NODE) * fan.members_on_node.get(home, 0)
            row = [t for t in row[: -len(barriers)] if t not in fan.members]
        for target in row:
            total += weights[target] + (SAME_NODE if node[target] == home else OTHER_NODE)
        weights[vertex] = min(MAX_WEIGHT, total)
    return weights


def _fan(members: set[int], weights: list[int], node: list[int]) -> _Fan:
    on_node: dict[int, int] = {}
    for member in members:
        on_node[node[member]] = on_node.get(node[member], 0) + 1
    weight = sum(weights[member] for member in members) + OTHER_NODE * len(members)
    return _Fan(frozenset(members), weight, on_node)

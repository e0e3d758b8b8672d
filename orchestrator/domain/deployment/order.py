"""In which order can the vertices of a graph run, and which path shows that there is none?"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from orchestrator.domain.deployment.wiring import Wiring


def topological_order(wiring: Wiring) -> list[int]:
    """Return all vertices, each after those it waits for; shorter where there is a cycle.

    What is missing from the answer lies on a cycle or behind one. O(vertices + edges), no
    recursion.
    """
    waiting = wiring.open.tolist()
    starts = wiring.starts.tolist()
    targets = wiring.targets.tolist()
    order = [vertex for vertex, count in enumerate(waiting) if not count]
    for vertex in order:
        for target in targets[starts[vertex] : starts[vertex + 1]]:
            waiting[target] -= 1
            if not waiting[target]:
                order.append(target)
    return order


def find_cycle(wiring: Wiring, order: list[int]) -> list[int]:
    """Return the instances of one cycle among the vertices missing from `order`, first repeated.

    The path follows the edges; barriers on it are left out, as nobody knows their names.
    """
    left = set(range(wiring.vertices)).difference(order)
    starts, targets = wiring.starts, wiring.targets
    # Each vertex left waits for another one that is left, so walking back ends in a cycle.
    needed_by: dict[int, int] = {}
    for vertex in sorted(left, reverse=True):
        for target in targets[starts[vertex] : starts[vertex + 1]].tolist():
            if target in left:
                needed_by[target] = vertex
    seen: dict[int, int] = {}
    vertex = min(left)
    while vertex not in seen:
        seen[vertex] = len(seen)
        vertex = needed_by[vertex]
    path = [v for v, place in seen.items() if place >= seen[vertex]][::-1]
    instances = [v for v in path if v < wiring.instances]
    lead = instances.index(min(instances))
    turned = instances[lead:] + instances[:lead]
    return [*turned, turned[0]]

"""Weights: as recorded on small graphs, the same whichever way they are computed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given

from orchestrator.domain.deployment import order, weights
from orchestrator.domain.deployment.wiring import wire
from tests.orchestrator.domain.strategies import RandomDeployment, deployments
from tests.orchestrator.graphs import GraphBuilder

if TYPE_CHECKING:
    from orchestrator.domain.message import TaskGraph


def weighed(graph: TaskGraph) -> list[int]:
    """Return the weight of each instance."""
    wiring = wire(graph)
    found: list[int] = weights.task_weights(wiring, order.topological_levels(wiring)).tolist()
    return found


@pytest.mark.parametrize(
    ("tasks", "edges", "expected"),
    [
        ([("1", "a"), ("1", "b"), ("1", "c")], [(0, 1), (1, 2)], [2, 1, 0]),
        ([("1", "a"), ("1", "b"), ("2", "c")], [(0, 1), (1, 2)], [11, 10, 0]),
        (
            [("1", "a"), ("1", "b"), ("1", "c"), ("1", "d")],
            [(0, 1), (0, 2), (1, 3), (2, 3)],
            [4, 1, 1, 0],
        ),
    ],
)
def test_small_graphs_weigh_what_was_recorded(
    tasks: list[tuple[str, str]], edges: list[tuple[int, int]], expected: list[int]
) -> None:
    """Linear, across nodes, diamond: paths are counted."""
    builder = GraphBuilder()
    for uid, name in tasks:
        builder.task(uid, name)
    builder.before += edges
    assert weighed(builder.build()) == expected


def test_layers_saturate_instead_of_exploding() -> None:
    """Sixty layers of two tasks have more paths than fit; the first weigh the most there is."""
    builder = GraphBuilder()
    layers = [[builder.task(uid, f"l{n}") for uid in "12"] for n in range(60)]
    for n in range(59):
        builder.before += [(a, b) for a in layers[n] for b in layers[n + 1]]
    found = weighed(builder.build())
    assert max(found) == weights.MAX_WEIGHT
    assert min(found) == 0


@given(deployments())
def test_wide_and_narrow_levels_weigh_the_same(random: RandomDeployment) -> None:
    """Whole-array operations and loops agree, with barriers and without."""
    found = []
    for wide in (1, 1000):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(order, "WIDE", wide)
            patch.setattr(weights, "WIDE", wide)
            found += [weighed(random.graph(with_barriers=b)) for b in (True, False)]
    assert found[1:] == found[:-1]

"""Random deployments for property tests: acyclic graphs, with barriers or spelled out."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import strategies as st

from orchestrator.domain.message import TaskDefinition, TaskGraph
from tests.orchestrator.graphs import GraphBuilder

LIMITS = ("", '{"strategy":{"type":"one_by_one"}}', '{"strategy":{"type":"parallel","amount":2}}')


@dataclass(frozen=True)
class RandomDeployment:
    """A graph by its parts: (uid, name, definition) per task, edges, products of sets.

    Edges and products lead from lower to higher numbers, so there is no cycle.
    """

    tasks: tuple[tuple[str, str, TaskDefinition], ...]
    edges: frozenset[tuple[int, int]]
    products: tuple[tuple[frozenset[int], frozenset[int]], ...]
    durations: tuple[int, ...]
    fails: frozenset[int]
    tolerance: int
    max_nodes: int

    def graph(self, *, with_barriers: bool) -> TaskGraph:
        """Return the graph with products as barriers, or as plain edges."""
        builder = GraphBuilder(list(self.tasks))
        for first, then in self.edges:
            builder.edge(first, then)
        for before, after in self.products:
            if with_barriers:
                barrier = len(self.tasks) + builder.barriers
                builder.barriers += 1
                builder.before += [(task, barrier) for task in before]
                builder.before += [(barrier, task) for task in after]
            else:
                builder.before += [(a, b) for a in before for b in after if a != b]
        return builder.build()


@st.composite
def deployments(draw: st.DrawFn, *, is_simple: bool = False) -> RandomDeployment:
    """Draw a small deployment; a simple one has no limits, and no two tasks end together."""
    nodes = draw(st.integers(1, 5))
    uids = [*(str(number + 1) for number in range(nodes)), "null"]
    places = draw(
        st.lists(
            st.tuples(st.sampled_from(uids), st.sampled_from("abcdef")),
            min_size=1,
            max_size=16,
            unique=True,
        )
    )
    definitions = st.builds(
        TaskDefinition,
        type=st.sampled_from(["puppet", "puppet", "puppet", "stage"]),
        fail_on_error=st.sampled_from([None, True, True, False]),
        parameters=st.sampled_from(LIMITS[:1] if is_simple else LIMITS).map(
            lambda limit: limit or None
        ),
    )
    tasks = tuple((uid, name, draw(definitions)) for uid, name in places)
    count = len(tasks)
    pairs = st.tuples(st.integers(0, count - 1), st.integers(0, count - 1))
    edges = draw(st.frozensets(pairs.filter(lambda pair: pair[0] < pair[1]), max_size=20))
    durations = st.lists(st.integers(0, 5), min_size=count, max_size=count)
    if is_simple:
        durations = st.permutations([1 << power for power in range(count)])
    return RandomDeployment(
        tasks=tasks,
        edges=edges,
        products=tuple(draw(st.lists(_products(count), max_size=3))),
        durations=tuple(draw(durations)),
        fails=draw(st.frozensets(st.integers(0, count - 1), max_size=4)),
        tolerance=draw(st.integers(0, 5)),
        max_nodes=0 if is_simple else draw(st.integers(0, 4)),
    )


def _products(count: int) -> st.SearchStrategy[tuple[frozenset[int], frozenset[int]]]:
    """Draw two sets, the first before the second; one instance may stand in both."""
    cuts = st.integers(0, count - 1)
    return cuts.flatmap(
        lambda cut: st.tuples(
            st.frozensets(st.integers(0, cut), min_size=1, max_size=5),
            st.frozensets(st.integers(cut, count - 1), min_size=1, max_size=5),
        )
    )

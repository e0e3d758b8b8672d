"""In which order are roles deployed where every node has one list of tasks (dossier 7.1)?"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from planner.domain.graph.stage_graph import StageGraph
    from planner.domain.graph.task import Task

STEP: Final = 100
"""Distance between two priorities."""

ONE_BY_ONE: Final = "one_by_one"


@dataclass(frozen=True, slots=True)
class Place:
    """A node in one of its roles, deployed as part of a group."""

    uid: str
    role: str
    group: str


def prioritize(
    groups: Sequence[Task], graph: StageGraph, members: Mapping[str, Sequence[Place]]
) -> Iterator[tuple[Place, int]]:
    """Give every place of every group its priority: lower first, equal ones together.

    Wave after wave those groups come whose predecessors are done; a group without nodes is
    done at once. Within a wave first groups one by one, then those with an amount in chunks,
    then all others together, where a node that comes twice waits for the next step.
    """
    steps = count(STEP, STEP)
    done = {group.id for group in groups if not members.get(group.id)}
    ids = {group.id for group in groups}
    while waiting := [group for group in groups if group.id not in done]:
        wave = [g for g in waiting if graph.all_before(g.id) & ids <= done]
        if not wave:
            return
        for step in _steps_of(wave, members):
            priority = next(steps)
            yield from ((place, priority) for place in step)
        done |= {group.id for group in wave}


def _steps_of(
    wave: Sequence[Task], members: Mapping[str, Sequence[Place]]
) -> Iterator[Sequence[Place]]:
    together: list[Place] = []
    chunked: list[Sequence[Place]] = []
    for group in wave:
        places = members[group.id]
        strategy = _strategy(group)
        amount = strategy.get("amount")
        if strategy.get("type") == ONE_BY_ONE:
            yield from ([place] for place in places)
        elif isinstance(amount, int) and amount > 0:
            chunked += [places[i : i + amount] for i in range(0, len(places), amount)]
        else:
            together += places
    yield from chunked
    yield from _without_repeats(together)


def _without_repeats(places: list[Place]) -> Iterator[Sequence[Place]]:
    """Split into steps in which no node comes twice, each place as early as it can."""
    while places:
        seen: set[str] = set()
        step: list[Place] = []
        later: list[Place] = []
        for place in places:
            (later if place.uid in seen else step).append(place)
            seen.add(place.uid)
        yield step
        places = later


def _strategy(group: Task) -> Mapping[str, Any]:
    parameters = group.document.get("parameters")
    strategy = parameters.get("strategy") if isinstance(parameters, dict) else None
    return strategy if isinstance(strategy, dict) else {}

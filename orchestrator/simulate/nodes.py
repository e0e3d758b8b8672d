"""What does a procedure see of the fake fleet: answers, facts, durations, failures?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from orchestrator.simulate.draws import Draws, Purpose, uniform
from orchestrator.simulate.matching import NO_RULE, Matcher, RunContext, TaskColumns, matches_uid
from orchestrator.simulate.scenario import Duration, Match, Outcome, Shape
from orchestrator.simulate.stories import DEFAULT_DURATIONS, draw

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from orchestrator.simulate.scenario import Scenario

_IMAGE: Final = Duration(Shape.UNIFORM, 120_000, 300_000)
_CALL: Final = Duration(Shape.UNIFORM, 200, 1_500)


class SimulatedNodes:
    """The fleet of one execution that is no task graph; implements the procedures' `Nodes`."""

    def __init__(self, scenario: Scenario, uids: Sequence[str], context: RunContext) -> None:
        self._scenario = scenario
        self._context = context
        self._roles = {
            name: frozenset(uid for uid in uids if matches_uid(uid, patterns))
            for name, patterns in scenario.roles
        }
        self._rules: dict[str, int] = {}

    def answers(self, uid: str, now_ms: int) -> bool:
        """Tell whether a node answers now."""
        rule = self._node_rule(uid)
        outages = self._scenario.nodes[rule].outages if rule != NO_RULE else ()
        return not any(
            outage.from_ms <= now_ms and (outage.until_ms is None or now_ms < outage.until_ms)
            for outage in outages
        )

    def fact(self, uid: str, name: str, default: Any = None) -> Any:
        """Return what the scenario says of a node."""
        rule = self._node_rule(uid)
        return self._scenario.nodes[rule].facts.get(name, default) if rule != NO_RULE else default

    def duration_ms(self, uid: str, task: str, kind: str, attempt: int = 0) -> int:
        """Return how long one attempt of a piece of work takes on a node."""
        matches = [rule.match for rule in self._scenario.durations]
        rule = self._first(matches, uid, task, kind)
        if rule != NO_RULE:
            duration = self._scenario.durations[rule].duration
        else:
            duration = _IMAGE if kind == "image" else DEFAULT_DURATIONS.get(kind, _CALL)
        keys = self._draws(uid, task).keys(_FIRST, _FIRST, attempt, Purpose.DURATION)
        node_rule = self._node_rule(uid)
        slow = self._scenario.nodes[node_rule].slow if node_rule != NO_RULE else 1.0
        return round(float(draw(duration, keys)[0]) * slow)

    def failure(self, uid: str, task: str, kind: str, attempt: int = 0) -> str | None:
        """Return why one attempt of a piece of work fails on a node; None when it does not."""
        outcome = self._first([r.match for r in self._scenario.outcomes], uid, task, kind)
        if outcome != NO_RULE:
            rule = self._scenario.outcomes[outcome]
            if rule.outcome in {Outcome.SUCCESSFUL, Outcome.SKIPPED}:
                return None
            return rule.error or rule.outcome.value
        index = self._first([r.match for r in self._scenario.failures], uid, task, kind)
        if index == NO_RULE:
            return None
        failure = self._scenario.failures[index]
        if failure.probability is not None:
            keys = self._draws(uid, task).keys(_FIRST, _FIRST, attempt, Purpose.FAILURE)
            fails = bool(uniform(keys)[0] < failure.probability)
        else:
            fails = failure.at_ms is None and (failure.times is None or attempt < failure.times)
        return (failure.error or "failed") if fails else None

    def _draws(self, uid: str, task: str) -> Draws:
        return Draws(self._scenario.seed, [uid], [task])

    def _node_rule(self, uid: str) -> int:
        if uid not in self._rules:
            matcher = self._matcher(uid, "", "")
            matches = [rule.match for rule in self._scenario.nodes]
            self._rules[uid] = matcher.first_node_rule(matches)[0]
        return self._rules[uid]

    def _first(self, matches: Iterable[Match], uid: str, task: str, kind: str) -> int:
        return int(self._matcher(uid, task, kind).first_rule(matches)[0])

    def _matcher(self, uid: str, task: str, kind: str) -> Matcher:
        columns = TaskColumns([uid], [task], [kind], _FIRST, _FIRST, _FIRST, self._roles)
        return Matcher(columns, self._context)


_FIRST: Final = np.zeros(1, dtype=np.int64)

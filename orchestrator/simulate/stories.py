"""How does each task of an execution go: how long, with which end, and why?

The whole fleet is told at once, in columns: attempts, retries and timeouts included. What depends
on the moment at which a task starts (outages, failures at a time) is left to `fleet`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from orchestrator.domain.states import TaskStatus
from orchestrator.simulate.draws import Draws, Purpose, standard_normal, uniform
from orchestrator.simulate.matching import NO_RULE, Matcher
from orchestrator.simulate.scenario import Duration, Outcome, Shape

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from orchestrator.domain.task_types import BackEnd
    from orchestrator.simulate.matching import TaskColumns
    from orchestrator.simulate.scenario import Scenario

MAX_DURATION_MS: Final = 10**12
DEFAULT_TIMEOUT_MS: Final = 3_600_000
"""Ends a hang of a type that has no timeout of its own."""

_SUCCESSFUL: Final = int(TaskStatus.SUCCESSFUL)
_FAILED: Final = int(TaskStatus.FAILED)
_SKIPPED: Final = int(TaskStatus.SKIPPED)

DEFAULT_DURATIONS: Final[dict[str, Duration]] = {
    "puppet": Duration(Shape.LOGNORMAL, 20_000, 0.6),
    "shell": Duration(Shape.LOGNORMAL, 5_000, 0.5),
    "master_shell": Duration(Shape.LOGNORMAL, 5_000, 0.5),
    "sync": Duration(Shape.UNIFORM, 2_000, 8_000),
    "upload_file": Duration(Shape.UNIFORM, 300, 1_500),
    "upload_files": Duration(Shape.UNIFORM, 500, 3_000),
    "copy_files": Duration(Shape.UNIFORM, 500, 2_000),
    "reboot": Duration(Shape.UNIFORM, 60_000, 180_000),
    "cobbler_sync": Duration(Shape.UNIFORM, 2_000, 5_000),
    "move_to_bootstrap": Duration(Shape.UNIFORM, 5_000, 20_000),
    "erase_node": Duration(Shape.UNIFORM, 2_000, 10_000),
}
"""What an attempt takes when no rule speaks of it: short enough to watch, long enough to see."""


DEFAULT_SHARE: Final = 0.5
"""Most of its timeout that an attempt takes by default."""

LAST_TOLD_ATTEMPT: Final = 1_000
"""Attempts after this one are not told: the task has failed."""

_SCRIPTED: Final = {
    Outcome.SUCCESSFUL: _SUCCESSFUL,
    Outcome.FAILED: _FAILED,
    Outcome.SKIPPED: _SKIPPED,
    Outcome.INVALID: _FAILED,
    Outcome.RAISE: _FAILED,
    Outcome.HANG: _FAILED,
}
_SCRIPTED_ERRORS: Final = {
    Outcome.INVALID: "its parameters are invalid",
    Outcome.RAISE: "asking for its status raised an error",
    Outcome.HANG: "timed out: it did not end by itself",
}


@dataclass(frozen=True, slots=True)
class Stories:
    """Per instance: duration in milliseconds and final TaskStatus.

    `errors` explains those that did not end well, keyed by instance. `is_scripted` marks
    instances whose back-end a rule replaced.
    """

    duration_ms: NDArray[np.int64]
    result: NDArray[np.uint8]
    errors: dict[int, str]
    is_scripted: NDArray[np.bool_]


class StoryTeller:
    """Tells the stories of one execution under one scenario."""

    def __init__(
        self,
        scenario: Scenario,
        columns: TaskColumns,
        back_ends: tuple[BackEnd, ...],
        matcher: Matcher,
    ) -> None:
        self._scenario = scenario
        self._columns = columns
        self._back_ends = back_ends
        self._matcher = matcher
        self._draws = Draws(scenario.seed, columns.uids, columns.task_ids)
        self._duration_rule = matcher.first_rule(rule.match for rule in scenario.durations)
        self._failure_rule = matcher.first_rule(rule.match for rule in scenario.failures)
        slow = [rule.slow for rule in scenario.nodes] + [1.0]
        node_rule = matcher.first_node_rule(rule.match for rule in scenario.nodes)
        self._slowness = np.array([slow[rule] for rule in node_rule])[columns.node]

    def tell(self) -> Stories:
        """Tell how every task goes when nothing happens to its node meanwhile."""
        content = self._columns.content
        has_effect = self._by_content([b.kind.has_effect for b in self._back_ends], np.bool_)
        timeout = self._by_content([b.timeout_ms for b in self._back_ends], np.int64)
        duration, is_failing = self._try_until_success()
        errors: dict[int, str] = {}
        is_late = (timeout > 0) & (duration > timeout)
        duration = np.where(is_late, timeout, duration)
        result = np.where(is_failing | is_late, _FAILED, _SUCCESSFUL).astype(np.uint8)
        problems = self._by_content([bool(b.problem) for b in self._back_ends], np.bool_)
        for instance in np.flatnonzero(is_failing).tolist():
            errors[instance] = self._scenario.failures[self._failure_rule[instance]].error
        for instance in np.flatnonzero(is_late).tolist():
            errors[instance] = f"timed out after {timeout[instance] / 1000:g} s"
        for instance in np.flatnonzero(problems).tolist():
            errors[instance] = self._back_ends[content[instance]].problem
        duration[problems] = 0
        result[problems] = _FAILED
        duration[~has_effect] = 0
        result[~has_effect] = _SKIPPED
        scripted = self._apply_outcomes(duration, result, errors, timeout, has_effect)
        return Stories(duration, result, errors, scripted)

    def _by_content(self, values: list[int] | list[bool], dtype: type) -> NDArray[np.int64]:
        column: NDArray[np.int64] = np.array(values, dtype=dtype)[self._columns.content]
        return column

    def _try_until_success(self) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """Run attempts until each succeeds or its retries are used up; return time and failure."""
        retries = self._by_content([b.retries for b in self._back_ends], np.int64)
        interval = self._by_content([b.interval_ms for b in self._back_ends], np.int64)
        every = np.arange(len(retries))
        duration = self._attempt_duration(every, 0)
        is_failing = self._attempt_fails(every, 0)
        attempt = 1
        while len(again := np.flatnonzero(is_failing & (retries >= attempt))):
            duration[again] += interval[again] + self._attempt_duration(again, attempt)
            is_failing[again] = self._attempt_fails(again, attempt)
            if attempt >= LAST_TOLD_ATTEMPT:
                break
            attempt += 1
        return np.minimum(duration, MAX_DURATION_MS), is_failing

    def _attempt_duration(self, some: NDArray[np.int64], attempt: int) -> NDArray[np.int64]:
        columns = self._columns
        keys = self._draws.keys(columns.node[some], columns.task[some], attempt, Purpose.DURATION)
        drawn = np.zeros(len(some))
        rule, content = self._duration_rule[some], columns.content[some]
        for index in np.unique(rule).tolist():
            if index != NO_RULE:
                chosen = rule == index
                drawn[chosen] = draw(self._scenario.durations[index].duration, keys[chosen])
        is_default = rule == NO_RULE
        for index in np.unique(content[is_default]).tolist():
            distribution = DEFAULT_DURATIONS.get(self._back_ends[index].kind.name)
            if distribution is not None:
                chosen = is_default & (content == index)
                drawn[chosen] = draw(distribution, keys[chosen])
                timeout = self._back_ends[index].timeout_ms
                if timeout:
                    # Without a scenario nothing fails: only a slow node reaches its timeout.
                    drawn[chosen] = np.minimum(drawn[chosen], timeout * DEFAULT_SHARE)
        slowed = np.clip(np.rint(drawn * self._slowness[some]), 0, MAX_DURATION_MS)
        whole: NDArray[np.int64] = slowed.astype(np.int64)
        return whole

    def _attempt_fails(self, some: NDArray[np.int64], attempt: int) -> NDArray[np.bool_]:
        columns = self._columns
        fails = np.zeros(len(some), dtype=np.bool_)
        rules = self._failure_rule[some]
        for index in np.unique(rules).tolist():
            if index == NO_RULE:
                continue
            rule, chosen = self._scenario.failures[index], np.flatnonzero(rules == index)
            if rule.probability is not None:
                node, task = columns.node[some[chosen]], columns.task[some[chosen]]
                keys = self._draws.keys(node, task, attempt, Purpose.FAILURE)
                fails[chosen] = uniform(keys) < rule.probability
            elif rule.at_ms is None:
                fails[chosen] = rule.times is None or attempt < rule.times
        return fails

    def _apply_outcomes(
        self,
        duration: NDArray[np.int64],
        result: NDArray[np.uint8],
        errors: dict[int, str],
        timeout: NDArray[np.int64],
        has_effect: NDArray[np.int64],
    ) -> NDArray[np.bool_]:
        """Let scripted outcomes replace what was told (decision 21); return which were."""
        rules = self._matcher.first_rule(rule.match for rule in self._scenario.outcomes)
        columns = self._columns
        for index in np.unique(rules).tolist():
            if index == NO_RULE:
                continue
            rule, chosen = self._scenario.outcomes[index], np.flatnonzero(rules == index)
            keys = self._draws.keys(columns.node[chosen], columns.task[chosen], 0, Purpose.DURATION)
            if rule.duration is not None:
                duration[chosen] = np.rint(draw(rule.duration, keys)).astype(np.int64)
            status = _SCRIPTED[rule.outcome]
            result[chosen] = status
            if rule.outcome is Outcome.SUCCESSFUL:
                result[chosen[has_effect[chosen] == 0]] = _SKIPPED
            if rule.outcome is Outcome.INVALID:
                duration[chosen] = 0
            if rule.outcome is Outcome.HANG:
                duration[chosen] = np.where(
                    timeout[chosen] > 0, timeout[chosen], DEFAULT_TIMEOUT_MS
                )
            text = rule.error or _SCRIPTED_ERRORS.get(rule.outcome, "")
            for instance in [known for known in errors if rules[known] == index]:
                del errors[instance]
            if text and status == _FAILED:
                errors.update(dict.fromkeys(chosen.tolist(), text))
        is_scripted: NDArray[np.bool_] = rules != NO_RULE
        return is_scripted


def draw(duration: Duration, keys: NDArray[np.uint64]) -> NDArray[np.float64]:
    """Draw one duration in milliseconds a key; never negative."""
    match duration.shape:
        case Shape.FIXED:
            drawn = np.full(len(keys), float(duration.a))
        case Shape.UNIFORM:
            drawn = duration.a + (duration.b - duration.a) * uniform(keys)
        case Shape.NORMAL:
            drawn = duration.a + duration.b * standard_normal(keys)
        case Shape.LOGNORMAL:
            drawn = duration.a * np.exp(duration.b * standard_normal(keys))
    bounded: NDArray[np.float64] = np.clip(drawn, 0.0, float(MAX_DURATION_MS))
    return bounded

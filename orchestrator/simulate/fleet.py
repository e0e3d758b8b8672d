"""When does a task that starts now end, and how?

Mostly as its story says. What depends on the moment of the start is added here: a node that does
not answer for a while, a failure at a set time, a fault put in while the execution runs.
"""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from orchestrator.domain.states import TaskStatus
from orchestrator.simulate.matching import NO_RULE, Matcher, RunContext, TaskColumns, matches_uid
from orchestrator.simulate.scenario import Outage
from orchestrator.simulate.stories import StoryTeller
from orchestrator.simulate.summaries import summary_json

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from orchestrator.domain.deployment.plan import DeploymentPlan
    from orchestrator.domain.record import Rows
    from orchestrator.simulate.scenario import FailureRule, Scenario

PATIENCE_MS: Final = 60_000
"""How long a task outlasts that its node does not answer (undefined_retries, dossier 10.1)."""

FAILED: Final = int(TaskStatus.FAILED)
_SUCCESSFUL: Final = int(TaskStatus.SUCCESSFUL)


class Ending(NamedTuple):
    """When and how a task ends."""

    at_ms: int
    result: int
    error: str = ""
    summary: str = ""


class Fleet:
    """The simulated nodes of one deployment.

    `duration_ms` and `result` tell per instance how it goes when nothing interferes; `errors` why
    it fails; `is_special` marks the instances that `ending` has to be asked about: all that may
    not go well.
    """

    def __init__(self, plan: DeploymentPlan, scenario: Scenario, context: RunContext) -> None:
        columns = _columns(plan, scenario)
        matcher = Matcher(columns, context)
        self._plan = plan
        back_ends = tuple(content.back_end for content in plan.contents)
        stories = StoryTeller(scenario, columns, back_ends, matcher).tell()
        self.duration_ms = array("q", stories.duration_ms.tobytes())
        self.result = stories.result.tobytes()
        self.errors = stories.errors
        node_rule = matcher.first_node_rule(rule.match for rule in scenario.nodes)
        self._outages = {
            node: scenario.nodes[rule].outages
            for node, rule in enumerate(node_rule)
            if rule != NO_RULE and scenario.nodes[rule].outages
        }
        self._failure_at = self._timed_failures(scenario, matcher)
        unscripted_at_outage = {
            instance
            for node in self._outages
            for instance in range(plan.first[node], plan.first[node + 1])
        }
        scripted = set(np.flatnonzero(stories.is_scripted).tolist())
        self._timed = (unscripted_at_outage | set(self._failure_at)) - scripted
        self._broken: dict[int, str] = {}
        self._is_silent = stories.is_scripted
        self._phrases, phrase = _summaries_of_success(plan)
        self._phrase = np.where(stories.is_scripted, 0, phrase[plan.content_column])
        failing = np.flatnonzero(stories.result == FAILED).tolist()
        self.is_special = self._timed.union(self.errors, failing)

    def offline(self, now_ms: int) -> frozenset[str]:
        """Return the uids that do not answer now."""
        return frozenset(
            self._plan.uids[node]
            for node, outages in self._outages.items()
            if any(_covers(outage, now_ms) for outage in outages)
        )

    def ending(self, instance: int, now_ms: int) -> Ending:
        """Tell how a task that starts now ends."""
        ending = self.undisturbed(instance, now_ms + self.duration_ms[instance])
        if instance not in self._timed:
            return ending
        if instance in self._broken:
            return self.failure(instance, now_ms, self._broken[instance])
        rule = self._failure_at.get(instance)
        if rule is not None and rule.at_ms is not None and now_ms <= rule.at_ms < ending.at_ms:
            ending = self.failure(instance, rule.at_ms, rule.error or "failed at the time set")
        for outage in self._outages.get(self._plan.node[instance], ()):
            ending = during_outage(outage, now_ms, ending)
        return ending

    def undisturbed(self, instance: int, at_ms: int) -> Ending:
        """Tell how a task that ends at `at_ms` does when nothing interferes."""
        if self.result[instance] == FAILED:
            return self.failure(instance, at_ms, self.errors.get(instance, ""))
        return Ending(at_ms, self.result[instance])

    def failure(self, instance: int, at_ms: int, error: str) -> Ending:
        """Tell of a failure with what the back-end says; where none ran, it says nothing."""
        content = self._plan.content_of(instance)
        has_run = not self._is_silent[instance] and not content.back_end.problem
        kind = content.back_end.kind.name
        summary = summary_json(kind, has_failed=True, debug=self._plan.debug) if has_run else ""
        return Ending(at_ms, FAILED, error, summary)

    def tell_summaries(self, rows: Rows) -> None:
        """Attach what back-ends say of successes; a scripted outcome has none (decision 21)."""
        ended = np.flatnonzero(np.frombuffer(rows.status, dtype=np.uint8) == _SUCCESSFUL)
        phrase = np.zeros(len(rows), dtype=np.uint8)
        phrase[ended] = self._phrase[np.frombuffer(rows.subject, dtype=np.int32)[ended]]
        rows.phrase, rows.phrases = array("B", phrase.tobytes()), self._phrases

    def break_task(self, instance: int, error: str) -> None:
        """Let a task fail as soon as it starts."""
        self._broken[instance] = error
        self._timed.add(instance)
        self.is_special.add(instance)

    def silence(self, node: int, now_ms: int) -> Outage:
        """Let a node answer no more from now on."""
        outage = Outage(now_ms)
        self._outages[node] = (*self._outages.get(node, ()), outage)
        own = range(self._plan.first[node], self._plan.first[node + 1])
        self._timed.update(own)
        self.is_special.update(own)
        return outage

    def _timed_failures(self, scenario: Scenario, matcher: Matcher) -> dict[int, FailureRule]:
        rules = matcher.first_rule(rule.match for rule in scenario.failures)
        timed = [index for index, rule in enumerate(scenario.failures) if rule.at_ms is not None]
        found = np.flatnonzero(np.isin(rules, timed)).tolist()
        return {instance: scenario.failures[rules[instance]] for instance in found}


def _summaries_of_success(plan: DeploymentPlan) -> tuple[tuple[str, ...], NDArray[np.uint8]]:
    """Return the distinct summaries, and per content the number of its own from 1, 0 for none."""
    kinds = [content.back_end.kind.name for content in plan.contents]
    texts = [summary_json(kind, has_failed=False, debug=plan.debug) for kind in kinds]
    distinct = tuple(dict.fromkeys(text for text in texts if text))
    numbers = [distinct.index(text) + 1 if text else 0 for text in texts]
    return distinct, np.array(numbers, dtype=np.uint8)


def _columns(plan: DeploymentPlan, scenario: Scenario) -> TaskColumns:
    roles = {group.name: frozenset(group.uids) for group in plan.groups}
    for name, patterns in scenario.roles:
        roles[name] = frozenset(_listed(plan.uids, patterns))
    return TaskColumns(
        uids=plan.uids,
        task_ids=plan.task_ids,
        types=[content.back_end.kind.name for content in plan.contents],
        node=plan.node_column,
        task=plan.task_column,
        content=plan.content_column,
        roles=roles,
    )


def _listed(uids: Iterable[str], patterns: tuple[str, ...]) -> list[str]:
    return [uid for uid in uids if matches_uid(uid, patterns)]


def _covers(outage: Outage, now_ms: int) -> bool:
    return outage.from_ms <= now_ms and (outage.until_ms is None or now_ms < outage.until_ms)


def during_outage(outage: Outage, now_ms: int, ending: Ending) -> Ending:
    """Let a silence of the node fail the task, or only delay it when it is short enough."""
    begins = max(outage.from_ms, now_ms)
    until = outage.until_ms
    if begins >= ending.at_ms or (until is not None and until <= now_ms):
        return ending
    if until is None or until - begins > PATIENCE_MS:
        return Ending(begins + PATIENCE_MS, FAILED, "its node does not answer")
    return ending._replace(at_ms=ending.at_ms + until - begins)

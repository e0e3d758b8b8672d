"""What does the text of a scenario say?"""

from __future__ import annotations

import json
import re
from functools import cache
from importlib.resources import files
from typing import Any, Final

import yaml

from orchestrator.simulate.errors import Finding, ScenarioRefusedError
from orchestrator.simulate.scenario import (
    ClockMode,
    Duration,
    DurationRule,
    FailureRule,
    Limits,
    Match,
    NodeRule,
    Outage,
    Outcome,
    OutcomeRule,
    Scenario,
    Shape,
    StopPoint,
)
from orchestrator.simulate.schema_check import SchemaCheck

MAX_TEXT: Final = 1 << 20
"""Longest text of a scenario, in characters."""

_MAX_DEPTH: Final = 32
_UNIT_MS: Final = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000}
_PART: Final = re.compile(r"([0-9]+(?:\.[0-9]+)?)(ms|s|m|h)")
_TAGS: Final = frozenset(
    f"tag:yaml.org,2002:{kind}" for kind in ("map", "seq", "str", "int", "float", "bool", "null")
)
_FACTS: Final = (
    "dhcp",
    "dhcp_error",
    "lost_vlans",
    "multicast",
    "failed_repositories",
    "disks",
    "boot",
    "erase",
    "ceph_data",
)


@cache
def scenario_schema() -> dict[str, Any]:
    """Return the published JSON Schema."""
    text = files("orchestrator.simulate").joinpath("scenario.schema.json").read_text("utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema


def read_scenario(text: str) -> Scenario:
    """Read a scenario; raises ScenarioRefusedError with every finding and its line.

    An empty text is the default scenario. Anchors and aliases are refused: a few lines of them
    can spell gigabytes.
    """
    if len(text) > MAX_TEXT:
        finding = Finding(1, 1, "", f"{len(text)} characters; at most {MAX_TEXT}")
        raise ScenarioRefusedError([finding])
    node = _compose(text)
    if node is None:
        return Scenario()
    try:
        value = yaml.SafeLoader("").construct_document(node)
    except (ValueError, OverflowError) as error:
        raise _refused(node.start_mark, str(error)) from error
    if findings := SchemaCheck(scenario_schema()).findings(node, value):
        raise ScenarioRefusedError(findings)
    return _scenario(value)


def _compose(text: str) -> yaml.Node | None:
    try:
        depth = 0
        for event in yaml.parse(text, yaml.SafeLoader):
            if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
                raise _refused(event.start_mark, "anchors and aliases are not allowed")
            depth += isinstance(event, yaml.CollectionStartEvent)
            depth -= isinstance(event, yaml.CollectionEndEvent)
            if depth > _MAX_DEPTH:
                raise _refused(event.start_mark, f"nested deeper than {_MAX_DEPTH}")
        node: yaml.Node | None = yaml.compose(text, yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        raise _refused(error.problem_mark or error.context_mark, str(error.problem)) from error
    except yaml.YAMLError as error:
        raise ScenarioRefusedError([Finding(1, 1, "", str(error))]) from error
    if node is not None:
        _refuse_odd_keys(node)
    return node


def _refuse_odd_keys(node: yaml.Node) -> None:
    """Refuse keys that are no plain texts or occur twice, and tags that are not JSON's."""
    if node.tag not in _TAGS:
        raise _refused(node.start_mark, f"tag {node.tag} is not allowed")
    if isinstance(node, yaml.SequenceNode):
        for item in node.value:
            _refuse_odd_keys(item)
    if isinstance(node, yaml.MappingNode):
        seen = set()
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode) or key.tag != "tag:yaml.org,2002:str":
                raise _refused(key.start_mark, "a key must be a text")
            if key.value in seen:
                raise _refused(key.start_mark, f"key {key.value} occurs twice")
            seen.add(key.value)
            _refuse_odd_keys(value)


def _refused(mark: Any, text: str) -> ScenarioRefusedError:
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    return ScenarioRefusedError([Finding(line, column, "", text)])


def _scenario(value: dict[str, Any]) -> Scenario:
    clock = value.get("clock", {})
    return Scenario(
        seed=int(value.get("seed", 0)),
        clock=ClockMode(clock.get("mode", "virtual")),
        speed=float(clock.get("speed", 1.0)),
        limits=Limits(**{name: int(limit) for name, limit in value.get("limits", {}).items()}),
        roles=tuple((name, _names(nodes)) for name, nodes in value.get("roles", {}).items()),
        durations=tuple(
            DurationRule(_match(rule), _duration(rule["duration"]))
            for rule in value.get("durations", ())
        ),
        outcomes=tuple(_outcome_rule(rule) for rule in value.get("outcomes", ())),
        failures=tuple(_failure_rule(rule) for rule in value.get("failures", ())),
        nodes=tuple(_node_rule(rule) for rule in value.get("nodes", ())),
        stop=_stop(value.get("stop")),
    )


def _match(rule: dict[str, Any]) -> Match:
    match = rule.get("match", {})
    return Match(
        tasks=_names(match.get("task", ())),
        types=_names(match.get("type", ())),
        nodes=_names(match.get("node", ())),
        roles=_names(match.get("role", ())),
        transactions=_names(match.get("transaction", ())),
        labels=tuple(sorted(match.get("labels", {}).items())),
    )


def _names(value: Any) -> tuple[str, ...]:
    return tuple(str(v) for v in value) if isinstance(value, list | tuple) else (str(value),)


def _outcome_rule(rule: dict[str, Any]) -> OutcomeRule:
    duration = _duration(rule["duration"]) if "duration" in rule else None
    return OutcomeRule(_match(rule), Outcome(rule["outcome"]), duration, rule.get("error", ""))


def _failure_rule(rule: dict[str, Any]) -> FailureRule:
    fail = rule["fail"]
    how = {} if fail == "always" else fail
    return FailureRule(
        match=_match(rule),
        times=int(how["times"]) if "times" in how else None,
        probability=float(how["probability"]) if "probability" in how else None,
        at_ms=milliseconds(how["at"]) if "at" in how else None,
        error=rule.get("error", ""),
    )


def _node_rule(rule: dict[str, Any]) -> NodeRule:
    offline = rule.get("offline", False)
    if isinstance(offline, bool):
        outages: tuple[Outage, ...] = (Outage(0),) if offline else ()
    else:
        outages = tuple(
            Outage(
                milliseconds(outage["from"]),
                milliseconds(outage["until"]) if "until" in outage else None,
            )
            for outage in offline
        )
    facts: dict[str, Any] = {name: rule[name] for name in _FACTS if name in rule}
    return NodeRule(_match(rule), outages, float(rule.get("slow", 1.0)), facts)


def _stop(stop: dict[str, Any] | None) -> StopPoint | None:
    if stop is None:
        return None
    return StopPoint(
        before_start=bool(stop.get("before_start", False)),
        after_task=stop.get("after_task", ""),
        at_ms=milliseconds(stop["at"]) if "at" in stop else None,
    )


def _duration(value: Any) -> Duration:
    if not isinstance(value, dict):
        return Duration(Shape.FIXED, milliseconds(value))
    if "uniform" in value:
        low, high = (milliseconds(bound) for bound in value["uniform"])
        return Duration(Shape.UNIFORM, min(low, high), max(low, high))
    if "normal" in value:
        normal = value["normal"]
        mean, deviation = milliseconds(normal["mean"]), milliseconds(normal["deviation"])
        return Duration(Shape.NORMAL, mean, deviation)
    lognormal = value["lognormal"]
    return Duration(Shape.LOGNORMAL, milliseconds(lognormal["median"]), float(lognormal["sigma"]))


def milliseconds(value: float | str) -> int:
    """Read a time: seconds as a number, or a text like ``1h30m`` or ``250ms``."""
    if isinstance(value, str):
        return round(sum(float(n) * _UNIT_MS[unit] for n, unit in _PART.findall(value)))
    return round(value * 1000)

"""How does the fake fleet behave: the values of a scenario (docs/scenarios.md)?"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class ClockMode(StrEnum):
    """How virtual time passes: as fast as possible, paced by real time, or stepped by hand."""

    VIRTUAL = "virtual"
    REAL = "real"
    STEPPED = "stepped"


class Shape(StrEnum):
    """The distributions of durations."""

    FIXED = "fixed"
    UNIFORM = "uniform"
    NORMAL = "normal"
    LOGNORMAL = "lognormal"


class Outcome(StrEnum):
    """What a scripted task ends in."""

    SUCCESSFUL = "successful"
    FAILED = "failed"
    SKIPPED = "skipped"
    INVALID = "invalid"
    RAISE = "raise"
    HANG = "hang"


@dataclass(frozen=True, slots=True)
class Duration:
    """A distribution of milliseconds.

    `a` and `b` are value and nothing (FIXED), bounds (UNIFORM), mean and deviation (NORMAL),
    median and sigma of the logarithm (LOGNORMAL).
    """

    shape: Shape
    a: float
    b: float = 0.0


@dataclass(frozen=True, slots=True)
class Match:
    """Which tasks a rule speaks of; an empty field matches everything.

    Tasks, types and transactions are shell patterns; nodes are uids, ranges ``4-9`` or shell
    patterns; roles are tolerance groups of the message or roles of the scenario; every label
    has to be there.
    """

    tasks: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    nodes: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    transactions: tuple[str, ...] = ()
    labels: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class DurationRule:
    """How long one attempt of a task takes."""

    match: Match
    duration: Duration


@dataclass(frozen=True, slots=True)
class OutcomeRule:
    """What a task ends in, its back-end replaced (decision 21)."""

    match: Match
    outcome: Outcome
    duration: Duration | None = None
    error: str = ""


@dataclass(frozen=True, slots=True)
class FailureRule:
    """How a task's back-end fails; the type's retries apply.

    Exactly one of: `times` attempts fail (None: each), each fails with `probability`, or what
    runs `at_ms` fails then.
    """

    match: Match
    times: int | None = None
    probability: float | None = None
    at_ms: int | None = None
    error: str = ""


@dataclass(frozen=True, slots=True)
class Outage:
    """A node does not answer in [from_ms, until_ms); None is for ever."""

    from_ms: int
    until_ms: int | None = None


@dataclass(frozen=True, slots=True)
class NodeRule:
    """What is special about some nodes.

    `slow` multiplies durations. `facts` answers what checks ask: dhcp, vlans, repositories,
    disks, boot (docs/scenarios.md).
    """

    match: Match
    outages: tuple[Outage, ...] = ()
    slow: float = 1.0
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Limits:
    """The settings that shape batches (dossier 16)."""

    max_nodes_per_call: int = 50
    max_nodes_to_provision: int = 50
    max_nodes_per_remove_call: int = 10
    max_nodes_net_validation: int = 10


@dataclass(frozen=True, slots=True)
class StopPoint:
    """Where a run is stopped by its scenario: before it starts, after a task, or at a time."""

    before_start: bool = False
    after_task: str = ""
    at_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Scenario:
    """A fleet's behaviour; within each list the first matching rule wins."""

    seed: int = 0
    clock: ClockMode = ClockMode.VIRTUAL
    speed: float = 1.0
    limits: Limits = field(default_factory=Limits)
    roles: tuple[tuple[str, tuple[str, ...]], ...] = ()
    durations: tuple[DurationRule, ...] = ()
    outcomes: tuple[OutcomeRule, ...] = ()
    failures: tuple[FailureRule, ...] = ()
    nodes: tuple[NodeRule, ...] = ()
    stop: StopPoint | None = None

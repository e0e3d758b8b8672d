"""Which subjects are measured, each in a process of its own, and how often?"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Figure = tuple[str, float]
"""A row's key and what was measured for it."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A subject; ``entry`` is ``module.function``, run ``times`` times for medians.

    ``is_long`` ones take a minute or more and are left out with ``--quick``.
    """

    name: str
    entry: str
    times: int = 3
    is_long: bool = False


SUBJECTS: Final = (
    Subject("plan-200", "planning.measure_200", 5),
    Subject("plan-500", "planning.measure_500", 5),
    Subject("plan-1000", "planning.measure_1000"),
    Subject("plan-5000", "planning.measure_5000", 1, is_long=True),
    Subject("replan", "replanning.measure"),
    Subject("render", "planning.measure_rendering"),
    Subject("task-based", "planning.measure_task_based"),
    Subject("execute", "executing.measure", 5),
    Subject("execute-million", "executing.measure_million"),
    Subject("message", "message.measure", 5),
    Subject("record-sqlite", "recording.measure_sqlite"),
    Subject("record-postgresql", "recording.measure_postgresql"),
    Subject("fan-out", "watching.measure_fan_out"),
    Subject("slowdown", "watching.measure_slowdown", 1),
    Subject("accept", "accepting.measure"),
    Subject("event", "watching.measure_event"),
    Subject("loop-lag", "loop_lag.measure"),
    Subject("deploy-1000", "deploying.measure_1000"),
    Subject("deploy-5000", "deploying.measure_5000", 1, is_long=True),
    Subject("crowd", "deploying.measure_crowd", 1, is_long=True),
    Subject("start", "starting.measure", 5),
)


def measure(entry: str) -> list[Figure]:
    """Measure a subject once."""
    module, _, function = entry.partition(".")
    run: Callable[[], Iterator[Figure]]
    run = getattr(importlib.import_module(f"tests.bench.{module}"), function)
    return list(run())

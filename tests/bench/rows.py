"""Which figures does the budget name, how good must each be, and what did peers reach?

The limits are issue 8's. The figures of peers are recorded ones, measured on the reference machine
(design/performance.md, "Peers on the same work" and "Limits of the parts"); they are shown, never
compared with. Limits in CPU seconds, and rates per CPU second, belong to a machine that does the
calibration's work in ``REFERENCE_S``; on another one they are scaled.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

REFERENCE_S: Final = 0.45
"""CPU seconds of 4,000,000 dictionary assignments on the machine of the budget."""


@dataclass(frozen=True, slots=True)
class Row:
    """One figure of the budget.

    ``limit`` None: a figure without a limit, shown because others rest on it. ``is_floor``: more
    is better. ``is_cpu``: measured in CPU time, so the limit is scaled.
    """

    key: str
    work: str
    unit: str
    limit: float | None = None
    is_floor: bool = False
    is_cpu: bool = False
    peer: str = ""

    def scaled_limit(self, calibration_s: float) -> float | None:
        """Return the limit on a machine that calibrates in ``calibration_s`` CPU seconds."""
        if self.limit is None or not self.is_cpu:
            return self.limit
        slower = calibration_s / REFERENCE_S
        return self.limit / slower if self.is_floor else self.limit * slower

    def is_met(self, value: float, calibration_s: float) -> bool | None:
        """Tell whether a figure keeps the limit; None where there is none."""
        limit = self.scaled_limit(calibration_s)
        if limit is None:
            return None
        return value >= limit if self.is_floor else value <= limit


def _cpu(key: str, work: str, limit: float | None, peer: str = "") -> Row:
    return Row(key, work, "CPU s", limit, is_cpu=True, peer=peer)


def _memory(key: str, work: str, limit: float | None, peer: str = "") -> Row:
    return Row(key, work, "MiB", limit, peer=peer)


def _rate(key: str, work: str, unit: str, limit: float, peer: str = "") -> Row:
    return Row(key, work, unit, limit, is_floor=True, is_cpu="CPU" in unit, peer=peer)


def _wall(key: str, work: str, limit: float | None, unit: str = "s") -> Row:
    return Row(key, work, unit, limit)


_LIBRARY: Final = "plan fuel-library, LCM, first deployment"

ROWS: Final = (
    _cpu("plan_200", f"{_LIBRARY}, 200 nodes", 1.2, "nailgun 115"),
    _cpu("plan_500", f"{_LIBRARY}, 500 nodes", 3, "nailgun 581"),
    _memory("plan_500_memory", f"{_LIBRARY}, 500 nodes: peak", 200, "nailgun 550"),
    _cpu("replan_100", "the same, re-run with equal old data, 100 nodes", 1, "nailgun 168"),
    _cpu("plan_1000", f"{_LIBRARY}, 1,000 nodes", None),
    _cpu("plan_5000", f"{_LIBRARY}, 5,000 nodes", 30),
    _memory("plan_5000_memory", f"{_LIBRARY}, 5,000 nodes: peak", 1024),
    Row("plan_growth", "growth of that, 1,000 to 5,000 nodes", "exponent", 1.1, peer="nailgun 1.8"),
    _cpu("render_500", "render the reference form, 500 nodes, a million edges", None),
    Row("render_growth", "growth of that with edges, 500 to 1,000 nodes", "exponent", 1.1),
    _memory("render_memory", "rendering 1,000 nodes: memory on top of the plan", 64),
    _cpu("task_based_500", "plan fuel-library, older task-based form, 500 nodes", 1, "nailgun 103"),
    _rate(
        "execute_200", "execute 200 x 200 tasks, with events", "tasks/CPU s", 200_000, "Astute 492"
    ),
    _rate("execute_200_bare", "… without events", "tasks/CPU s", 350_000),
    _rate(
        "execute_1000",
        "execute 1,000 x 200 tasks, with events",
        "tasks/CPU s",
        200_000,
        "Astute 465",
    ),
    _rate("execute_1000_bare", "… without events", "tasks/CPU s", 350_000),
    _cpu("execute_million", "execute 5,000 x 200 tasks with events", 8),
    _memory("execute_million_memory", "… peak", 1024),
    Row(
        "message_ratio",
        "a message of 1,000 nodes: build, send, receive, validate, against packed columns",
        "times",
        3,
        peer="nested protobuf 7, Struct 57",
    ),
    _rate("record_sqlite", "orchestrator's events recorded in SQLite, acked", "events/s", 100_000),
    Row("record_sqlite_cpu", "… a CPU second of the recording process", "events/CPU s"),
    _rate("record_postgresql", "the same in PostgreSQL", "events/s", 60_000),
    Row("record_postgresql_cpu", "… a CPU second of the recording process", "events/CPU s"),
    _rate("fan_out_10", "fan-out to 10 watchers", "deliveries/s", 500_000),
    _rate("fan_out_100", "fan-out to 100 watchers", "deliveries/s", 500_000),
    Row("watched_slowdown", "a deployment of 200 nodes with 10 watchers, against none", "%", 20),
    Row("bare_p50", "a bare unary RPC, p50", "ms", peer="0.28 to 0.4"),
    Row("bare_p99", "a bare unary RPC, p99", "ms"),
    Row(
        "apply_p50", "ApplyChanges of the sample accepted, p50, against the bare RPC's", "times", 15
    ),
    Row(
        "apply_p99", "ApplyChanges of the sample accepted, p99, against the bare RPC's", "times", 60
    ),
    Row("preview_p99", "PreviewChanges of the 6-node sample, p99", "ms", 100),
    Row("event_p99", "an event from its journal to a watcher, p99", "ms", 200),
    Row("loop_lag", "longest lag of the event loop while 500 nodes are planned", "ms", 50),
    _wall("deploy_1000", "end to end, 1,000 nodes of fuel-library, one watcher: wall", 15),
    _memory("deploy_1000_planner", "… planner's peak", 600),
    _memory("deploy_1000_orchestrator", "… orchestrator's peak", 600),
    _wall("deploy_5000", "end to end, 5,000 nodes: wall", 75),
    _memory("deploy_5000_planner", "… planner's peak", None),
    _memory("deploy_5000_orchestrator", "… orchestrator's peak", None),
    Row("crowd", "100 clusters of 50 nodes at once: CPU against 100 single ones", "times", 1.3),
    _wall("start_planner", "planner from its start until SERVING, schema at head", 1.5),
    _cpu("start_planner_cpu", "… in CPU time, its end included", None),
    _wall("start_orchestrator", "orchestrator from its start until SERVING", 1.5),
    _cpu("start_orchestrator_cpu", "… in CPU time, its end included", None),
    _wall("import_stubs", "import of the client stubs", 0.3),
)

BY_KEY: Final = {row.key: row for row in ROWS}

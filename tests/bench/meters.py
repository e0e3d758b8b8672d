"""How are CPU time and memory read, of this process and of others?"""

from __future__ import annotations

import math
import os
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

ASSIGNMENTS: Final = 4_000_000
TICKS: Final = os.sysconf("SC_CLK_TCK")


@dataclass(slots=True)
class Span:
    """What a stretch of work took, in seconds; filled in when it is over."""

    cpu_s: float = 0.0
    wall_s: float = 0.0


@contextmanager
def timed() -> Iterator[Span]:
    """Time what this process does meanwhile."""
    span = Span()
    cpu, wall = time.process_time(), time.perf_counter()
    try:
        yield span
    finally:
        span.cpu_s = time.process_time() - cpu
        span.wall_s = time.perf_counter() - wall


def calibrate() -> float:
    """Return the CPU seconds of 4,000,000 dictionary assignments in a loop."""
    values: dict[int, int] = {}
    with timed() as span:
        for number in range(ASSIGNMENTS):
            values[number] = number  # noqa: PERF403 - the loop is what is timed
    return span.cpu_s


def cpu_s(pid: int) -> float:
    """Return the CPU seconds that a process has used so far, its threads included."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def peak_mib(pid: int | str = "self") -> float:
    """Return the largest resident size that a process has had, in MiB."""
    return _status(pid, "VmHWM")


def present_mib(pid: int | str = "self") -> float:
    """Return the present resident size of a process in MiB."""
    return _status(pid, "VmRSS")


def percentile(values: Sequence[float], share: float) -> float:
    """Return the smallest value that ``share`` of the values do not exceed."""
    return sorted(values)[max(0, math.ceil(len(values) * share) - 1)]


def _status(pid: int | str, field: str) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(field):
            return int(line.split()[1]) / 1024
    raise AssertionError(f"/proc/{pid}/status has no {field}")

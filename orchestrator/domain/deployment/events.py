"""What can happen to a deployment?"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Begin:
    """The run begins; `offline` lists the uids that do not answer."""

    now_ms: int
    offline: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class TaskEnded:
    """A running task ended: SUCCESSFUL, FAILED or SKIPPED; `error` says why, where it matters.

    `then_stop` asks for a stop at this very moment, before anything starts.
    """

    now_ms: int
    instance: int
    result: int
    error: str = ""
    summary: str = ""
    then_stop: bool = False


@dataclass(frozen=True, slots=True)
class StopRequested:
    """Start nothing new; running tasks end by themselves."""

    now_ms: int


@dataclass(frozen=True, slots=True)
class CutOff:
    """End running tasks now: the grace of a forced stop is over.

    With `erase`, the nodes they ran on are erased (decision 26).
    """

    now_ms: int
    erase: bool = False


Event = Begin | TaskEnded | StopRequested | CutOff

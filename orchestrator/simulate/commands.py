"""What can be asked of a run from outside while it goes on?"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StopCommand:
    """Start nothing new; with `force`, end running tasks after the grace period.

    Nodes on which something was cut off are erased only with `erase`.
    """

    force: bool = False
    grace_period_ms: int = 0
    erase: bool = False


@dataclass(frozen=True, slots=True)
class FaultCommand:
    """Something breaks: a task of a node, or the node as a whole where `task_id` is empty."""

    uid: str
    task_id: str = ""
    error: str = ""


Command = StopCommand | FaultCommand

"""How far are the nodes and the run after each finished task (dossier 9)?

A node's progress is 100 x finished tasks / all tasks, in whole percent. The overall progress is
the mean over the nodes that have tasks and is told whenever it changes; both never fall.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from orchestrator.domain.states import FINISHED_TASK

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from orchestrator.domain.deployment.plan import DeploymentPlan
    from orchestrator.domain.record import Rows

COMPLETE: Final = 100

_FIRST_FINAL: Final = int(min(FINISHED_TASK))


class Progress:
    """Counts the finished tasks of each node, many events at a time.

    Events have to be given in order, each once.
    """

    __slots__ = ("_done", "_has_tasks", "_node_of", "_overall", "_total")

    def __init__(self, plan: DeploymentPlan) -> None:
        self._node_of = plan.node_column
        total = np.diff(np.array(plan.first, dtype=np.int64))
        self._has_tasks = max(1, int(np.count_nonzero(total)))
        self._total = np.maximum(total, 1)
        self._done = np.zeros_like(total)
        self._overall = 0

    def derive(self, rows: Rows) -> None:
        """Fill in the progress of nodes and run in every event that finishes a task."""
        status = np.frombuffer(rows.status, dtype=np.uint8)
        finished = np.flatnonzero(status >= _FIRST_FINAL)
        if not len(finished):
            return
        node = self._node_of[np.frombuffer(rows.subject, dtype=np.int32)[finished]]
        done = self._done[node] + _occurrences(node)
        total = self._total[node]
        progress = done * COMPLETE // total
        np.frombuffer(rows.progress, dtype=np.int8)[finished] = progress
        gained = np.cumsum(progress - (done - 1) * COMPLETE // total)
        before = int(np.sum(self._done * COMPLETE // self._total))
        overall = (before + gained) // self._has_tasks
        for at in np.flatnonzero(np.diff(overall, prepend=self._overall)).tolist():
            rows.execution_progress[int(finished[at])] = int(overall[at])
        self._overall = int(overall[-1])
        self._done += np.bincount(node, minlength=len(self._done))


def _occurrences(values: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return, for each entry, how many entries up to it are equal to it."""
    order = np.argsort(values, kind="stable")
    grouped = values[order]
    place = np.arange(len(values))
    is_first = np.diff(grouped, prepend=-1) != 0
    begin = np.maximum.accumulate(np.where(is_first, place, 0))
    counts = np.empty_like(place)
    counts[order] = place - begin + 1
    return counts

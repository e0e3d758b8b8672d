"""Which chain of tasks made a run last as long as it did?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orchestrator.domain.deployment.plan import DeploymentPlan


def critical_path(
    plan: DeploymentPlan, started: Mapping[int, int], ended: Mapping[int, int]
) -> list[int]:
    """Return instances from the first to the last of the chain, given start and end times.

    Going back from the task that ended last: each one's predecessor is what it began right after,
    a task that it waits for or else the one before it on its node. A slot or a limit that it
    waited for breaks the chain to the task that ended then.
    """
    if not ended:
        return []
    before = _Requirements(plan)
    current = max(ended, key=lambda instance: (ended[instance], -instance))
    path = [current]
    by_end: dict[int, list[int]] = {}
    for instance, end in ended.items():
        by_end.setdefault(end, []).append(instance)
    seen = {current}
    while started[current] > 0:
        waited_for = before.of(current)
        candidates = [i for i in by_end.get(started[current], ()) if i not in seen]
        if not candidates:
            break
        current = min(
            candidates,
            key=lambda i, now=current: (  # type: ignore[misc]
                i not in waited_for,
                plan.node[i] != plan.node[now],
                i,
            ),
        )
        seen.add(current)
        path.append(current)
    return path[::-1]


class _Requirements:
    """Finds the instances that an instance waits for, through barriers too."""

    def __init__(self, plan: DeploymentPlan) -> None:
        self._plan = plan
        starts = np.asarray(plan.starts)
        source = np.repeat(np.arange(len(starts) - 1), np.diff(starts))
        targets = np.asarray(plan.targets, dtype=np.int64)
        order = np.argsort(targets, kind="stable")
        self._source = source[order]
        self._first = np.searchsorted(targets[order], np.arange(len(starts)))

    def of(self, vertex: int) -> set[int]:
        """Return the instances that a vertex waits for."""
        found: set[int] = set()
        for source in self._source[self._first[vertex] : self._first[vertex + 1]].tolist():
            found |= {source} if source < self._plan.instances else self.of(source)
        return found

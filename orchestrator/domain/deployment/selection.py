"""Which tasks of a graph run when only parts of it are asked for (dossier 8, subgraphs)?"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import numpy as np

from orchestrator.domain.errors import Violation

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from orchestrator.domain.deployment.wiring import Wiring
    from orchestrator.domain.message import Subgraph

_RANGE: Final = re.compile(r"([0-9]{1,9})-([0-9]{1,9})")
_LONGEST_RANGE: Final = 100_000
MAX_SELECTORS: Final = 1_000


class Selection:
    """Finds the instances of a graph that a list of subgraphs keeps."""

    def __init__(self, wiring: Wiring, task_of: NDArray[np.int64], names: tuple[str, ...]) -> None:
        self._wiring = wiring
        self._task_of = task_of
        self._number_of = {name: number for number, name in enumerate(names)}
        self.violations: list[Violation] = []

    def kept(self, subgraphs: tuple[Subgraph, ...]) -> NDArray[np.bool_]:
        """Return per instance whether any of `subgraphs` holds it; all when there is none.

        A selector that matches no task is a violation, instead of silently running everything
        (decision 23, H08).
        """
        count = sum(len(subgraph.start) + len(subgraph.end) for subgraph in subgraphs)
        if count > MAX_SELECTORS:
            text = f"{count} selectors; at most {MAX_SELECTORS}"
            self.violations.append(Violation("INVALID_MESSAGE", "subgraphs", text))
            subgraphs = ()
        kept = np.zeros(self._wiring.instances, dtype=np.bool_)
        for index, subgraph in enumerate(subgraphs):
            start = self._matched(f"subgraphs[{index}].start", subgraph.start)
            end = self._matched(f"subgraphs[{index}].end", subgraph.end)
            piece = np.ones_like(kept)
            if subgraph.start:
                piece &= self._reachable(start, self._wiring.starts, self._wiring.targets)
            if subgraph.end:
                piece &= self._reachable(end, *self._reversed())
            kept |= piece
        return kept if subgraphs else ~kept

    def _matched(self, field: str, selectors: Iterable[str]) -> list[int]:
        matched: list[int] = []
        for selector in selectors:
            name, _, uids = selector.partition("/")
            is_match = self._task_of == self._number_of.get(name, -1)
            if uids:
                is_match &= np.isin(self._wiring.node, self._nodes(uids))
            found = np.flatnonzero(is_match).tolist()
            if not found:
                text = f"{selector!r} matches no task of the graph"
                self.violations.append(Violation("UNKNOWN_SUBGRAPH_TASK", field, text))
            matched += found
        return matched

    def _nodes(self, uids: str) -> list[int]:
        """Return the nodes of a list like ``1,4,10-20``."""
        wanted: set[str] = set()
        for part in uids.split(","):
            bounds = _RANGE.fullmatch(part.strip())
            if bounds is None:
                wanted.add(part.strip())
            elif int(bounds[2]) - int(bounds[1]) <= _LONGEST_RANGE:
                wanted.update(str(uid) for uid in range(int(bounds[1]), int(bounds[2]) + 1))
        return [number for number, uid in enumerate(self._wiring.uids) if uid in wanted]

    def _reversed(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        wiring = self._wiring
        source = np.repeat(np.arange(wiring.vertices), np.diff(wiring.starts))
        by_target = np.argsort(wiring.targets, kind="stable")
        bounds = np.arange(wiring.vertices + 1)
        return np.searchsorted(wiring.targets[by_target], bounds), source[by_target]

    def _reachable(
        self, roots: list[int], starts: NDArray[np.int64], targets: NDArray[np.int64]
    ) -> NDArray[np.bool_]:
        """Return per instance whether it is one of `roots` or behind one."""
        seen = bytearray(self._wiring.vertices)
        first, behind = starts.tolist(), targets.tolist()
        stack = list(roots)
        for root in roots:
            seen[root] = 1
        while stack:
            vertex = stack.pop()
            for target in behind[first[vertex] : first[vertex + 1]]:
                if not seen[target]:
                    seen[target] = 1
                    stack.append(target)
        return np.frombuffer(seen, dtype=np.bool_)[: self._wiring.instances]

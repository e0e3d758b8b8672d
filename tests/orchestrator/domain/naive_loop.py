"""A scheduler as simple as it can be, to compare ours with: every pass looks at everything.

Statuses are polled from the requirements each time, plain edges only, O(n^2) and worse.
"""

from __future__ import annotations

from dataclasses import dataclass, field

SYNC = "null"
SUCCESS = {"successful", "skipped"}
BAD = {"failed", "dep_failed"}


@dataclass
class NaiveLoop:
    """Tasks are (uid, name) pairs; `requires` has an entry for each, in order of insertion."""

    requires: dict[tuple[str, str], set[tuple[str, str]]]
    ends: dict[tuple[str, str], tuple[int, str]]
    tolerance: int
    status: dict[tuple[str, str], str] = field(default_factory=dict)
    finish: dict[tuple[str, str], int] = field(default_factory=dict)

    def run(self) -> dict[tuple[str, str], str]:
        """Run to the end; every node may fail up to the tolerance."""
        self.status = dict.fromkeys(self.requires, "pending")
        failed_nodes: set[str] = set()
        is_braked = False
        running: dict[str, tuple[str, str]] = {}
        now = 0
        while True:
            for task in sorted(running.values(), key=lambda task: self._place(task[0])):
                if self.finish[task] == now:
                    del running[task[0]]
                    self._end(task, failed_nodes)
            self._flood()
            bad = {uid for uid, _ in self.status if uid != SYNC and self._is_bad(uid)}
            is_braked = is_braked or len(bad) > self.tolerance
            for uid in dict.fromkeys(uid for uid, _ in self.requires):
                if uid not in running and uid not in failed_nodes:
                    self._visit(uid, now, running, is_braked=is_braked)
            if not running:
                return self.status
            now = min(self.finish[task] for task in running.values())

    def _end(self, task: tuple[str, str], failed_nodes: set[str]) -> None:
        self.status[task] = self.ends[task][1]
        if self.status[task] == "failed":
            self._fail_rest_of(task[0])
            failed_nodes.add(task[0])

    def _visit(
        self, uid: str, now: int, running: dict[str, tuple[str, str]], *, is_braked: bool
    ) -> None:
        own = [task for task in self.requires if task[0] == uid]
        if is_braked:
            left = [task for task in own if self.status[task] == "pending"]
            self.status.update(dict.fromkeys(left, "skipped"))
            return
        ready = [task for task in own if self._is_ready(task)]
        if ready:
            best = max(ready, key=lambda task: (self._weight(task), -own.index(task)))
            self.status[best] = "running"
            self.finish[best] = now + self.ends[best][0]
            running[uid] = best

    def _place(self, uid: str) -> tuple[bool, int]:
        return (uid == SYNC, 0 if uid == SYNC else int(uid))

    def _is_ready(self, task: tuple[str, str]) -> bool:
        if self.status[task] != "pending":
            return False
        wanted = SUCCESS | BAD if task[0] == SYNC else SUCCESS
        return all(self.status[other] in wanted for other in self.requires[task])

    def _is_bad(self, uid: str) -> bool:
        return any(self.status[task] in BAD for task in self.requires if task[0] == uid)

    def _fail_rest_of(self, uid: str) -> None:
        for task in self.requires:
            if task[0] == uid and self.status[task] == "pending":
                self.status[task] = "dep_failed"

    def _flood(self) -> None:
        changed = True
        while changed:
            changed = False
            for task, others in self.requires.items():
                hit = any(self.status[other] in BAD for other in others)
                if task[0] != SYNC and self.status[task] == "pending" and hit:
                    self.status[task] = "dep_failed"
                    changed = True

    def _weight(self, task: tuple[str, str]) -> int:
        return sum(
            (1 if other[0] == task[0] else 10) + self._weight(other)
            for other, needs in self.requires.items()
            if task in needs
        )

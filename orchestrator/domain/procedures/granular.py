"""How does the older deployment go: groups by priority, slices of nodes, lists of tasks?

Dossier 14. Each slice ends before the next begins; on a node tasks run one after another.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING, Any

from orchestrator.domain.procedures.hooks import (
    Failure,
    Hook,
    attempts,
    failed_hook,
    hooks_of,
    run_hooks,
)
from orchestrator.domain.procedures.procedure import Ending, pause
from orchestrator.domain.states import ExecutionState
from orchestrator.domain.task_types import TASK_TYPES, back_end

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from orchestrator.domain.message import GranularDeploy
    from orchestrator.domain.procedures.procedure import Journaled, Nodes, Steps


@dataclass(slots=True)
class _Role:
    """A node in one of its roles: its tasks, and whether its failure ends the deployment."""

    uid: str
    role: str
    priority: int
    is_critical: bool
    tasks: list[dict[str, Any]] = field(default_factory=list)


class GranularDeployment:
    """Deploys roles of nodes; `steps` is the procedure.

    A node becomes ready with its last role, error as soon as a critical role fails or with its
    last role when any failed.
    """

    def __init__(self, work: GranularDeploy, max_nodes: int) -> None:
        self._roles = [_role(entry) for entry in json.loads(work.deployment_info)]
        self._pre = hooks_of(work.pre_deployment)
        self._post = hooks_of(work.post_deployment)
        self._max_nodes = max_nodes or max(len(self._roles), 1)
        self._left: dict[str, int] = {}
        self._bad: set[str] = set()

    def steps(self, nodes: Nodes, reports: Journaled) -> Steps:
        """Deploy; ends READY, ERROR where a node failed, or STOPPED."""
        reports.state(ExecutionState.RUNNING)
        ending = self._drop_offline(nodes, reports)
        if ending is None:
            ending = yield from self._run_hooks(self._pre, nodes, reports)
        if ending is None:
            ending = yield from self._deploy(nodes, reports)
        if ending is None:
            ending = yield from self._run_hooks(self._post, nodes, reports)
        if ending is None and self._bad:
            failed = ", ".join(sorted(self._bad))
            ending = Ending(ExecutionState.ERROR, f"nodes failed: {failed}")
        return ending or Ending()

    def _run_hooks(
        self, hooks: list[Hook], nodes: Nodes, reports: Journaled
    ) -> Generator[int, bool, Ending | None]:
        """Run hooks; None when the deployment goes on."""
        outcome = yield from run_hooks(hooks, nodes, reports, self._max_nodes)
        if isinstance(outcome, Failure):
            return failed_hook(outcome, reports, "deploy")
        return Ending(ExecutionState.STOPPED) if outcome else None

    def _deploy(self, nodes: Nodes, reports: Journaled) -> Generator[int, bool, Ending | None]:
        """Run slice after slice; None when the deployment goes on."""
        for role in self._roles:
            self._left[role.uid] = self._left.get(role.uid, 0) + 1
        for chosen in self._slices():
            if (yield from self._run_slice(chosen, nodes, reports)):
                return Ending(ExecutionState.STOPPED)
            if any(role.is_critical and role.uid in self._bad for role in chosen):
                return Ending(ExecutionState.ERROR, "a node that must not fail has failed")
        return None

    def _drop_offline(self, nodes: Nodes, reports: Journaled) -> Ending | None:
        """Report nodes that do not answer and go on without them; refuse if one must not fail."""
        silent = [role for role in self._roles if not nodes.answers(role.uid, reports.now_ms)]
        for uid in dict.fromkeys(role.uid for role in silent):
            error = "Node is not ready for deployment: it does not answer"
            reports.node(uid, 100, status="error", error_type="provision", error=error)
        self._bad.update(role.uid for role in silent)
        self._roles = [role for role in self._roles if role not in silent]
        if any(role.is_critical for role in silent):
            return Ending(ExecutionState.ERROR, "a node that must not fail does not answer")
        return None

    def _slices(self) -> Iterator[list[_Role]]:
        """Yield groups of equal priority, cut so that a node occurs once and few enough do."""
        by_priority = sorted(self._roles, key=lambda role: role.priority)
        for _, group in groupby(by_priority, key=lambda role: role.priority):
            left = list(group)
            while left:
                chosen: dict[str, _Role] = {}
                for role in left:
                    if len(chosen) < self._max_nodes:
                        chosen.setdefault(role.uid, role)
                yield list(chosen.values())
                left = [role for role in left if chosen.get(role.uid) is not role]

    def _run_slice(
        self, chosen: list[_Role], nodes: Nodes, reports: Journaled
    ) -> Generator[int, bool, bool]:
        """Run each node's tasks side by side with the others; return True when stopped."""
        began = reports.now_ms
        for role in chosen:
            reports.node(role.uid, 0, status="deploying", role=role.role)
        told = [(*_told(role, nodes), role) for role in chosen]
        for duration, error, role in sorted(told, key=lambda story: story[0]):
            if (yield from pause(began + duration - reports.now_ms, reports)):
                return True
            self._left[role.uid] -= 1
            if error is not None:
                self._bad.add(role.uid)
            self._report(role, error, reports)
        return False

    def _report(self, role: _Role, error: str | None, reports: Journaled) -> None:
        is_over = not self._left[role.uid] or (error is not None and role.is_critical)
        if not is_over:
            done = sum(1 for other in self._roles if other.uid == role.uid) - self._left[role.uid]
            percent = 100 * done // (done + self._left[role.uid])
            reports.node(role.uid, percent, status="deploying", role=role.role)
        elif role.uid in self._bad:
            text = error or "another role of the node failed"
            attributes = {"status": "error", "error_type": "deploy", "role": role.role}
            reports.node(role.uid, 100, error=text, **attributes)
        else:
            reports.node(role.uid, 100, status="ready", role=role.role)


def _told(role: _Role, nodes: Nodes) -> tuple[int, str | None]:
    """Return how long a role's tasks take and why they fail, the rest dropped, if they do."""
    elapsed = 0
    for task in sorted(role.tasks, key=lambda entry: entry.get("priority") or 0):
        kind = back_end(TASK_TYPES[task["type"]], task.get("parameters") or {})
        duration, error = attempts(kind, str(task.get("id") or task["type"]), role.uid, nodes)
        elapsed += duration
        if error is not None:
            return elapsed, error
    return elapsed, None


def _role(entry: dict[str, Any]) -> _Role:
    return _Role(
        uid=str(entry["uid"]),
        role=str(entry.get("role", "")),
        priority=entry.get("priority") or 0,
        is_critical=bool(entry.get("fail_if_error", False)),
        tasks=entry.get("tasks") or [],
    )

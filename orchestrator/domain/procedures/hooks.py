"""How do hooks run on nodes: one after another, each on its nodes side by side (dossier 13)?"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from orchestrator.domain.procedures.procedure import Ending, pause
from orchestrator.domain.states import ExecutionState
from orchestrator.domain.task_types import TASK_TYPES, BackEnd, back_end

if TYPE_CHECKING:
    from collections.abc import Generator

    from orchestrator.domain.procedures.procedure import Journaled, Nodes, Steps


@dataclass(frozen=True, slots=True)
class Hook:
    """A task that runs on some nodes; `is_soft` ones may fail without consequence."""

    name: str
    back_end: BackEnd
    uids: tuple[str, ...]
    is_soft: bool


@dataclass(frozen=True, slots=True)
class Failure:
    """A hook that failed on nodes, and why on the first of them."""

    hook: Hook
    uids: tuple[str, ...]
    error: str


def hooks_of(text: str) -> list[Hook]:
    """Read a JSON list of hooks that was validated, in order of priority."""
    entries: list[dict[str, Any]] = json.loads(text)
    ordered = sorted(entries, key=lambda entry: entry.get("priority") or 0)
    return [
        Hook(
            name=str(entry.get("id") or entry["type"]),
            back_end=back_end(TASK_TYPES[entry["type"]], entry.get("parameters") or {}),
            uids=tuple(str(uid) for uid in entry.get("uids") or ()),
            is_soft=entry.get("fail_on_error") is False,
        )
        for entry in ordered
    ]


def run_hooks(
    hooks: list[Hook], nodes: Nodes, reports: Journaled, max_nodes: int
) -> Generator[int, bool, Failure | bool]:
    """Run hooks until one fails; return the failure, True when stopped, False when all is well."""
    for place, hook in enumerate(hooks):
        size = max_nodes or max(len(hook.uids), 1)
        for at in range(0, len(hook.uids), size):
            chosen = hook.uids[at : at + size]
            told = {uid: attempts(hook.back_end, hook.name, uid, nodes) for uid in chosen}
            if (yield from pause(max(duration for duration, _ in told.values()), reports)):
                return True
            failed = {uid: error for uid, (_, error) in told.items() if error is not None}
            if failed and not hook.is_soft:
                return Failure(hook, tuple(failed), next(iter(failed.values())))
        reports.progress(99 * (place + 1) // len(hooks))
    return False


def attempts(kind: BackEnd, name: str, uid: str, nodes: Nodes) -> tuple[int, str | None]:
    """Return how long a task takes with its retries, and why it fails in the end, if it does."""
    if kind.problem:
        return 0, kind.problem
    if not kind.kind.has_effect:
        return 0, None
    elapsed = 0
    error: str | None = None
    for attempt in range(kind.retries + 1):
        elapsed += kind.interval_ms if attempt else 0
        elapsed += nodes.duration_ms(uid, name, kind.kind.name, attempt)
        if kind.timeout_ms and elapsed > kind.timeout_ms:
            return kind.timeout_ms, f"timed out after {kind.timeout_ms / 1000:g} s"
        error = nodes.failure(uid, name, kind.kind.name, attempt)
        if error is None:
            break
    return elapsed, error


class HookRun:
    """execute_tasks; `steps` is the procedure."""

    def __init__(self, tasks: str, max_nodes: int) -> None:
        self._hooks = hooks_of(tasks)
        self._max_nodes = max_nodes

    def steps(self, nodes: Nodes, reports: Journaled) -> Steps:
        """Run the hooks; ends READY, ERROR at the first failure, or STOPPED."""
        reports.state(ExecutionState.RUNNING)
        outcome = yield from run_hooks(self._hooks, nodes, reports, self._max_nodes)
        if isinstance(outcome, Failure):
            return failed_hook(outcome, reports, "execute_tasks")
        return Ending(ExecutionState.STOPPED if outcome else ExecutionState.READY)


def failed_hook(failure: Failure, reports: Journaled, error_type: str) -> Ending:
    """Report the nodes on which a hook failed and end with an error."""
    for uid in failure.uids:
        reports.node(
            uid,
            100,
            status="error",
            error_type=error_type,
            role="hook",
            hook=failure.hook.name,
            error=failure.error,
        )
    text = f"Task {failure.hook.name} failed on nodes {', '.join(failure.uids)}: {failure.error}"
    return Ending(ExecutionState.ERROR, text)

"""What does a back-end say about a task that it ran (dossier 10, summaries attached to reports)?

Puppet and what runs through it tell the agent's last run, three others one line, the rest
nothing. The texts depend on the type of a task and its end alone, so that a run has few of them.
"""

from __future__ import annotations

from typing import Any, Final

from orchestrator.domain.canonical import canonical_json

BY_PUPPET: Final = frozenset({"puppet", "shell", "master_shell", "sync"})

_LINES: Final = {
    "reboot": ("node was rebooted", "node did not come back after its reboot"),
    "erase_node": ("node was erased", "node was not erased"),
    "move_to_bootstrap": ("node was moved to bootstrap", "node was not moved to bootstrap"),
}


def summary_json(kind: str, *, has_failed: bool, debug: bool = False) -> str:
    """Return what the back-end of a task type says: a JSON object, or nothing.

    With `debug`, the agent's raw report comes along, as puppet runs with debug output then.
    """
    if kind in _LINES:
        return canonical_json({"task_summary": _LINES[kind][has_failed]})
    if kind not in BY_PUPPET:
        return ""
    summary: dict[str, Any] = {
        "status": "stopped",
        "resources": {"failed": int(has_failed), "failed_to_restart": 0},
    }
    if debug:
        end = "Could not apply the catalog" if has_failed else "Applied the catalog"
        summary["raw_report"] = f"Debug: puppet apply --debug\nNotice: {end}\n"
    return canonical_json(summary)

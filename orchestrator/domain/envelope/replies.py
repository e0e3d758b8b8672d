"""What would the reference have answered: the reports that a deployment's events amount to?

Shapes and order are those of dossier 9: one report an event, progress never missing from it, all
nodes at 100, then the overall status. Nodes that nailgun does not know are left out (9.2).
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from orchestrator.domain.message import MASTER_NODE, SYNC_NODE
from orchestrator.domain.record import EXECUTION, NO_PROGRESS, NO_STATUS
from orchestrator.domain.states import FINISHED_EXECUTION, ExecutionState, TaskStatus

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestrator.domain.record import Rows, Tables

Report = dict[str, Any]

_TASK_WORDS: Final = {
    TaskStatus.RUNNING: "running",
    TaskStatus.SUCCESSFUL: "ready",
    TaskStatus.FAILED: "error",
    TaskStatus.DEP_FAILED: "error",
    TaskStatus.SKIPPED: "skipped",
}


def is_reported(uid: str) -> bool:
    """Tell whether the reference reports on a node: a number, the master, the sync node."""
    return uid.removeprefix("-").isdecimal() or uid in {MASTER_NODE, SYNC_NODE}


def reference_reports(rows: Rows, tables: Tables) -> Iterator[Report]:
    """Yield the reports of a whole run, given all of its events."""
    progress = dict.fromkeys(tables.uids, 0)
    summaries = rows.all_summaries()
    for index, subject in enumerate(rows.subject):
        if subject == EXECUTION:
            yield from _closing(rows, index, tables)
            continue
        status = TaskStatus(rows.status[index])
        node = int(tables.node_of[subject]) if subject >= 0 else -2 - subject
        uid = tables.uids[node]
        if rows.progress[index] != NO_PROGRESS:
            progress[uid] = rows.progress[index]
        is_of_task = rows.status[index] != NO_STATUS
        is_silent = not is_of_task and index not in rows.attributes
        if is_silent or status is TaskStatus.NOT_RUN or not is_reported(uid):
            continue
        report: Report = {"uid": _wire_uid(uid), "progress": progress[uid]}
        report |= json.loads(rows.attributes.get(index, "{}"))
        if is_of_task:
            report["deployment_graph_task_name"] = tables.task_ids[int(tables.task_of[subject])]
            report["task_status"] = _TASK_WORDS[status]
            report["summary"] = json.loads(summaries.get(index, "{}"))
        if index in rows.errors:
            report["error_msg"] = rows.errors[index]
        yield {"nodes": [report]}


def last_node_statuses(reports: list[Report]) -> dict[str, str]:
    """Return the last reported status of each node; the sync node's key is ``null``."""
    statuses: dict[str, str] = {}
    for report in reports:
        for node in report.get("nodes", ()):
            if "status" in node:
                uid = SYNC_NODE if node["uid"] is None else node["uid"]
                statuses[uid] = node["status"]
    return statuses


def _closing(rows: Rows, index: int, tables: Tables) -> Iterator[Report]:
    """Yield the last two reports, for the event that ends the execution."""
    state = rows.execution_state.get(index)
    if state is None or state not in FINISHED_EXECUTION:
        return
    known = [uid for uid in tables.uids if is_reported(uid)]
    yield {"nodes": [{"uid": _wire_uid(uid), "progress": 100} for uid in known]}
    overall: Report = {"status": ExecutionState(state).name.lower(), "progress": 100}
    if index in rows.errors:
        overall["error"] = rows.errors[index]
    yield overall


def _wire_uid(uid: str) -> str | None:
    return None if uid == SYNC_NODE else uid

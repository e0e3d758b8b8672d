"""Groups 5 and 6: how are a change and the reports that follow it replayed through our services?"""

from __future__ import annotations

import uuid
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any, Final
from unittest.mock import patch

from planner.domain.errors import PlannerError
from planner.domain.graph.errors import GraphError
from planner.domain.reports import ExecutionState, Report
from planner.domain.states import RunMode, TaskState
from planner.domain.transaction import GraphRun, Selection
from planner.services.bell import LocalBell
from planner.services.changes import Change, apply_changes
from planner.services.planning import Planning, plan_transaction
from planner.services.progress import open_recording, record_reports
from tests.golden.flow.loading import CLUSTER, NOW

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from tests.golden.flow.loading import Scene

APPLY: Final = "ApplyChangesTaskManager.execute"
REPORT: Final = "NailgunReceiver.deploy_resp"

STEP_STATES: Final = {"ready": ExecutionState.READY, "error": ExecutionState.ERROR}


def replay(scene: Scene, step: dict[str, Any]) -> str:
    """Make a recorded call; return the reason why it was refused, or nothing."""
    if step["call"] == REPORT:
        _report(scene, step["given"]["report"])
        return ""
    return _apply(scene, step["given"])


def _apply(scene: Scene, given: dict[str, Any]) -> str:
    name = str(uuid.uuid4())
    change = Change(
        cluster=CLUSTER, selection=_selection(given["kwargs"]), run_mode=_run_mode(given["kwargs"])
    )
    bell = LocalBell()
    planning = Planning(scene.store, scene.codec, bell, lambda: str(uuid.uuid4()), lambda: NOW)
    with _injected(given):
        try:
            apply_changes(scene.store, bell, change, transaction=name, key=None, now=NOW)
            planned = plan_transaction(planning, name)
        except PlannerError as error:
            return error.reason
    return planned.failure.reason if planned.failure else ""


def _selection(kwargs: dict[str, Any]) -> Selection:
    named = kwargs.get("nodes_to_provision_deploy") or kwargs.get("nodes_to_deployment") or {}
    graph = kwargs.get("graph_type")
    return Selection(
        nodes=tuple(str(number) for number in named.get("nodes", ())),
        tasks=tuple(kwargs.get("deployment_tasks") or ()),
        graphs=(GraphRun(graph),) if graph else (),
        force=bool(kwargs.get("force")),
    )


def _run_mode(kwargs: dict[str, Any]) -> RunMode:
    if kwargs.get("dry_run"):
        return RunMode.DRY_RUN
    return RunMode.NOOP if kwargs.get("noop_run") else RunMode.NORMAL


def _injected(given: dict[str, Any]) -> AbstractContextManager[object]:
    """Let planning fail where the original's serializer was made to."""
    if "injected_failure" not in given:
        return nullcontext()
    return patch("planner.services.planning.plan", side_effect=GraphError("cannot build"))


def _report(scene: Scene, report: dict[str, Any]) -> None:
    """Record a report as if an execution had sent it."""
    with scene.store.read() as work:
        active = work.transactions.active(CLUSTER)
    recording = open_recording(scene.store, active.id) if active else None
    if recording is None:
        return
    nodes = report.get("nodes", ())
    reports = [_of_node(node) for node in nodes]
    reports.append(
        Report(
            elapsed_ms=0,
            execution_progress=report.get("progress", _mean_progress(nodes)),
            execution_state=STEP_STATES.get(report.get("status", ""), ExecutionState.RUNNING),
            error=report.get("error", ""),
        )
    )
    last = recording.step.cursor + len(reports)
    record_reports(scene.store, LocalBell(), recording, reports, last, NOW)


def _mean_progress(nodes: list[dict[str, Any]]) -> int | None:
    """Work out what an execution tells by itself and the original got from its nodes."""
    known = [node["progress"] for node in nodes if "progress" in node]
    return sum(known) // len(known) if known else None


def _of_node(node: dict[str, Any]) -> Report:
    uid = "null" if node["uid"] is None else str(node["uid"])
    attributes: dict[str, Any] = {
        key: node[key] for key in ("status", "error_type", "error_msg") if key in node
    }
    task = node.get("deployment_graph_task_name", "")
    status = node.get("task_status")
    return Report(
        elapsed_ms=0,
        uid=uid,
        task=task,
        task_state=TaskState(status) if task and status else None,
        node_progress=node.get("progress"),
        node_attributes=attributes or None,
    )

"""Who sends recorded reports the way our orchestrator would?

Recorded reports are addressed by the uuid of a task row. Ours belong to executions: one a step,
with events that carry on from the cursor of the record. So the stand-in knows which row is which
step, and delivers nothing to an execution that has ended: its events have all been recorded.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from planner.domain.reports import ExecutionState, Report
from planner.domain.states import TaskState
from planner.services.bell import LocalBell
from planner.services.progress import open_recording, record_reports
from tests.golden.flow.loading import CLUSTER, NOW

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from planner.domain.recording import Recording
    from tests.golden.flow.loading import Scene

CHECKS: Final = ("check_networks", "check_before_deployment")
STOP: Final = "stop_deployment"
MASTER: Final = "master"

ENDS: Final = {"ready": ExecutionState.READY, "error": ExecutionState.ERROR}
STOP_ENDS: Final = {"ready": ExecutionState.STOPPED, "error": ExecutionState.ERROR}
TASK_STATES: Final = {state.value: state for state in TaskState}
ATTRIBUTES: Final = ("status", "error_type", "error_msg", "online", "pending_addition")


@dataclass(slots=True)
class Hands:
    """Stands in for the orchestrator towards one scene.

    ``places`` maps the uuid of a recorded row to the number of its transaction (counted from 0)
    and the position of its step; ``reached`` keeps how far nodes are, which begin at ``begin``.
    """

    scene: Scene
    begin: int = 0
    places: dict[str, tuple[int, int]] = field(default_factory=dict)
    reached: dict[str, int] = field(default_factory=dict)

    def learn(self, tasks: list[dict[str, Any]]) -> None:
        """Learn which recorded row is which step of ours."""
        tops = [task for task in tasks if task["parent_id"] is None and task["name"] != STOP]
        for number, top in enumerate(tops):
            children = [t for t in tasks if t["parent_id"] == top["id"] and t["name"] not in CHECKS]
            for position, task in enumerate(children or [top]):
                self.places[task["uuid"]] = (number, position)

    def report(self, report: Mapping[str, Any]) -> None:
        """Deliver a report to the execution it is addressed to, if that is under way."""
        recording = self._open(self.places.get(report["task_uuid"]))
        if recording is not None:
            self._record(recording, list(self._reports(recording, report)))

    def stopped(self, report: Mapping[str, Any]) -> None:
        """Deliver the answer to a stop as the end of the execution that was stopped."""
        recording = self._open(None, stopping=True)
        if recording is None:
            return
        reports = [_erased(node, online=True) for node in report.get("nodes", ())]
        reports += [_erased(node, online=False) for node in report.get("inaccessible_nodes", ())]
        end = STOP_ENDS.get(report["status"], ExecutionState.STOPPING)
        reports.append(Report(0, execution_state=end, error=report.get("error", "")))
        self._record(recording, reports)

    def _open(self, place: tuple[int, int] | None, *, stopping: bool = False) -> Recording | None:
        with self.scene.store.read() as work:
            active = work.transactions.active(CLUSTER)
        recording = open_recording(self.scene.store, active.id) if active else None
        if recording is None or stopping:
            return recording
        here = (recording.transaction.number - 1, recording.position)
        return recording if here == place else None

    def _record(self, recording: Recording, reports: list[Report]) -> None:
        last = recording.step.cursor + len(reports)
        record_reports(self.scene.store, LocalBell(), recording, reports, last, NOW)

    def _reports(self, recording: Recording, report: Mapping[str, Any]) -> Iterator[Report]:
        nodes = report.get("nodes", ())
        for node in nodes:
            yield _of_node(node)
            if node.get("status") == "error":
                self.reached.pop(str(node["uid"]), None)
            elif "progress" in node:
                self.reached[str(node["uid"])] = node["progress"]
        status = report.get("status", "")
        # Of a classic deployment the master is a critical node; in a graph the plan decides.
        if not recording.transaction.is_sequence and any(
            node["uid"] == MASTER and node.get("status") == "error" for node in nodes
        ):
            status = "error"
        progress = report.get("progress", self._mean(recording))
        yield Report(
            elapsed_ms=0,
            execution_progress=progress,
            execution_state=ENDS.get(status, ExecutionState.RUNNING),
            error=report.get("error", ""),
        )

    def _mean(self, recording: Recording) -> int | None:
        """Tell how far the nodes at work are, where a report leaves that to the planner."""
        uids = [uid for uid in recording.step.uids if uid in self.reached or self.begin]
        total = sum(self.reached.get(uid, self.begin) for uid in uids)
        return total // len(uids) if uids else None


def _of_node(node: Mapping[str, Any]) -> Report:
    task = node.get("deployment_graph_task_name", "")
    return Report(
        elapsed_ms=0,
        uid="null" if node["uid"] is None else str(node["uid"]),
        task=task,
        task_state=TASK_STATES.get(node.get("task_status", "")) if task else None,
        node_progress=node.get("progress"),
        node_attributes={key: node[key] for key in ATTRIBUTES if key in node} or None,
        error=node.get("error_msg", ""),
    )


def _erased(node: Mapping[str, Any], *, online: bool) -> Report:
    """Tell of a node that was cut off and erased: it is found again, or cannot be reached."""
    attributes = {"status": "discover"} | ({} if online else {"online": False})
    return Report(0, str(node["uid"]), node_attributes=attributes)

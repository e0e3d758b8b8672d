"""What comes of a deployment message, told at once and without a service?"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from orchestrator.domain.deployment.plan import prepare
from orchestrator.domain.envelope.replies import last_node_statuses, reference_reports
from orchestrator.domain.message import SYNC_NODE
from orchestrator.domain.states import FINISHED_TASK, TaskStatus
from orchestrator.simulate.critical_path import critical_path
from orchestrator.simulate.deployment_run import DeploymentRun
from orchestrator.simulate.matching import RunContext

if TYPE_CHECKING:
    from orchestrator.domain.deployment.plan import DeploymentPlan
    from orchestrator.domain.message import Message, TaskDeploy
    from orchestrator.domain.record import Rows
    from orchestrator.simulate.scenario import Scenario

RECORDED_SYNC_NODE: Final = "virtual_sync_node"
"""What the recorded cases call the sync node in names of tasks."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """A simulated run: its plan and statuses, and the answer in the words of recorded cases.

    `answer` has `status`, `tasks`, `nodes`, `start_order`, `reports`, `critical_path`,
    `makespan_s`; where a critical node is offline only `error` and `nodes` (decision 24).
    """

    plan: DeploymentPlan
    status: bytes
    answer: dict[str, Any]

    @property
    def is_refused(self) -> bool:
        """Tell whether nothing was run."""
        return "error" in self.answer


def simulate(message: Message, work: TaskDeploy, scenario: Scenario) -> Outcome:
    """Run a deployment to its end in virtual time.

    Raises MessageRefusedError for a message that cannot run.
    """
    plan = prepare(work)
    run = DeploymentRun(plan, scenario, RunContext(task_uuid=message.task_uuid))
    run.starts = []
    run.advance(sys.maxsize)
    rows = run.record.take()
    reports = list(reference_reports(rows, run.tables))
    nodes = last_node_statuses(reports)
    status = bytes(run.machine.status)
    if run.machine.refusal:
        error = {"reason": "CRITICAL_NODES_OFFLINE", "message": run.machine.refusal}
        return Outcome(plan, status, {"error": error, "nodes": nodes})
    assert run.result is not None  # noqa: S101 - advanced to its end
    started = {instance: at for at, instance in run.starts}
    path = critical_path(plan, started, _ends(rows, started))
    answer = {
        "status": run.result.name.lower(),
        "tasks": {label(plan, i): _word(plan, status, i) for i in range(plan.instances)},
        "nodes": nodes,
        "start_order": [label(plan, instance) for _, instance in run.starts],
        "reports": reports,
        "critical_path": [label(plan, instance) for instance in path],
        "makespan_s": run.now_ms / 1000,
    }
    return Outcome(plan, status, answer)


def label(plan: DeploymentPlan, instance: int) -> str:
    """Return ``NODE/TASK`` as the recorded cases write it."""
    uid = plan.uids[plan.node[instance]]
    return f"{RECORDED_SYNC_NODE if uid == SYNC_NODE else uid}/{plan.task_of(instance)}"


def _word(plan: DeploymentPlan, status: bytes, instance: int) -> str:
    """Return a task's status; of one that a dry run left: ready where it waits for nothing."""
    task_status = TaskStatus(status[instance])
    if task_status is not TaskStatus.NOT_RUN:
        return task_status.name.lower()
    return "pending" if plan.open[instance] else "ready"


def _ends(rows: Rows, started: dict[int, int]) -> dict[int, int]:
    return {
        subject: rows.elapsed_ms[index]
        for index, subject in enumerate(rows.subject)
        if subject in started and rows.status[index] in FINISHED_TASK
    }

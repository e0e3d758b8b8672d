"""Which kind of run does a message become, and is it one that can run at all?"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from orchestrator.domain.deployment.plan import prepare
from orchestrator.domain.errors import MessageRefusedError
from orchestrator.domain.message import (
    DumpEnvironment,
    ExecuteTasks,
    GranularDeploy,
    NetworkCheck,
    Provision,
    RemoveNodes,
    RepositoryCheck,
    ResetEnvironment,
    StopDeployTask,
    TaskDeploy,
)
from orchestrator.domain.procedures.checks import Check, Dump, StopAnswer
from orchestrator.domain.procedures.granular import GranularDeployment
from orchestrator.domain.procedures.hooks import HookRun
from orchestrator.domain.procedures.provision import Provisioning
from orchestrator.domain.procedures.removal import Removal
from orchestrator.domain.procedures.validation import procedure_violations
from orchestrator.domain.record import Tables
from orchestrator.simulate.deployment_run import DeploymentRun
from orchestrator.simulate.nodes import SimulatedNodes
from orchestrator.simulate.procedure_run import ProcedureRun

if TYPE_CHECKING:
    from orchestrator.domain.message import Message, Work
    from orchestrator.domain.procedures.procedure import Procedure
    from orchestrator.simulate.matching import RunContext
    from orchestrator.simulate.scenario import Limits, Scenario


def check(message: Message) -> Tables:
    """Validate a message whole; return what its events will speak of.

    Raises MessageRefusedError with every violation.
    """
    if isinstance(message.work, TaskDeploy):
        plan = prepare(message.work)
        return Tables(plan.uids, plan.task_ids)
    if violations := procedure_violations(message):
        raise MessageRefusedError(violations)
    return Tables(_uids(message.work))


def open_run(
    message: Message, scenario: Scenario, context: RunContext
) -> DeploymentRun | ProcedureRun:
    """Build the run of a checked message."""
    if isinstance(message.work, TaskDeploy):
        return DeploymentRun(prepare(message.work), scenario, context)
    uids = _uids(message.work)
    nodes = SimulatedNodes(scenario, uids, context)
    return ProcedureRun(_procedure(message, message.work, scenario.limits), nodes, uids)


def _procedure(message: Message, work: Work, limits: Limits) -> Procedure:
    steps: Procedure
    match work:
        case Provision():
            steps = Provisioning(work, limits.max_nodes_to_provision).steps
        case GranularDeploy():
            steps = GranularDeployment(work, limits.max_nodes_per_call).steps
        case RemoveNodes() | ResetEnvironment():
            steps = _removal(work, limits)
        case ExecuteTasks():
            steps = HookRun(work.tasks, limits.max_nodes_per_call).steps
        case StopDeployTask():
            steps = StopAnswer().steps
        case DumpEnvironment():
            steps = Dump(work.settings).steps
        case _:
            steps = Check(message, limits.max_nodes_net_validation).steps
    return steps


def _removal(work: RemoveNodes | ResetEnvironment, limits: Limits) -> Procedure:
    is_for_good = isinstance(work, RemoveNodes)
    return Removal(
        work.nodes,
        max_nodes=limits.max_nodes_per_remove_call,
        check_ceph=isinstance(work, RemoveNodes) and work.check_ceph,
        gone={"status": "deleted" if is_for_good else "discover"},
    ).steps


def _uids(work: Work) -> tuple[str, ...]:
    """Return the nodes that a method's events can speak of."""
    match work:
        case GranularDeploy():
            entries = json.loads(work.deployment_info)
            hooks = [*json.loads(work.pre_deployment), *json.loads(work.post_deployment)]
            uids = [str(entry["uid"]) for entry in entries]
            return _distinct([*uids, *(str(uid) for hook in hooks for uid in hook["uids"])])
        case ExecuteTasks():
            hooks = json.loads(work.tasks)
            return _distinct([str(uid) for hook in hooks for uid in hook["uids"]])
        case Provision() | RemoveNodes() | ResetEnvironment() | NetworkCheck() | RepositoryCheck():
            return tuple(node.uid for node in work.nodes)
        case _:
            return ()


def _distinct(uids: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(uids))

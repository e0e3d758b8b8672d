"""Which kind of run does a message become, and is it one that can run at all?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.domain.canonical import json_object
from orchestrator.domain.deployment.plan import prepare
from orchestrator.domain.errors import MessageRefusedError, Violation
from orchestrator.domain.message import Provision, TaskDeploy
from orchestrator.domain.procedures.provision import Provisioning
from orchestrator.domain.record import Tables
from orchestrator.simulate.deployment_run import DeploymentRun
from orchestrator.simulate.nodes import SimulatedNodes
from orchestrator.simulate.procedure_run import ProcedureRun

if TYPE_CHECKING:
    from orchestrator.domain.message import Message, Work
    from orchestrator.simulate.matching import RunContext
    from orchestrator.simulate.scenario import Scenario


def check(message: Message) -> Tables:
    """Validate a message whole; return what its events will speak of.

    Raises MessageRefusedError with every violation.
    """
    if isinstance(message.work, TaskDeploy):
        plan = prepare(message.work)
        return Tables(plan.uids, plan.task_ids)
    if violations := _provision_violations(message.work):
        raise MessageRefusedError(violations)
    return Tables(_uids(message.work))


def open_run(
    message: Message, scenario: Scenario, context: RunContext
) -> DeploymentRun | ProcedureRun:
    """Build the run of a checked message."""
    work = message.work
    if isinstance(work, TaskDeploy):
        return DeploymentRun(prepare(work), scenario, context)
    uids = _uids(work)
    nodes = SimulatedNodes(scenario, uids, context)
    procedure = Provisioning(work, scenario.limits.max_nodes_to_provision).steps
    return ProcedureRun(procedure, nodes, uids)


def _uids(work: Work) -> tuple[str, ...]:
    return tuple(node.uid for node in work.nodes) if isinstance(work, Provision) else ()


def _provision_violations(work: Provision) -> list[Violation]:
    violations = []
    seen: set[str] = set()
    for index, node in enumerate(work.nodes):
        field = f"provisioning_info.nodes[{index}]"
        if not node.uid or node.uid in seen:
            text = f"uid {node.uid!r} occurs twice" if node.uid else "needs a uid"
            violations.append(Violation("INVALID_MESSAGE", f"{field}.uid", text))
        seen.add(node.uid)
        if json_object(node.attributes) is None:
            violations.append(Violation("INVALID_MESSAGE", field, "must be a JSON object"))
    for index, rule in enumerate(work.fault_tolerance):
        if not 0 <= rule.percentage <= 100:  # noqa: PLR2004 - percent
            field = f"provisioning_info.fault_tolerance[{index}].percentage"
            violations.append(Violation("INVALID_MESSAGE", field, f"{rule.percentage} of 100"))
    return violations

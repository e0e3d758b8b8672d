"""How are nodes of a release before 9.0 deployed: as a graph, or one role after another (4.2)?"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from planner.domain.documents import canonical
from planner.domain.free_content import mappings
from planner.domain.graph.errors import PlanRefused
from planner.domain.graph.findings import Findings
from planner.domain.graph.granular_plan import plan_granular
from planner.domain.graph.lcm_tasks import too_old
from planner.domain.graph.node_set import uid_order
from planner.domain.graph.older_cluster import OlderCluster
from planner.domain.graph.payloads import payloads_of
from planner.domain.graph.planning import plan_and_check
from planner.domain.graph.request import Engine, PlanRequest
from planner.domain.graph.task import MIN_VERSION
from planner.domain.messages import (
    ExecuteTasksMessage,
    GranularDeployMessage,
    NodeTransitions,
    TaskDeployMessage,
)
from planner.domain.release import DEFAULT_GRAPH
from planner.domain.retry import skip_succeeded
from planner.domain.settings import Settings
from planner.domain.tagging import PRIMARY

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from planner.domain.graph.node_set import RunNode
    from planner.domain.graph.state import ExpectedState
    from planner.domain.graph.task import Task
    from planner.domain.planned import Snapshot

EVENT: Final = "deploy_changes"
"""What tasks subscribe to that run on nodes which a change only affects."""

GRANULAR_FROM: Final = (6, 1)
"""First environment version that is deployed one role after another."""

CRITICAL: Final = frozenset({"controller", "ceph-osd", f"{PRIMARY}mongo"})
CRITICAL_TOGETHER: Final = CRITICAL | {f"{PRIMARY}controller", f"{PRIMARY}swift-proxy"}
"""Roles without which a cluster is lost, and those that count besides where it is highly
available (dossier 4.3)."""

NODE_LIST_TASKS: Final = ("upload_nodes_info", "update_hosts")
"""Tasks that tell nodes who is there; they alone run where nodes only leave (dossier 4)."""


def older_request(
    snapshot: Snapshot,
    state: ExpectedState,
    tasks: Sequence[Task],
    nodes: Sequence[RunNode],
    affected: Sequence[RunNode] = (),
    selected: Iterable[str] = (),
) -> PlanRequest:
    """Make the request that plans tasks in one of the older forms."""
    return PlanRequest(
        engine=Engine.TASK_DEPLOY,
        tasks=tuple(tasks),
        nodes=tuple(nodes),
        state=state,
        selected_tasks=frozenset(selected),
        affected_nodes=tuple(affected),
        events=frozenset({EVENT}) if affected else frozenset(),
        cluster=_cluster(snapshot),
        settings={
            "MASTER_IP": state.common.get("master_ip"),
            "CLUSTER_ID": snapshot.cluster.number,
            "OPENSTACK_VERSION": snapshot.release.version,
        },
    )


def _cluster(snapshot: Snapshot) -> Mapping[str, Any]:
    """Describe the cluster as conditions and placeholders of the older forms ask for it."""
    settings = Settings(snapshot.release, snapshot.cluster)
    return {
        "id": snapshot.cluster.number,
        "name": snapshot.cluster.id,
        "mode": snapshot.cluster.mode,
        "status": snapshot.cluster.status.value,
        "operating_system": snapshot.release.operating_system,
        "release_version": snapshot.release.version,
        "editable": settings.editable(),
        "attributes": settings.data,
    }


def deploy_older(
    snapshot: Snapshot, request: PlanRequest
) -> tuple[TaskDeployMessage | GranularDeployMessage | None, Findings]:
    """Choose the form and make its message (dossier 4.2).

    A graph, if the setting task_deploy allows it and every task of it is new enough; else one
    role after another. No message where the findings refuse it. Raises GraphError for what
    neither form can plan.
    """
    common = request.state.common
    debug = bool(common.get("puppet_debug"))
    if common.get("task_deploy", True) is not False and _oldest(request.tasks) is None:
        return _as_graph(snapshot, request, debug=debug)
    if snapshot.release.environment_version < GRANULAR_FROM:
        oldest = _oldest(request.tasks)
        if oldest is not None:
            raise too_old(oldest)
    return _role_by_role(snapshot, request, debug=debug)


def tell_node_list(request: PlanRequest) -> ExecuteTasksMessage:
    """Make the message that tells nodes who is left (dossier 3.2, step 8)."""
    cluster = OlderCluster(request)
    uids = [node.uid for node in request.nodes]
    return ExecuteTasksMessage(
        [
            # An upload has no id, as in the original.
            {**({} if payload["type"] == "upload_file" else {"id": task.id}), **payload}
            | {"uids": uids}
            for task in request.tasks
            if task.id in NODE_LIST_TASKS
            for payload in payloads_of(task, cluster)
        ]
    )


def _oldest(tasks: Iterable[Task]) -> Task | None:
    """Return a task that knows no cross relations, if there is one, wherever it would run."""
    return next((t for t in tasks if not t.is_internal and t.version < MIN_VERSION), None)


def _as_graph(
    snapshot: Snapshot, request: PlanRequest, *, debug: bool
) -> tuple[TaskDeployMessage, Findings]:
    checked = plan_and_check(request)
    message = TaskDeployMessage(
        graph=skip_succeeded(checked.graph, snapshot.succeeded.get(DEFAULT_GRAPH, frozenset())),
        transitions=NodeTransitions(),
        debug=debug,
        deployment_info=[
            _entry(snapshot, request.state, node.uid, role)
            for node in sorted(request.nodes, key=lambda node: uid_order(node.uid))
            for role in sorted(node.tags)
        ],
    )
    return message, checked.findings


def _role_by_role(
    snapshot: Snapshot, request: PlanRequest, *, debug: bool
) -> tuple[GranularDeployMessage | None, Findings]:
    try:
        plans = [plan_granular(item) for item in _requests(request)]
    except PlanRefused as error:
        return None, Findings(tuple(error.violations))
    entries = [
        _entry(snapshot, request.state, item.uid, item.role)
        | {"priority": item.priority, "tasks": list(item.tasks)}
        for plan in plans
        for item in plan.deployment
    ]
    message = GranularDeployMessage(
        deployment_info=entries,
        pre_deployment=_joined(hook for plan in plans for hook in plan.pre_deployment),
        post_deployment=_joined(hook for plan in plans for hook in plan.post_deployment),
        debug=debug,
    )
    return message, Findings()


def _requests(request: PlanRequest) -> Iterable[PlanRequest]:
    """Yield what is planned: the change, then what subscribes to it on affected nodes (4.3)."""
    yield replace(request, affected_nodes=(), events=frozenset())
    if request.affected_nodes:
        yield replace(
            request, nodes=request.affected_nodes, affected_nodes=(), selected_tasks=frozenset()
        )


def _joined(hooks: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Run hooks that are equal but for their nodes once, on the nodes of all."""
    joined: dict[str, dict[str, Any]] = {}
    for hook in hooks:
        key = hook.get("id") or canonical(hook.get("parameters"))
        known = joined.setdefault(key, dict(hook))
        known["uids"] = sorted({*known["uids"], *hook["uids"]}, key=uid_order)
    return list(joined.values())


def _entry(snapshot: Snapshot, state: ExpectedState, uid: str, role: str) -> dict[str, Any]:
    """Tell a node what it is in one of its roles; shared data are not repeated for each."""
    critical = CRITICAL_TOGETHER if snapshot.cluster.is_ha else CRITICAL
    own = {key: value for key, value in state.nodes[uid].items() if key != "provision"}
    machines = mappings(own.get("vms_conf"))
    return {**own, "vms_conf": machines, "role": role, "fail_if_error": role in critical}

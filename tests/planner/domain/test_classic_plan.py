"""What a classic change consists of: its steps, their messages and their order (dossier 3.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from planner.domain.classic_plan import plan_classic
from planner.domain.messages import (
    ExecuteTasksMessage,
    GranularDeployMessage,
    ProvisionMessage,
    RemoveNodesMessage,
    TaskDeployMessage,
)
from planner.domain.planned import Snapshot
from planner.domain.states import ClusterStatus, NodeErrorType, NodeStatus, RunMode
from planner.domain.transaction import Selection, StepKind
from tests.planner.builders import a_cluster, a_node, a_release, a_task

if TYPE_CHECKING:
    from planner.domain.node import Node
    from planner.domain.planned import Plan

LCM, OLDER = "cloud-9.0", "cloud-8.0"


def older_tasks(**fields: Any) -> list[dict[str, Any]]:
    """Build a graph of a release before 9.0, with the tasks that tell nodes of each other."""
    stages = ("deploy_start", "deploy_end")
    return [
        {"id": stages[0], "type": "stage"},
        {"id": stages[1], "type": "stage", "requires": [stages[0]]},
        {
            "id": "compute",
            "type": "group",
            "roles": ["compute"],
            "requires": ["deploy_start"],
            "required_for": ["deploy_end"],
            "parameters": {"strategy": {"type": "parallel"}},
        },
        a_task("work", groups=["compute"], roles=None, requires=["deploy_start"], **fields),
        {
            "id": "upload_nodes_info",
            "type": "upload_file",
            "version": "2.0.0",
            "roles": "*",
            "requires": ["deploy_end"],
            "parameters": {"path": "/etc/nodes.yaml"},
            "reexecute_on": ["deploy_changes"],
        },
    ]


def plan(
    *nodes: Node,
    version: str = LCM,
    mode: RunMode = RunMode.NORMAL,
    tasks: list[dict[str, Any]] | None = None,
    **fields: Any,
) -> Plan:
    """Plan a change of a cluster with these nodes."""
    graph = tasks or (older_tasks() if version == OLDER else [a_task("work")])
    release = a_release(version, graphs={"default": {"tasks": graph}})
    snapshot = Snapshot(release, a_cluster(**fields), nodes)
    return plan_classic(snapshot, Selection(), mode)


def new(uid: str, role: str = "compute") -> Node:
    """Build a node that was just assigned."""
    return a_node(uid, pending_addition=True, pending_roles=(role,))


def ready(uid: str, role: str = "compute", **fields: Any) -> Node:
    """Build a deployed node."""
    return a_node(uid, status=NodeStatus.READY, roles=(role,), **fields)


def kinds(made: Plan) -> list[StepKind]:
    """List the kinds of a plan's steps."""
    assert made.violations == ()
    return [step.kind for step in made.steps]


def test_deletion_comes_before_provisioning_and_deployment() -> None:
    """With the shares of progress that the reference gives them."""
    made = plan(ready("1", pending_deletion=True), new("2"), ready("3"))

    assert kinds(made) == [StepKind.DELETION, StepKind.PROVISION, StepKind.DEPLOYMENT]
    assert [step.weight for step in made.steps] == [0.4, 0.4, 1.0]
    assert [step.uids for step in made.steps] == [("1",), ("2",), ("2", "3")]


def test_nodes_are_deleted_with_a_look_at_the_objects_they_keep() -> None:
    """One without a system leaves unmentioned; a failed deletion is tried again."""
    failed = {"status": NodeStatus.ERROR, "error_type": NodeErrorType.DELETION}
    made = plan(
        ready("1", pending_deletion=True),
        a_node("2", pending_deletion=True),
        a_node("3", roles=("compute",), **failed),
    )

    message = made.steps[0].message

    assert isinstance(message, RemoveNodesMessage)
    assert message.check_ceph
    assert [node.uid for node in message.nodes] == ["1", "3"]
    assert made.steps[0].uids == ("1", "2", "3")


@pytest.mark.parametrize("mode", [RunMode.NOOP, RunMode.DRY_RUN])
def test_a_trial_run_deploys_only_and_allocates_nothing(mode: RunMode) -> None:
    """Nothing is deleted, provisioned or stored (dossier 3.2)."""
    made = plan(ready("1", pending_deletion=True), new("2"), mode=mode)

    assert kinds(made) == [StepKind.DRY_RUN_DEPLOYMENT]
    assert made.allocations == ()


def test_lcm_deploys_even_an_empty_cluster() -> None:
    """Tasks of the master run all the same."""
    assert kinds(plan()) == [StepKind.DEPLOYMENT]


def test_tasks_learn_only_of_nodes_that_stay() -> None:
    """A node that is deleted is no longer among the nodes of the cluster."""
    made = plan(ready("1", pending_deletion=True), ready("2"))

    state = made.steps[-1].state

    assert state is not None
    assert '"uid":"2"' in state.common
    assert '"uid":"1"' not in state.common


def test_an_older_release_is_deployed_as_a_graph_with_the_data_of_each_role() -> None:
    """No metadata, but what each node is told of itself (dossier 4.4)."""
    made = plan(new("1"), version=OLDER)

    message = made.steps[-1].message

    assert isinstance(message, TaskDeployMessage)
    assert message.deployment_info is not None
    assert [
        (entry["uid"], entry["role"], entry["fail_if_error"]) for entry in message.deployment_info
    ] == [("1", "compute", False)]
    assert "provision" not in message.deployment_info[0]


@pytest.mark.parametrize(
    ("settings", "tasks"),
    [
        ({"task_deploy": False}, older_tasks()),
        ({}, older_tasks(version="1.0.0")),
    ],
)
def test_older_tasks_are_deployed_role_by_role(
    settings: dict[str, Any], tasks: list[dict[str, Any]]
) -> None:
    """Where the setting or an old task forbids a graph (dossier 4.2)."""
    made = plan(new("1"), version=OLDER, settings=settings, tasks=tasks)

    message = made.steps[-1].message

    assert isinstance(message, GranularDeployMessage)
    (entry,) = message.deployment_info
    assert (entry["role"], entry["priority"]) == ("compute", 100)
    assert [task["id"] for task in entry["tasks"]] == ["work"]
    assert made.steps[-1].task_run_count == 0


def test_a_cycle_refuses_what_is_deployed_role_by_role() -> None:
    """Named as a violation; nothing would be sent."""
    cyclic = [
        *older_tasks(version="1.0.0"),
        a_task("a", requires=["b"]),
        a_task("b", requires=["a"]),
    ]

    made = plan(new("1"), version=OLDER, tasks=cyclic)

    assert {violation.reason for violation in made.violations} == {"DEPENDENCY_CYCLE"}


def test_healthy_nodes_of_a_running_cluster_are_told_of_a_change() -> None:
    """Only tasks that subscribe to it run there, and only if the cluster was operational."""
    nodes = [new("1"), ready("2")]

    running = plan(*nodes, version=OLDER, status=ClusterStatus.OPERATIONAL).steps[-1].graph
    broken = plan(*nodes, version=OLDER, status=ClusterStatus.ERROR).steps[-1].graph

    assert running is not None
    assert broken is not None
    assert "2" in running.uids
    assert "2" not in broken.uids


def test_an_older_release_that_only_loses_nodes_tells_the_others() -> None:
    """The list of nodes is sent to those that are left (dossier 3.2, step 8)."""
    made = plan(ready("1"), ready("2", pending_deletion=True), version=OLDER)

    message = made.steps[-1].message

    assert kinds(made) == [StepKind.DELETION, StepKind.DEPLOYMENT]
    assert isinstance(message, ExecuteTasksMessage)
    assert [task["uids"] for task in message.tasks] == [["1"]]
    assert "node-2" not in str(message.tasks)


def test_provisioning_is_what_installs_new_nodes() -> None:
    """Only those that need it."""
    made = plan(new("1"), ready("2"))

    message = made.steps[0].message

    assert isinstance(message, ProvisionMessage)
    assert [node.uid for node in message.nodes] == ["1"]


def test_oddities_that_stop_nothing_are_warnings() -> None:
    """A bond of interfaces of different speed."""
    meta = {"interfaces": [{"name": "a", "current_speed": 1}, {"name": "b", "current_speed": 2}]}
    bond = {"interfaces": [{"name": "bond", "slaves": ["a", "b"]}]}

    made = plan(ready("1", meta=meta, attributes=bond))

    assert made.warnings == ("nodes/1: the bond bond joins different speeds",)

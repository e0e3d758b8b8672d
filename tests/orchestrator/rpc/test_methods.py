"""The methods beside task_deploy: what they answer, on a good fleet and on a bad one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import grpc
import pytest

from orchestrator.v1 import execution_pb2, message_pb2
from orchestrator.v1.message_pb2 import Message, NodeEntry
from tests.orchestrator.client import reason_of
from tests.orchestrator.graphs import deploy_message, lattice, provision_message

if TYPE_CHECKING:
    from tests.orchestrator.client import Client, Serving

READY = execution_pb2.EXECUTION_STATE_READY
ERROR = execution_pb2.EXECUTION_STATE_ERROR
STOPPED = execution_pb2.EXECUTION_STATE_STOPPED
NODES = [NodeEntry(uid=uid) for uid in "123"]


async def outcome(
    serving: Serving, message: message_pb2.Message, scenario: str = ""
) -> tuple[int, dict[str, Any], dict[str, dict[str, Any]]]:
    """Run one message; return its final state, its last reply, what its nodes became."""
    async with serving(scenario) as client:
        await client.submit("batch", message)
        events, finished = await client.watch(message.task_uuid)
        nodes = {
            e.uid: json.loads(e.node_attributes_json) for e in events if e.node_attributes_json
        }
        assert events[-1].execution_progress_percent == 100
        return finished.state, json.loads(events[-1].reply_json or "{}"), nodes


async def test_provisioning_tolerates_a_share_of_failures(serving: Serving) -> None:
    """One of three at 50 % is tolerated; a failed node in no group is not."""
    scenario = "nodes: [{match: {node: 3}, disks: write_error}]"
    tolerated = message_pb2.ProvisionTolerance(uids=["2", "3"], percentage=50)
    message = provision_message("p", "1", "2", "3", fault_tolerance=[tolerated])
    state, reply, nodes = await outcome(serving, message, scenario)
    assert state == READY
    assert {uid: node["status"] for uid, node in nodes.items()} == {
        "1": "provisioned",
        "2": "provisioned",
        "3": "error",
    }
    assert len(reply["nodes"]) == 3
    other = message_pb2.ProvisionTolerance(uids=["1", "2"], percentage=50)
    message = provision_message("q", "1", "2", "3", fault_tolerance=[other])
    async with serving(scenario) as client:
        await client.submit("q", message)
        _, finished = await client.watch("q")
        assert finished.state == ERROR
        assert finished.error == "Too many nodes failed to provision"


@pytest.mark.parametrize(
    "fact", ["boot: never", "boot: bootstrap", "offline: true", "disks: missing"]
)
async def test_provisioning_without_rules_tolerates_nothing(serving: Serving, fact: str) -> None:
    """Any node that does not get there makes it an error, nodes not started included."""
    scenario = f"limits: {{max_nodes_to_provision: 1}}\nnodes: [{{match: {{node: 2}}, {fact}}}]"
    state, _, nodes = await outcome(serving, provision_message("p", "1", "2", "3"), scenario)
    assert state == ERROR
    assert [nodes[uid]["status"] for uid in "123"] == ["provisioned", "error", "error"]


async def test_provisioning_builds_the_image_first(serving: Serving) -> None:
    """A failing hook on the master ends it before any node is touched."""
    hooks = json.dumps([{"id": "build", "type": "shell", "parameters": {"cmd": "x"}}])
    message = provision_message("p", "1", pre_provision_json=hooks)
    scenario = "failures: [{match: {task: build, node: master}, fail: always}]"
    state, _, nodes = await outcome(serving, message, scenario)
    assert (state, nodes["1"]["status"]) == (ERROR, "error")


async def test_removing_sorts_nodes_by_how_they_went(serving: Serving) -> None:
    """Erased, silent, and error nodes are listed apart; silent ones are no error."""
    scenario = "nodes: [{match: {node: 2}, erase: silent}]"
    message = Message(task_uuid="r", remove_nodes=message_pb2.RemoveNodesArgs(nodes=NODES))
    state, reply, nodes = await outcome(serving, message, scenario)
    assert state == READY
    assert [node["uid"] for node in reply["nodes"]] == ["1", "3"]
    assert [node["uid"] for node in reply["inaccessible_nodes"]] == ["2"]
    assert {node["status"] for node in nodes.values()} == {"deleted"}


async def test_a_node_that_cannot_be_erased_is_an_error(serving: Serving) -> None:
    """After its retries; resetting reports the others as discovered."""
    scenario = "nodes: [{match: {node: 3}, erase: error}]"
    args = message_pb2.ResetEnvironmentArgs(nodes=NODES)
    message = Message(task_uuid="r", reset_environment=args)
    state, reply, nodes = await outcome(serving, message, scenario)
    assert state == ERROR
    assert [node["uid"] for node in reply["error_nodes"]] == ["3"]
    assert [nodes[uid]["status"] for uid in "123"] == ["discover", "discover", "error"]


async def test_storage_data_keeps_nodes_from_being_removed(serving: Serving) -> None:
    """With check_ceph nothing is erased when a node holds data."""
    scenario = "nodes: [{match: {node: 1}, ceph_data: true}]"
    args = message_pb2.RemoveNodesArgs(nodes=NODES, check_ceph=True)
    state, reply, nodes = await outcome(
        serving, Message(task_uuid="r", remove_nodes=args), scenario
    )
    assert (state, nodes) == (ERROR, {})
    assert [node["uid"] for node in reply["error_nodes"]] == ["1"]


async def test_networks_are_verified_by_who_hears_whom(serving: Serving) -> None:
    """A VLAN lost on a node is missing from what it heard; subtasks answer first."""
    networks = json.dumps({"networks": [{"iface": "eth0", "vlans": [0, 101]}]})
    args = message_pb2.NetworkCheckArgs(
        nodes=[NodeEntry(uid=uid, attributes_json=networks) for uid in "12"]
    )
    dhcp = Message(task_uuid="sub", respond_to="check_dhcp_resp", check_dhcp=args)
    message = Message(task_uuid="v", verify_networks=args, subtasks=[dhcp])
    scenario = (
        "nodes: [{match: {node: 2}, lost_vlans: {eth0: [101]}, dhcp: [{mac: aa, iface: eth0}]}]"
    )
    async with serving(scenario) as client:
        await client.submit("batch", message)
        events, finished = await client.watch("v")
    replies = [json.loads(event.reply_json) for event in events if event.reply_json]
    assert finished.state == READY
    assert replies[0]["method"] == "check_dhcp_resp"
    assert replies[0]["args"]["task_uuid"] == "sub"
    assert replies[0]["args"]["nodes"][1]["data"] == [{"iface": "eth0", "mac": "aa"}]
    heard = {node["uid"]: node["networks"][0]["vlans"] for node in replies[1]["nodes"]}
    assert heard == {"1": [0, 101], "2": [0]}


@pytest.mark.parametrize(
    ("method", "args", "fact", "state"),
    [
        ("verify_networks", {}, "", ERROR),
        ("verify_networks", {"nodes": NODES[:1]}, "", READY),
        ("verify_networks", {"nodes": NODES}, "offline: true", ERROR),
        ("check_dhcp", {"nodes": NODES}, "", READY),
        ("check_dhcp", {"nodes": NODES}, "dhcp_error: broken", ERROR),
        ("multicast_verification", {"nodes": NODES}, "multicast: false", READY),
        ("check_repositories", {"nodes": NODES, "urls": ["http://a", "http://b"]}, "", READY),
        ("check_repositories_with_setup", {"nodes": NODES}, "", READY),
    ],
)
async def test_checks_end_as_the_fleet_lets_them(
    serving: Serving, method: str, args: dict[str, Any], fact: str, state: int
) -> None:
    """What was heard is the answer; only a check that could not be made is an error."""
    scenario = f"nodes: [{{match: {{node: 2}}, {fact}}}]" if fact else ""
    message = Message(task_uuid="c")
    target = getattr(message, method)
    target.SetInParent()
    target.MergeFrom(type(target)(**args))
    assert (await outcome(serving, message, scenario))[0] == state


async def test_repositories_out_of_reach_are_named(serving: Serving) -> None:
    """Per node, by URL."""
    args = message_pb2.RepositoryCheckArgs(nodes=NODES, urls=["http://a", "http://b"])
    scenario = "nodes: [{match: {node: 2}, failed_repositories: '*b'}]"
    _, reply, _ = await outcome(serving, Message(task_uuid="c", check_repositories=args), scenario)
    assert [node["status"] for node in reply["nodes"]] == [0, 1, 0]
    assert reply["nodes"][1]["out"]["failed_urls"] == ["http://b"]


async def test_a_dump_answers_with_its_path(serving: Serving) -> None:
    """Or with an error when it takes too long."""
    settings = json.dumps({"target": "/var/dump/x", "timeout": 10})
    message = Message(
        task_uuid="d", dump_environment=message_pb2.DumpEnvironmentArgs(settings_json=settings)
    )
    state, reply, _ = await outcome(serving, message, "durations: [{duration: 5}]")
    assert (state, reply) == (READY, {"msg": "/var/dump/x.tar.xz"})


async def test_a_dump_has_a_timeout(serving: Serving) -> None:
    """It ends with an error when it is exceeded."""
    settings = json.dumps({"timeout": 10})
    message = Message(
        task_uuid="d", dump_environment=message_pb2.DumpEnvironmentArgs(settings_json=settings)
    )
    assert (await outcome(serving, message, "durations: [{duration: 50}]"))[0] == ERROR


HOOKS = [
    {"id": "late", "priority": 200, "type": "shell", "uids": ["1"], "parameters": {"cmd": "x"}},
    {
        "id": "early",
        "priority": 100,
        "type": "puppet",
        "uids": ["1", "2"],
        "parameters": {"puppet_manifest": "x.pp"},
    },
]


@pytest.mark.parametrize(
    ("scenario", "state"),
    [
        ("", READY),
        ("failures: [{match: {task: early, node: 2}, fail: {times: 2}}]", READY),
        ("failures: [{match: {task: early, node: 2}, fail: always}]", ERROR),
    ],
)
async def test_hooks_run_by_priority_with_their_retries(
    serving: Serving, scenario: str, state: int
) -> None:
    """The first failure that outlasts its retries ends the call."""
    args = message_pb2.ExecuteTasksArgs(tasks_json=json.dumps(HOOKS))
    found, _, nodes = await outcome(serving, Message(task_uuid="e", execute_tasks=args), scenario)
    assert found == state
    if state == ERROR:
        assert nodes == {
            "2": {"status": "error", "error_type": "execute_tasks", "role": "hook", "hook": "early"}
        }


ROLES = [
    {
        "uid": uid,
        "role": role,
        "priority": priority,
        "fail_if_error": role == "controller",
        "tasks": [{"type": "puppet", "priority": 1, "parameters": {"puppet_manifest": "x.pp"}}],
    }
    for uid, role, priority in (
        ("1", "controller", 100),
        ("2", "compute", 200),
        ("3", "compute", 200),
        ("3", "cinder", 300),
    )
]


@pytest.mark.parametrize(
    ("scenario", "state", "statuses"),
    [
        ("", READY, {"1": "ready", "2": "ready", "3": "ready"}),
        (
            "nodes: [{match: {node: 2}, offline: true}]",
            ERROR,
            {"1": "ready", "2": "error", "3": "ready"},
        ),
        ("outcomes: [{match: {node: 1}, outcome: failed}]", ERROR, {"1": "error"}),
        ("nodes: [{match: {node: 1}, offline: true}]", ERROR, {"1": "error"}),
    ],
)
async def test_the_older_deployment_goes_by_priority(
    serving: Serving, scenario: str, state: int, statuses: dict[str, str]
) -> None:
    """A critical node that fails ends it; another one fails alone."""
    args = message_pb2.GranularDeployArgs(deployment_info_json=json.dumps(ROLES))
    found, _, nodes = await outcome(serving, Message(task_uuid="g", granular_deploy=args), scenario)
    assert found == state
    assert {uid: node["status"] for uid, node in nodes.items()} == statuses


async def test_a_stop_message_stops_another_execution(serving: Serving) -> None:
    """It ends when the other one has ended; an unknown one is answered with an error."""
    async with serving("clock: {mode: real}\ndurations: [{duration: 0.2}]") as client:
        await client.submit("b1", deploy_message("d", lattice(2, 200)))
        stop = message_pb2.StopDeployTaskArgs(stop_task_uuid="d", nodes=NODES)
        await client.submit("b2", Message(task_uuid="s", stop_deploy_task=stop))
        _, answered = await client.watch("s")
        assert answered.state == READY
        assert (await client.get("d")).state == STOPPED
        unknown = message_pb2.StopDeployTaskArgs(stop_task_uuid="nope")
        await client.submit("b3", Message(task_uuid="t", stop_deploy_task=unknown))
        _, answered = await client.watch("t")
        assert answered.state == ERROR
        assert "nope" in answered.error


@pytest.mark.parametrize(
    ("method", "args"),
    [
        ("remove_nodes", {"nodes": [NodeEntry(uid="1"), NodeEntry(uid="1")]}),
        ("remove_nodes", {"nodes": [NodeEntry(uid="1", attributes_json="[]")]}),
        ("execute_tasks", {"tasks_json": "{}"}),
        ("execute_tasks", {"tasks_json": '[{"type": "teleport", "uids": ["1"]}]'}),
        ("execute_tasks", {"tasks_json": '[{"type": "shell"}]'}),
        ("granular_deploy", {"deployment_info_json": '[{"role": "x"}]'}),
        ("dump_environment", {"settings_json": '{"timeout": "soon"}'}),
        ("verify_networks", {"nodes": [NodeEntry(uid="1", attributes_json='{"networks": [1]}')]}),
        ("stop_deploy_task", {"stop_task_uuid": "m"}),
        ("image_provision", {"pre_provision_json": "7"}),
    ],
)
async def test_malformed_arguments_are_refused(
    client: Client, method: str, args: dict[str, Any]
) -> None:
    """Before anything starts, naming what is wrong."""
    message = Message(task_uuid="m")
    target = getattr(message, method)
    target.MergeFrom(type(target)(**args))
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await client.submit("b", message)
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert reason_of(caught.value) in {"INVALID_MESSAGE", "UNKNOWN_TASK_TYPE"}

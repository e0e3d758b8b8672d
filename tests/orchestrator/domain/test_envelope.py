"""The reference's JSON and our messages: there and back again."""

from __future__ import annotations

import json
from typing import Any

import pytest

from orchestrator.domain.envelope.reader import parse_envelope, read_envelope
from orchestrator.domain.envelope.writer import reference_json
from orchestrator.domain.errors import MessageRefusedError
from orchestrator.domain.message import METHODS
from orchestrator.rpc.message_reader import read_message
from orchestrator.v1 import message_pb2
from tests.orchestrator.graphs import GraphBuilder, deploy_message, lattice

ENTRY = {"uid": "1", "slave_name": "node-1"}
NETWORKS = [{"iface": "eth0", "vlans": [0, 101]}]
ARGS: dict[str, dict[str, Any]] = {
    "task_deploy": {
        "tasks_graph": {
            "1": [
                {"id": "a", "type": "puppet", "parameters": {"timeout": 3}},
                {
                    "id": "b",
                    "type": "shell",
                    "fail_on_error": False,
                    "requires": [{"name": "a", "node_id": "1"}, {"name": "s", "node_id": None}],
                },
            ],
            "null": [{"id": "s", "type": "stage"}],
        },
        "tasks_directory": {"a": {"fail_on_error": True}},
        "tasks_metadata": {
            "fault_tolerance_groups": [{"name": "g", "node_ids": ["1"], "fault_tolerance": 1}],
            "node_statuses_transitions": {
                "successful": {"status": "provisioned"},
                "failed": {"status": "error"},
                "stopped": {},
            },
            "subgraphs": [{"start": ["a"], "end": []}],
        },
        "dry_run": False,
        "noop_run": True,
        "debug": True,
    },
    "image_provision": {
        "provisioning_info": {
            "nodes": [ENTRY],
            "engine": {"url": "x"},
            "pre_provision": [{"type": "shell", "priority": 1}],
            "fault_tolerance": [{"uids": ["1"], "percentage": 2.0}],
        }
    },
    "granular_deploy": {
        "deployment_info": [{"uid": "1", "role": "compute", "priority": 1, "tasks": []}],
        "pre_deployment": [],
        "post_deployment": [],
    },
    "stop_deploy_task": {"stop_task_uuid": "u2", "nodes": [ENTRY], "engine": {}},
    "remove_nodes": {"nodes": [ENTRY], "engine": {}, "check_ceph": True},
    "reset_environment": {"nodes": [ENTRY], "engine": {}},
    "execute_tasks": {"tasks": [{"type": "shell", "uids": ["1"], "parameters": {"cmd": "x"}}]},
    "verify_networks": {"nodes": [{"uid": "1", "networks": NETWORKS}]},
    "check_dhcp": {"nodes": [{"uid": "1", "networks": NETWORKS}]},
    "multicast_verification": {"nodes": [{"uid": "1", "group": "225.0.0.250"}]},
    "check_repositories": {"nodes": [{"uid": "master"}], "urls": ["http://a"]},
    "check_repositories_with_setup": {"nodes": [{"uid": "1", "urls": ["http://a"]}]},
    "dump_environment": {"settings": {"target": "/var/dump", "timeout": 60}},
}
ARGS["native_provision"] = ARGS["image_provision"]


def envelope(method: str, **more: Any) -> dict[str, Any]:
    """Return an envelope of a method."""
    args = {"task_uuid": "u1", **ARGS[method]}
    return {"api_version": "1", "method": method, "respond_to": "r", "args": args, **more}


@pytest.mark.parametrize("method", METHODS)
def test_an_envelope_survives_reading_and_writing(method: str) -> None:
    """What was read is written back, key by key, in canonical form."""
    given = envelope(method)
    written = reference_json(read_envelope(given))
    assert json.loads(written) == given
    assert reference_json(read_envelope(json.loads(written))) == written


def test_subtasks_survive_too() -> None:
    """A check keeps the checks inside it."""
    subtask = envelope("check_dhcp")
    given = envelope("verify_networks", subtasks=[subtask])
    assert json.loads(reference_json(read_envelope(given))) == given


def test_a_typed_message_and_its_json_are_the_same_message() -> None:
    """Columns and JSON give the same bytes."""
    message = deploy_message("u1", lattice(3, 4))
    text = reference_json(read_message(message))
    through_json = message_pb2.Message(reference_json=text)
    assert reference_json(read_message(through_json)) == text


def test_barriers_are_written_as_the_edges_they_stand_for() -> None:
    """Each of these before each of those, an instance on both sides left out of its own edges."""
    builder = GraphBuilder()
    first, second, both = (builder.task(uid, "a") for uid in "123")
    last = builder.task("1", "z")
    builder.barriers = 1
    barrier = 4
    for before in (first, second, both):
        builder.edge(before, barrier)
    for after in (last, both):
        builder.edge(barrier, after)
    message = deploy_message("u1", builder.build())
    rows = json.loads(reference_json(read_message(message)))["args"]["tasks_graph"]
    assert [entry["node_id"] for entry in rows["1"][1]["requires"]] == ["1", "2", "3"]
    assert [entry["node_id"] for entry in rows["3"][0]["requires"]] == ["1", "2"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("nonsense", "INVALID_MESSAGE"),
        ("[]", "INVALID_MESSAGE"),
        ('{"x": NaN}', "INVALID_MESSAGE"),
        ('{"method": "exit", "args": {"task_uuid": "u"}}', "UNKNOWN_METHOD"),
        ('{"method": "task_deploy", "args": {"task_uuid": "u", "tasks_graph": {}}}', "EMPTY_GRAPH"),
        ('{"method": "task_deploy", "args": 7}', "INVALID_MESSAGE"),
        (json.dumps(envelope("task_deploy") | {"api_version": "2"}), "INVALID_MESSAGE"),
    ],
)
def test_what_is_no_envelope_is_refused(text: str, reason: str) -> None:
    """With a reason, and never with a traceback."""
    with pytest.raises(MessageRefusedError) as caught:
        read_envelope(parse_envelope(text))
    assert caught.value.reason == reason or reason in {v.reason for v in caught.value.violations}

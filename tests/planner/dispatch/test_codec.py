"""Messages survive the wire, read as the reference writes them, and hide their secrets."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from planner.dispatch.codec import WireCodec
from planner.domain.messages import (
    ExecuteTasksMessage,
    GranularDeployMessage,
    Method,
    ProvisionMessage,
    ProvisionNode,
    ProvisionTolerance,
    RemovedNode,
    RemoveNodesMessage,
)
from planner.domain.reference_message import render_message

if TYPE_CHECKING:
    from planner.domain.messages import Message

ENGINE = {"url": "http://engine", "username": "u", "password": "hidden"}
HOOK = {"id": "hook", "type": "shell", "uids": ["1"], "parameters": {"db_password": "hidden"}}

MESSAGES: list[tuple[Message, dict[str, Any]]] = [
    (
        RemoveNodesMessage((RemovedNode("3", "node-3", ("web",)),), ENGINE, check_ceph=True),
        {
            "check_ceph": True,
            "engine": ENGINE,
            "nodes": [
                {
                    "id": 3,
                    "uid": 3,
                    "roles": ["web"],
                    "slave_name": "node-3",
                    "mclient_remove": True,
                }
            ],
        },
    ),
    (ExecuteTasksMessage([HOOK]), {"tasks": [HOOK]}),
    (
        GranularDeployMessage([{"uid": "1", "role": "web"}], [HOOK], [], debug=True),
        {
            "deployment_info": [{"uid": "1", "role": "web"}],
            "pre_deployment": [HOOK],
            "post_deployment": [],
            "debug": True,
        },
    ),
    (
        ProvisionMessage(
            Method.NATIVE_PROVISION,
            ENGINE,
            (ProvisionNode("1", {"name": "node-1"}),),
            (ProvisionTolerance(("1",), 20),),
            (HOOK,),
        ),
        {
            "provisioning_info": {
                "engine": ENGINE,
                "nodes": [{"uid": "1", "name": "node-1"}],
                "fault_tolerance": [{"uids": ["1"], "percentage": 20}],
                "pre_provision": [HOOK],
            }
        },
    ),
]


@pytest.mark.parametrize(("message", "args"), MESSAGES)
def test_a_message_reads_as_the_reference_writes_it(message: Message, args: Any) -> None:
    """Before and after the wire: an envelope with the method's arguments."""
    codec = WireCodec()

    direct = "".join(render_message(message, "u1"))
    travelled = "".join(codec.reference_json(codec.encode(message, "u1"), include_secrets=True))

    assert travelled == direct
    assert json.loads(direct) == {
        "api_version": "1",
        "method": message.method,
        "respond_to": message.respond_to,
        "args": {**args, "task_uuid": "u1"},
    }


@pytest.mark.parametrize("message", [message for message, _ in MESSAGES])
def test_secrets_stay_out_of_what_is_shown(message: Message) -> None:
    """Whatever the method: in every field that holds JSON."""
    codec = WireCodec()

    shown = "".join(codec.reference_json(codec.encode(message, "u1"), include_secrets=False))

    assert "hidden" not in shown
    assert json.loads(shown)["method"] == message.method

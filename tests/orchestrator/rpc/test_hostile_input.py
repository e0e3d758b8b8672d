"""Input made to hurt: none of it may answer INTERNAL or UNKNOWN, nor end the service."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING

import grpc
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orchestrator.domain.errors import MessageRefusedError
from orchestrator.domain.message import METHODS
from orchestrator.engine.event_blocks import encode_blocks
from orchestrator.rpc.batch_assembly import validated
from orchestrator.rpc.run_opener import SimulatedRunOpener
from orchestrator.v1 import message_pb2
from orchestrator.v1.message_pb2 import Message, NodeEntry
from tests.orchestrator.graphs import deploy_message, lattice

if TYPE_CHECKING:
    from tests.orchestrator.client import Client

GRAPH = {"1": [{"id": "a", "type": "noop"}], "null": []}


def envelope(**args: object) -> Message:
    """Return a task_deploy envelope with some arguments."""
    body = {"task_uuid": "u", "tasks_graph": GRAPH, **args}
    return Message(reference_json=json.dumps({"method": "task_deploy", "args": body}))


def with_graph(**columns: object) -> Message:
    """Return a deployment with columns put in the place of good ones."""
    message = deploy_message("u", lattice(1, 2))
    for name, values in columns.items():
        message.task_deploy.graph.ClearField(name)  # type: ignore[arg-type]
        message.task_deploy.graph.MergeFrom(message_pb2.TaskGraph(**{name: values}))  # type: ignore[arg-type]
    return message


HOSTILE = {
    "deep JSON": Message(reference_json="[" * 100_000),
    "deep argument": Message(
        reference_json='{"method":"task_deploy","args":' + '{"a":' * 900 + "1"
    ),
    "half a surrogate pair": envelope(tasks_graph={"\ud800": [{"id": "a", "type": "noop"}]}),
    "half a pair as a hook's node": Message(
        task_uuid="u",
        execute_tasks=message_pb2.ExecuteTasksArgs(
            tasks_json='[{"type":"noop","uids":["\\ud800"]}]'
        ),
    ),
    "a uid of many digits": envelope(tasks_graph={"9" * 5000: []}),
    "a number of many digits": Message(reference_json=f'{{"args": {"9" * 5000}}}'),
    "no such node": with_graph(node=[9, 9]),
    "an index beyond 31 bits": with_graph(task=[4_294_967_295, 0]),
    "edges to nowhere": with_graph(requires=message_pb2.Edges(starts=[0, 1, 1], targets=[7])),
    "rows that fall": with_graph(requires=message_pb2.Edges(starts=[0, 1, 0], targets=[1])),
    "rows beyond 63 bits": with_graph(
        requires=message_pb2.Edges(starts=[0, 1 << 63, 1], targets=[0])
    ),
    "barriers without end": with_graph(barriers=4_000_000_000),
    "barriers without edges": with_graph(barriers=1_000_000),
    "huge attributes": envelope(
        tasks_metadata={"node_statuses_transitions": {"failed": {"x": "y" * 100_000}}}
    ),
    "too many nodes": Message(
        task_uuid="u",
        remove_nodes=message_pb2.RemoveNodesArgs(
            nodes=[NodeEntry(uid=str(number)) for number in range(20_001)]
        ),
    ),
    "not a number": Message(
        task_uuid="u",
        image_provision=message_pb2.ProvisionArgs(
            fault_tolerance=[message_pb2.ProvisionTolerance(percentage=float("nan"))]
        ),
    ),
}


@pytest.mark.parametrize("message", HOSTILE.values(), ids=HOSTILE)
async def test_hostile_messages_are_refused(client: Client, message: Message) -> None:
    """INVALID_ARGUMENT, and the service goes on."""
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await client.submit("b", message)
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    await client.submit("good", deploy_message("good", lattice(1, 1)))
    await client.watch("good")


def accept_and_run(data: bytes) -> None:
    """Validate a message; run it to its end when it is accepted."""
    with suppress(MessageRefusedError):
        (submission,) = validated((data,))
        task_uuid = submission.task_uuid
        run, _, _ = SimulatedRunOpener().open(
            data, "", task_uuid=task_uuid, batch_id="b", labels={}
        )
        run.advance(10_000)
        assert run.result is not None
        encode_blocks(run.record.take(), run.tables)


@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow])
@given(st.binary(max_size=200))
def test_any_bytes_run_to_an_end_or_are_refused(data: bytes) -> None:
    """Whatever the bytes of a message are."""
    accept_and_run(data)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["id", "type", "requires", "name", "node_id", "uid", "parameters", "1"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@settings(max_examples=400)
@given(
    st.sampled_from(sorted(METHODS)),
    st.dictionaries(
        st.sampled_from(
            [
                *("tasks_graph", "tasks_metadata", "tasks_directory", "provisioning_info", "nodes"),
                *("deployment_info", "tasks", "settings", "engine", "urls", "stop_task_uuid"),
            ]
        ),
        JSON,
    ),
)
def test_any_json_runs_to_an_end_or_is_refused(method: str, args: dict[str, object]) -> None:
    """Whatever the arguments of a method are."""
    text = json.dumps({"method": method, "args": {"task_uuid": "u", **args}})
    accept_and_run(Message(reference_json=text).SerializeToString())

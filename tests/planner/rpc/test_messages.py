"""StreamMessages, and details of errors, over a real port."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import grpc
import pytest
from grpc import aio

from orchestrator.v1 import message_pb2
from planner.v1 import inventory_service_pb2 as inventory_pb
from planner.v1 import transaction_service_pb2 as pb
from tests.planner.builders import a_release, a_task
from tests.planner.rpc.serving import Client, refusal, serving
from tests.planner.work import a_small_cluster, apply_and_plan, import_

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from planner.storage.unit_of_work import SqlStore

SECRET = "Zx9-planted-Qw7"
GRAPH = {
    "default": {
        "tasks": [a_task("hosts", parameters={"db_password": SECRET, "timeout": 60, "data": "x"})]
    }
}


@pytest.fixture
async def client(store: SqlStore) -> AsyncIterator[Client]:
    """A served store with a planned transaction that carries a secret."""
    a_small_cluster(store, graphs=GRAPH, settings={"provision": {"engine": {"password": SECRET}}})
    async with serving(store) as served:
        yield served


async def messages(client: Client, transaction: str, **fields: Any) -> list[tuple[str, bytes]]:
    """Read the messages of a transaction: method and bytes."""
    request = pb.StreamMessagesRequest(transaction=transaction, **fields)
    found, data = [], b""
    async for piece in client.transactions.StreamMessages(request):
        data += piece.data
        if piece.last:
            found.append((piece.method, data))
            data = b""
    assert data == b""
    return found


async def test_messages_are_shown_as_the_reference_writes_them(
    store: SqlStore, client: Client
) -> None:
    """Canonical JSON envelopes in the order of the steps, secrets redacted."""
    planned = apply_and_plan(store)

    (first, provision), (second, deploy) = await messages(client, planned.id)

    assert (first, second) == ("native_provision", "task_deploy")
    assert json.loads(provision)["method"] == first
    assert set(json.loads(deploy)) == {"api_version", "args", "method", "respond_to"}
    assert SECRET.encode() not in provision + deploy


async def test_secrets_are_shown_when_asked_for(store: SqlStore, client: Client) -> None:
    """And nothing else differs."""
    planned = apply_and_plan(store)

    shown = await messages(client, planned.id, include_secrets=True)
    redacted = await messages(client, planned.id)

    assert [SECRET.encode() in data for _, data in shown] == [True, True]
    (_, whole), (_, without) = shown[1], redacted[1]
    assert whole.replace(SECRET.encode(), b"<redacted>") == without


@pytest.mark.parametrize("include_secrets", [True, False])
async def test_messages_are_given_as_they_travel(
    store: SqlStore, client: Client, *, include_secrets: bool
) -> None:
    """Serialized protobuf, with the ids of the executions."""
    planned = apply_and_plan(store)

    found = await messages(
        client, planned.id, form=pb.MESSAGE_FORM_PROTOBUF, include_secrets=include_secrets
    )

    parsed = [message_pb2.Message.FromString(data) for _, data in found]
    with store.read() as work:
        steps = work.transactions.steps([planned.number])[planned.number]
    assert [message.task_uuid for message in parsed] == [step.execution for step in steps]
    assert all((SECRET.encode() in data) == include_secrets for _, data in found)


async def test_a_large_message_comes_in_pieces(store: SqlStore, client: Client) -> None:
    """Each below 1 MiB; only the last is marked so."""
    large = a_task("hosts", parameters={"timeout": 60, "data": "x" * 3_000_000})
    import_(store, a_release(graphs={"default": {"tasks": [large]}}), replace_existing=True)
    request = pb.StreamMessagesRequest(transaction=apply_and_plan(store).id)

    pieces = [piece async for piece in client.transactions.StreamMessages(request)]

    deploy = [piece for piece in pieces if piece.method == "task_deploy"]
    assert len(deploy) > 2
    assert max(len(piece.data) for piece in pieces) <= 1 << 20
    assert [piece.last for piece in deploy] == [False] * (len(deploy) - 1) + [True]


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        (
            {"transaction": "00000000-0000-4000-8000-000000000000"},
            grpc.StatusCode.NOT_FOUND,
        ),
        ({"transaction": "x"}, grpc.StatusCode.INVALID_ARGUMENT),
        (
            {"transaction": "00000000-0000-4000-8000-000000000000", "form": 99},
            grpc.StatusCode.INVALID_ARGUMENT,
        ),
    ],
)
async def test_messages_that_cannot_be_shown_say_why(
    client: Client, fields: dict[str, Any], code: grpc.StatusCode
) -> None:
    """With details."""
    with pytest.raises(aio.AioRpcError) as ended:
        await messages(client, **fields)

    refused = refusal(ended.value)
    assert refused.code is code
    assert refused.reason


async def test_many_violations_reach_a_client_as_what_they_are(client: Client) -> None:
    """Not as RESOURCE_EXHAUSTED of its own library, which bounds what it takes."""
    found = [inventory_pb.NodeRegistration(mac="é" * 90) for _ in range(500)]

    with pytest.raises(aio.AioRpcError) as ended:
        await client.inventory.RegisterNodes(inventory_pb.RegisterNodesRequest(nodes=found))

    refused = refusal(ended.value)
    assert refused.code is grpc.StatusCode.INVALID_ARGUMENT
    assert refused.details["ErrorInfo"].metadata["violations"] == "500"
    assert len(refused.fields) > 1

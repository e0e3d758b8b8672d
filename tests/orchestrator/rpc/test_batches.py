"""Submitting batches: whole or in pieces, once or twice, good or bad."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import grpc
import pytest
from google.rpc import error_details_pb2

from orchestrator.v1 import execution_pb2, message_pb2
from orchestrator.v1 import orchestrator_service_pb2 as pb
from orchestrator.v1.simulation_service_pb2 import PutScenarioRequest
from tests.orchestrator.client import Client, detail_of, reason_of
from tests.orchestrator.graphs import GraphBuilder, deploy_message, lattice, provision_message

if TYPE_CHECKING:
    from collections.abc import Iterator


async def test_messages_run_in_order_and_end_ready(client: Client) -> None:
    """Provisioning ends before the deployment begins; both end ready."""
    messages = [provision_message("p", "1", "2"), deploy_message("d", lattice(2, 3))]
    response = await client.submit("batch", *messages, labels={"run": "x"})
    assert [e.name for e in response.executions] == ["executions/p", "executions/d"]
    _, provisioned = await client.watch("p")
    events, deployed = await client.watch("d")
    assert provisioned.state == deployed.state == execution_pb2.EXECUTION_STATE_READY
    assert deployed.labels == {"run": "x"}
    assert [event.sequence for event in events] == list(range(1, len(events) + 1))


async def test_a_large_message_travels_in_pieces(client: Client) -> None:
    """A message cut into pieces is the message; the checksum covers the bytes as sent."""
    data = deploy_message("d", lattice(200, 100)).SerializeToString()

    def parts() -> Iterator[pb.SubmitBatchRequest]:
        yield pb.SubmitBatchRequest(header=pb.BatchHeader(batch_id="pieces"))
        cuts = range(0, len(data), 10_000)
        for at in cuts:
            piece = pb.MessagePiece(data=data[at : at + 10_000], last=at == cuts[-1])
            yield pb.SubmitBatchRequest(piece=piece)
        digest = hashlib.sha256(data).digest()
        yield pb.SubmitBatchRequest(commit=pb.BatchCommit(message_count=1, sha256=digest))

    await client.executions.SubmitBatch(parts())
    events, finished = await client.watch("d")
    assert finished.state == execution_pb2.EXECUTION_STATE_READY
    assert sum(e.task_status == execution_pb2.TASK_STATUS_SUCCESSFUL for e in events) == 20_000


async def test_the_same_batch_again_is_answered_as_the_first_time(client: Client) -> None:
    """Submitting is idempotent; other content under the same id is refused."""
    first = await client.submit("b", deploy_message("d", lattice(1, 2)))
    await client.watch("d")
    again = await client.submit("b", deploy_message("d", lattice(1, 2)))
    assert [e.name for e in again.executions] == [e.name for e in first.executions]
    assert again.journal_id == first.journal_id
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await client.submit("b", deploy_message("d", lattice(1, 3)))
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert reason_of(caught.value) == "BATCH_ID_REUSED"


async def test_a_task_uuid_belongs_to_one_batch(client: Client) -> None:
    """A task uuid of another batch is ALREADY_EXISTS, and nothing of the new one is kept."""
    await client.submit("b1", deploy_message("d", lattice(1, 1)))
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await client.submit(
            "b2", deploy_message("e", lattice(1, 1)), deploy_message("d", lattice(1, 1))
        )
    assert caught.value.code() is grpc.StatusCode.ALREADY_EXISTS
    assert reason_of(caught.value) == "TASK_UUID_TAKEN"
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await client.get("e")
    assert reason_of(caught.value) == "EXECUTION_NOT_FOUND"


async def test_the_first_failure_aborts_what_is_behind_it(client: Client) -> None:
    """Each later message of the batch says that it was aborted."""
    text = "outcomes: [{match: {task: task-1}, outcome: failed}]"
    await client.simulation.PutScenario(PutScenarioRequest(scenario="bad", yaml=text))
    messages = [deploy_message(f"d{n}", lattice(1, 3)) for n in range(3)]
    await client.submit("b", *messages, scenario="scenarios/bad")
    _, failed = await client.watch("d0")
    assert failed.state == execution_pb2.EXECUTION_STATE_ERROR
    assert "task-1" in failed.error
    for task_uuid in ("d1", "d2"):
        events, aborted = await client.watch(task_uuid)
        assert aborted.state == execution_pb2.EXECUTION_STATE_ABORTED
        assert "aborted" in aborted.error
        assert [event.execution_state for event in events] == [aborted.state]


async def test_every_violation_of_a_batch_is_named_at_once(client: Client) -> None:
    """INVALID_ARGUMENT names field and value of everything that is wrong."""
    builder = GraphBuilder()
    first, second = builder.task("1", "a"), builder.task("1", "b")
    builder.edge(first, second)
    builder.edge(second, first)
    cyclic = deploy_message("c", builder.build())
    unknown = deploy_message("u", lattice(1, 1))
    unknown.task_deploy.graph.definitions[0].type = "teleport"
    outside = deploy_message("o", lattice(1, 2))
    outside.task_deploy.graph.node[1] = 7
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await client.submit("b", cyclic, unknown, outside, message_pb2.Message(task_uuid="x y"))
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    found = detail_of(caught.value, error_details_pb2.BadRequest()).field_violations
    texts = [f"{violation.field}: {violation.description}" for violation in found]
    assert any("messages[0].graph" in text and "1/a -> 1/b -> 1/a" in text for text in texts)
    assert any("messages[1]" in text and "teleport" in text for text in texts)
    assert any("messages[2].graph.node" in text and "7" in text for text in texts)
    assert any("messages[3].method" in text for text in texts)
    answer = await client.executions.ListExecutions(pb.ListExecutionsRequest())
    assert not answer.executions


HEADER = pb.SubmitBatchRequest(header=pb.BatchHeader(batch_id="b"))
MESSAGE = pb.SubmitBatchRequest(message=deploy_message("d", lattice(1, 1)))
PIECE = pb.SubmitBatchRequest(piece=pb.MessagePiece(data=b"\xff"))


@pytest.mark.parametrize(
    "parts",
    [
        pytest.param([], id="nothing"),
        pytest.param([HEADER], id="no commit"),
        pytest.param([HEADER, MESSAGE], id="torn before the commit"),
        pytest.param([MESSAGE, HEADER], id="header late"),
        pytest.param([HEADER, HEADER], id="two headers"),
        pytest.param(
            [HEADER, pb.SubmitBatchRequest(commit=pb.BatchCommit(message_count=0))], id="empty"
        ),
        pytest.param(
            [HEADER, MESSAGE, pb.SubmitBatchRequest(commit=pb.BatchCommit(message_count=2))],
            id="wrong count",
        ),
        pytest.param(
            [
                HEADER,
                MESSAGE,
                pb.SubmitBatchRequest(commit=pb.BatchCommit(message_count=1, sha256=b"0" * 32)),
            ],
            id="wrong checksum",
        ),
        pytest.param([HEADER, PIECE, MESSAGE], id="message inside pieces"),
        pytest.param(
            [HEADER, PIECE, pb.SubmitBatchRequest(commit=pb.BatchCommit(message_count=1))],
            id="last piece missing",
        ),
        pytest.param(
            [
                HEADER,
                pb.SubmitBatchRequest(piece=pb.MessagePiece(data=b"\xff\xff", last=True)),
                pb.SubmitBatchRequest(commit=pb.BatchCommit(message_count=1)),
            ],
            id="no message in the bytes",
        ),
        pytest.param([pb.SubmitBatchRequest(header=pb.BatchHeader(batch_id="a b"))], id="bad id"),
    ],
)
async def test_a_stream_that_is_no_batch_is_refused(
    client: Client, parts: list[pb.SubmitBatchRequest]
) -> None:
    """Nothing of it is kept, and the answer says what was wrong."""
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await client.executions.SubmitBatch(iter(parts))
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert detail_of(caught.value, error_details_pb2.BadRequest()).field_violations
    answer = await client.executions.ListExecutions(pb.ListExecutionsRequest())
    assert not answer.executions


async def test_an_unknown_scenario_is_not_found(client: Client) -> None:
    """A batch that names a scenario nobody stored is refused."""
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await client.submit("b", deploy_message("d", lattice(1, 1)), scenario="nope")
    assert caught.value.code() is grpc.StatusCode.NOT_FOUND
    assert reason_of(caught.value) == "SCENARIO_NOT_FOUND"


async def test_reference_json_is_accepted(client: Client) -> None:
    """The envelope of the original runs like the typed form."""
    text = (
        '{"api_version":"1","method":"task_deploy","respond_to":"deploy_resp","args":{"task_uuid":'
        '"r","tasks_graph":{"1":[{"id":"a","type":"noop"}],"null":[]},"tasks_metadata":{}}}'
    )
    await client.submit("b", message_pb2.Message(reference_json=text))
    _, finished = await client.watch("r")
    assert finished.state == execution_pb2.EXECUTION_STATE_READY

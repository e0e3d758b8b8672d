"""The doors beside the services: health, reflection, channelz; lists."""

from __future__ import annotations

import grpc
import pytest
from grpc_channelz.v1 import channelz_pb2, channelz_pb2_grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2

from orchestrator.v1 import orchestrator_service_pb2 as pb
from orchestrator.v1.simulation_service_pb2 import ListScenariosRequest
from tests.orchestrator.client import Client, Serving, reason_of
from tests.orchestrator.graphs import deploy_message, lattice


async def test_health_says_serving(client: Client) -> None:
    """For the server as a whole and for its service."""
    stub = health_pb2_grpc.HealthStub(client.channel)
    for service in ("", "orchestrator.v1.OrchestratorService"):
        answer = await stub.Check(health_pb2.HealthCheckRequest(service=service))
        assert answer.status == health_pb2.HealthCheckResponse.SERVING


@pytest.mark.parametrize("version", ["v1", "v1alpha"])
async def test_reflection_lists_what_is_served(client: Client, version: str) -> None:
    """Both versions of reflection answer with the services that have descriptors."""
    call = client.channel.stream_stream(
        f"/grpc.reflection.{version}.ServerReflection/ServerReflectionInfo",
        request_serializer=reflection_pb2.ServerReflectionRequest.SerializeToString,
        response_deserializer=reflection_pb2.ServerReflectionResponse.FromString,
    )
    request = reflection_pb2.ServerReflectionRequest(list_services="")
    async for answer in call(iter([request])):
        names = {service.name for service in answer.list_services_response.service}
        assert names >= {
            "grpc.channelz.v1.Channelz",
            "grpc.health.v1.Health",
            "grpc.reflection.v1alpha.ServerReflection",
            "orchestrator.v1.OrchestratorService",
            "orchestrator.v1.SimulationService",
        }


async def test_channelz_counts_servers(client: Client) -> None:
    """The server itself is on channelz."""
    stub = channelz_pb2_grpc.ChannelzStub(client.channel)
    answer = await stub.GetServers(channelz_pb2.GetServersRequest())
    assert answer.server


async def test_the_simulation_can_be_switched_off(serving: Serving) -> None:
    """Then it is not served."""
    async with serving(simulation=False) as client:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await client.simulation.ListScenarios(ListScenariosRequest())
        assert caught.value.code() is grpc.StatusCode.UNIMPLEMENTED


async def test_executions_are_listed_newest_batch_first_in_pages(client: Client) -> None:
    """Pages neither repeat nor miss; a token of another list is refused."""
    for batch in ("b1", "b2", "b3"):
        names = [f"{batch}-{place}" for place in range(3)]
        await client.submit(batch, *(deploy_message(name, lattice(1, 1)) for name in names))
        await client.watch(names[-1])
    seen: list[str] = []
    token = ""
    while True:
        request = pb.ListExecutionsRequest(page_size=2, page_token=token)
        page = await client.executions.ListExecutions(request)
        seen += [execution.name for execution in page.executions]
        token = page.next_page_token
        if not token:
            break
    assert seen == [f"executions/{b}-{place}" for b in ("b3", "b2", "b1") for place in range(3)]
    first = await client.executions.ListExecutions(pb.ListExecutionsRequest(page_size=1))
    for request in (
        pb.ListExecutionsRequest(page_token="x"),  # noqa: S106 - no password
        pb.ListExecutionsRequest(page_token=first.next_page_token, batch_id="b1"),
        pb.ListExecutionsRequest(page_size=1001),
        pb.ListExecutionsRequest(state=99),  # type: ignore[arg-type]
    ):
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await client.executions.ListExecutions(request)
        assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
        assert reason_of(caught.value)

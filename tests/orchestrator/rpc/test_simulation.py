"""Steering the fleet: scenarios by name, steps of time, faults put in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import grpc
import pytest
from google.rpc import error_details_pb2

from orchestrator.v1 import execution_pb2
from orchestrator.v1 import simulation_service_pb2 as pb
from orchestrator.v1.orchestrator_service_pb2 import WatchExecutionRequest
from tests.orchestrator.client import detail_of, reason_of
from tests.orchestrator.graphs import deploy_message, lattice

if TYPE_CHECKING:
    from tests.orchestrator.client import Client, Serving

STEPPED = "clock: {mode: stepped}\ndurations: [{duration: 10}]"
ERROR = execution_pb2.EXECUTION_STATE_ERROR


async def test_scenarios_are_stored_listed_and_forgotten(client: Client) -> None:
    """By id, in pages; what is gone is NOT_FOUND."""
    for name in ("c", "a", "b"):
        request = pb.PutScenarioRequest(scenario=f"scenarios/{name}", yaml=f"seed: {ord(name)}")
        assert (await client.simulation.PutScenario(request)).scenario.name == f"scenarios/{name}"
    page = await client.simulation.ListScenarios(pb.ListScenariosRequest(page_size=2))
    rest = await client.simulation.ListScenarios(
        pb.ListScenariosRequest(page_size=2, page_token=page.next_page_token)
    )
    names = [scenario.name for scenario in (*page.scenarios, *rest.scenarios)]
    assert names == ["scenarios/a", "scenarios/b", "scenarios/c"]
    assert not rest.next_page_token
    await client.simulation.DeleteScenario(pb.DeleteScenarioRequest(scenario="a"))
    for call in (
        client.simulation.GetScenario(pb.GetScenarioRequest(scenario="a")),
        client.simulation.DeleteScenario(pb.DeleteScenarioRequest(scenario="a")),
    ):
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await call
        assert reason_of(caught.value) == "SCENARIO_NOT_FOUND"


async def test_a_scenario_that_does_not_fit_names_its_lines(client: Client) -> None:
    """Every finding is a violation with its line."""
    request = pb.PutScenarioRequest(scenario="s", yaml="seed: -1\nclok: {}\n")
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await client.simulation.PutScenario(request)
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    violations = detail_of(caught.value, error_details_pb2.BadRequest()).field_violations
    assert [violation.field for violation in violations] == ["yaml:1", "yaml:2"]


async def test_parallel_runs_do_not_disturb_each_other(client: Client) -> None:
    """Each batch has the scenario it names; rules can match labels."""
    text = "outcomes: [{match: {labels: {run: bad}}, outcome: failed}]"
    await client.simulation.PutScenario(pb.PutScenarioRequest(scenario="s", yaml=text))
    for name, header in (
        ("plain", {}),
        ("good", {"scenario": "s", "labels": {"run": "good"}}),
        ("bad", {"scenario": "scenarios/s", "labels": {"run": "bad"}}),
    ):
        await client.submit(name, deploy_message(name, lattice(1, 1)), **header)
    states = [(await client.watch(name))[1].state for name in ("plain", "good", "bad")]
    ready = execution_pb2.EXECUTION_STATE_READY
    assert states == [ready, ready, ERROR]


async def test_time_can_be_stepped(serving: Serving) -> None:
    """A stepped clock goes as far as it is let, and no further."""
    async with serving(STEPPED) as client:
        await client.submit("b", deploy_message("d", lattice(1, 3)))
        await elapsed(client, 0)
        for allowed in (10_000, 20_000, 30_000):
            request = pb.AdvanceTimeRequest(execution="d", by_ms=10_000)
            assert (await client.simulation.AdvanceTime(request)).allowed_ms == allowed
            await elapsed(client, allowed)
        _, finished = await client.watch("d")
        assert finished.elapsed_ms == 30_000
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await client.simulation.AdvanceTime(request)
        assert reason_of(caught.value) == "CLOCK_NOT_STEPPED"


async def test_a_stepped_clock_goes_on_after_a_restart_where_it_stood(serving: Serving) -> None:
    """What was granted counts, also where nothing happened up to it."""
    async with serving(STEPPED) as client:
        await client.submit("b", deploy_message("d", lattice(1, 3)))
        for allowed in (12_000, 24_000):
            request = pb.AdvanceTimeRequest(execution="d", by_ms=12_000)
            assert (await client.simulation.AdvanceTime(request)).allowed_ms == allowed
        await elapsed(client, 20_000)
    async with serving(STEPPED) as client:
        request = pb.AdvanceTimeRequest(execution="d", by_ms=6_000)
        assert (await client.simulation.AdvanceTime(request)).allowed_ms == 30_000
        _, finished = await client.watch("d")
        assert finished.elapsed_ms == 30_000


async def elapsed(client: Client, milliseconds: int) -> None:
    """Return when the execution's clock shows a time."""
    stream = client.executions.WatchExecution(WatchExecutionRequest(execution="d"))
    async for response in stream:
        if any(event.elapsed_ms >= milliseconds for event in response.events.events):
            break
    stream.cancel()


@pytest.mark.parametrize(
    ("fault", "error", "at_ms"),
    [
        ({"fail_task": "task-0", "error": "unplugged"}, "unplugged", 0),
        ({"fail_task": "task-2"}, "broken by a fault put in", 20_000),
        ({"go_silent": True}, "does not answer", 60_000),
    ],
)
async def test_a_fault_breaks_a_running_deployment(
    serving: Serving, fault: dict[str, Any], error: str, at_ms: int
) -> None:
    """A running task fails at once, a later one when it starts, a silent node after a while."""
    scenario = STEPPED.replace("duration: 10", "duration: 100") if at_ms == 60_000 else STEPPED
    async with serving(scenario) as client:
        await client.submit("b", deploy_message("d", lattice(1, 20)))
        await elapsed(client, 0)
        await client.simulation.InjectFault(pb.InjectFaultRequest(execution="d", uid="1", **fault))
        if at_ms:
            advance = pb.AdvanceTimeRequest(execution="d", by_ms=10**6)
            await client.simulation.AdvanceTime(advance)
        events, finished = await client.watch("d")
    failed = [e for e in events if e.task_status == execution_pb2.TASK_STATUS_FAILED]
    assert finished.state == ERROR
    assert error in failed[0].error
    assert failed[0].elapsed_ms == at_ms


async def test_a_fault_needs_a_target_that_runs(serving: Serving) -> None:
    """An unknown node or task, and an execution that is over, are refused."""
    async with serving(STEPPED) as client:
        await client.submit("b", deploy_message("d", lattice(1, 1)))
        await elapsed(client, 0)
        for uid, task in (("9", "task-0"), ("1", "nope")):
            request = pb.InjectFaultRequest(execution="d", uid=uid, fail_task=task)
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await client.simulation.InjectFault(request)
            assert reason_of(caught.value) == "UNKNOWN_FAULT_TARGET"
        await client.simulation.AdvanceTime(pb.AdvanceTimeRequest(execution="d", by_ms=10**6))
        await client.watch("d")
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await client.simulation.InjectFault(
                pb.InjectFaultRequest(execution="d", uid="1", go_silent=True)
            )
        assert reason_of(caught.value) == "NOT_INJECTABLE"


async def test_a_restart_repeats_faults_and_stops(serving: Serving) -> None:
    """Outside commands are in the journal with their time, so a replay meets them again."""
    async with serving(STEPPED) as client:
        await client.submit("b", deploy_message("d", lattice(2, 5)))
        await client.simulation.AdvanceTime(pb.AdvanceTimeRequest(execution="d", by_ms=10_000))
        await elapsed(client, 10_000)
        await client.simulation.InjectFault(
            pb.InjectFaultRequest(execution="d", uid="1", fail_task="task-3")
        )
    async with serving(STEPPED) as client:
        await client.simulation.AdvanceTime(pb.AdvanceTimeRequest(execution="d", by_ms=10**6))
        events, finished = await client.watch("d")
    assert finished.state == ERROR
    failed = [e for e in events if e.task_status == execution_pb2.TASK_STATUS_FAILED]
    assert [(e.uid, e.task_id, e.elapsed_ms) for e in failed] == [("1", "task-3", 30_000)]
    assert [e.sequence for e in events] == list(range(1, len(events) + 1))

"""Stopping executions: before, while and after they run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.v1 import execution_pb2
from orchestrator.v1 import orchestrator_service_pb2 as pb
from tests.orchestrator.graphs import deploy_message, lattice

if TYPE_CHECKING:
    from tests.orchestrator.client import Client, Serving

STEPPED = "clock: {mode: stepped}\ndurations: [{duration: 10}]"
STOPPED = execution_pb2.EXECUTION_STATE_STOPPED
FINAL = {
    execution_pb2.TASK_STATUS_SUCCESSFUL,
    execution_pb2.TASK_STATUS_FAILED,
    execution_pb2.TASK_STATUS_DEP_FAILED,
    execution_pb2.TASK_STATUS_SKIPPED,
}


async def test_a_pending_execution_ends_stopped_at_once(serving: Serving) -> None:
    """What is behind it in its batch is aborted when its turn would have come."""
    async with serving(STEPPED) as client:
        messages = [deploy_message(name, lattice(1, 2)) for name in "abc"]
        await client.submit("batch", *messages)
        answer = await client.executions.StopExecution(pb.StopExecutionRequest(execution="b"))
        assert answer.execution.state == STOPPED
        assert (await client.get("a")).state != STOPPED


async def test_a_forced_stop_cuts_running_tasks_off(serving: Serving) -> None:
    """Without grace they end skipped, with an error; every task ends in a final state."""
    async with serving(STEPPED) as client:
        await client.submit("batch", deploy_message("d", lattice(2, 3)))
        await wait_until_running(client, "d")
        request = pb.StopExecutionRequest(execution="d", force=True)
        await client.executions.StopExecution(request)
        events, finished = await client.watch("d")
        assert finished.state == STOPPED
        last = {(e.uid, e.task_id): e.task_status for e in events if e.task_id}
        assert len(last) == 6
        assert set(last.values()) == {execution_pb2.TASK_STATUS_SKIPPED}
        assert {e.error for e in events if e.error} == {"cut off by a forced stop"}


async def test_stopping_is_idempotent_and_leaves_a_finished_execution_alone(
    client: Client,
) -> None:
    """A finished execution is answered unchanged."""
    await client.submit("batch", deploy_message("d", lattice(1, 1)))
    _, finished = await client.watch("d")
    for _ in range(2):
        answer = await client.executions.StopExecution(pb.StopExecutionRequest(execution="d"))
        assert answer.execution == finished


async def test_a_stop_at_any_moment_ends_every_task(serving: Serving) -> None:
    """However far a fast run has come, a stop is answered and the run ends by itself."""
    async with serving("durations: [{duration: 10}]") as client:
        for number in range(5):
            name = f"d{number}"
            await client.submit(f"b{number}", deploy_message(name, lattice(60, 60)))
            answer = await client.executions.StopExecution(pb.StopExecutionRequest(execution=name))
            events, finished = await client.watch(name)
            assert finished.state in {STOPPED, answer.execution.state}
            if any(e.task_id for e in events):
                last = {(e.uid, e.task_id): e.task_status for e in events if e.task_id}
                assert len(last) == 3600
                assert set(last.values()) <= FINAL


async def wait_until_running(client: Client, task_uuid: str) -> None:
    """Return when the execution has told that it runs."""
    stream = client.executions.WatchExecution(pb.WatchExecutionRequest(execution=task_uuid))
    async for response in stream:
        if response.events.events:
            break
    stream.cancel()

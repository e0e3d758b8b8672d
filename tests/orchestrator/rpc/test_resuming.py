"""Restarts: what was told stays told, what was begun goes on."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import grpc
import pytest

from orchestrator.v1 import execution_pb2
from orchestrator.v1 import orchestrator_service_pb2 as pb
from orchestrator.v1.orchestrator_service_pb2_grpc import OrchestratorServiceStub
from tests.orchestrator.client import Client, Serving, batch_parts
from tests.orchestrator.graphs import deploy_message, lattice, provision_message

if TYPE_CHECKING:
    from collections.abc import Iterator

SCENARIO = """
seed: 7
failures: [{match: {task: task-3}, fail: {probability: 0.3}}]
"""
ORCHESTRATOR = Path(sys.executable).parent / "orchestrator"


async def test_a_restart_goes_on_where_the_journal_stands(serving: Serving) -> None:
    """Stopped in the middle by a shutdown, the run ends as an undisturbed one does."""
    stepped = f"{SCENARIO}\nclock: {{mode: real, speed: 1000000}}"
    messages = [provision_message("p", "1", "2"), deploy_message("d", lattice(20, 10))]
    async with serving(stepped) as client:
        journal = (await client.submit("b", *messages)).journal_id
        seen = await first_events(client, "p")
    async with serving(stepped) as client:
        again = await client.submit("b", *messages)
        assert again.journal_id == journal
        events, _ = await client.watch("p")
        assert events[: len(seen)] == seen
        deployed, finished = await client.watch("d")
        await client.submit("c", deploy_message("e", lattice(20, 10)))
        undisturbed, same = await client.watch("e")
    assert deployed == undisturbed
    assert (finished.state, finished.elapsed_ms) == (same.state, same.elapsed_ms)


async def first_events(client: Client, name: str) -> list[execution_pb2.ExecutionEvent]:
    """Return the first events of a stream, then leave it."""
    request = pb.WatchExecutionRequest(execution=name)
    async for response in client.executions.WatchExecution(request):
        if response.events.events:
            return list(response.events.events)
    return []


class Process:
    """The service as a process of its own, on one data directory."""

    def __init__(self, data: Path, scenario: Path) -> None:
        self._process = subprocess.Popen(
            [
                *(ORCHESTRATOR, "serve", "--listen", "127.0.0.1:0", "--log-level", "error"),
                *("--data-dir", data, "--scenario", scenario),
            ],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        address = self._process.stdout.readline().split()[-1]
        self._channel = grpc.insecure_channel(address)
        self.stub = OrchestratorServiceStub(self._channel)

    def end(self, number: int) -> int:
        """End the process by a signal and return its exit code."""
        self._channel.close()
        self._process.send_signal(number)
        code = self._process.wait(timeout=20)
        assert self._process.stdout is not None
        self._process.stdout.close()
        return code


def told(
    stub: OrchestratorServiceStub, name: str, after: int = 0
) -> Iterator[pb.WatchExecutionResponse]:
    """Watch an execution."""
    yield from stub.WatchExecution(pb.WatchExecutionRequest(execution=name, after_sequence=after))


@pytest.mark.parametrize("kill_after", [1, 5_000, 20_000, 60_000])
def test_sigkill_loses_nothing_that_was_told(tmp_path: Path, kill_after: int) -> None:
    """Killed after some events, the stream resumes without gap, repeat or change."""
    scenario = tmp_path / "scenario.yaml"
    scenario.write_text(SCENARIO)
    message = deploy_message("d", lattice(300, 120))
    del message.task_deploy.fault_tolerance_groups[:]
    group = message.task_deploy.fault_tolerance_groups.add(name="all", fault_tolerance=1000)
    group.uids.extend(message.task_deploy.graph.uids)
    seen: list[execution_pb2.ExecutionEvent] = []
    process = Process(tmp_path / "data", scenario)
    process.stub.SubmitBatch(batch_parts("b", message))
    for response in told(process.stub, "d"):
        seen.extend(response.events.events)
        if len(seen) >= kill_after:
            break
    process.end(signal.SIGKILL)
    process = Process(tmp_path / "data", scenario)
    finished = None
    for response in told(process.stub, "d", after=len(seen)):
        seen.extend(response.events.events)
        finished = response.finished if response.HasField("finished") else None
    assert finished is not None
    undisturbed: list[execution_pb2.ExecutionEvent] = []
    message.task_uuid = "e"
    process.stub.SubmitBatch(batch_parts("c", message))
    for response in told(process.stub, "e"):
        undisturbed.extend(response.events.events)
    assert process.end(signal.SIGTERM) == 0
    assert [event.sequence for event in seen] == list(range(1, len(seen) + 1))
    assert seen == undisturbed

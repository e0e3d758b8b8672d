"""What does one message of 1,000 nodes cost from plan to checked work, against packed columns?"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

import numpy as np
from grpc import aio

from orchestrator.rpc.batch_assembly import BatchAssembly, validated
from orchestrator.v1 import message_pb2, orchestrator_service_pb2
from orchestrator.v1.orchestrator_service_pb2_grpc import (
    OrchestratorServiceServicer,
    add_OrchestratorServiceServicer_to_server,
)
from planner.dispatch.codec import WireCodec
from planner.dispatch.connection import Orchestrator
from planner.domain.graph.task_graph import Edges, TaskDefinition, TaskGraph
from planner.domain.messages import NodeTransitions, TaskDeployMessage
from planner.services.ports import Batch, Envelope
from tests.bench.meters import timed

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from typing import Any

    from tests.bench.subjects import Figure

NODES, TASKS = 1000, 100
INSTANCES: Final = NODES * TASKS


def measure() -> Iterator[Figure]:
    """Do both in one process: build, send, receive and validate; build, parse and read columns."""
    graph = _graph()
    with timed() as columns:
        _columns(graph)
    with timed() as message:
        asyncio.run(_hand_over(graph))
    yield "message_ratio", message.cpu_s / columns.cpu_s


def _graph() -> TaskGraph:
    """Chain the tasks of each node; every task also waits for the node before: two edges each."""
    vertex = np.arange(INSTANCES)
    rows = [
        [target for target in (v - TASKS, v - 1 if v % TASKS else -1) if target >= 0]
        for v in range(INSTANCES)
    ]
    starts = np.concatenate(([0], np.cumsum([len(row) for row in rows]))).astype(np.int64)
    targets = np.array([target for row in rows for target in row], dtype=np.int32)
    none = Edges(np.zeros(INSTANCES + 1, dtype=np.int64), np.empty(0, dtype=np.int32))
    zeros = np.zeros(INSTANCES, dtype=np.int32)
    return TaskGraph(
        uids=(*(str(number + 1) for number in range(NODES)), "null"),
        task_ids=tuple(f"task-{number:03}" for number in range(TASKS)),
        definitions=(TaskDefinition("puppet", fail_on_error=True, parameters="{}"),),
        reasons=(),
        node=(vertex // TASKS).astype(np.int32),
        task=(vertex % TASKS).astype(np.int32),
        definition=zeros,
        reason=zeros,
        barriers=0,
        requires=Edges(starts, targets),
        required_for=none,
        fault_tolerance_groups=(),
    )


def _columns(graph: TaskGraph) -> None:
    """Pack a string table and integers, serialize, parse, read every column."""
    wire = message_pb2.TaskGraph(uids=graph.uids, task_ids=graph.task_ids)
    wire.node.extend(graph.node.tolist())
    wire.task.extend(graph.task.tolist())
    wire.definition.extend(graph.definition.tolist())
    wire.requires.starts.extend(graph.requires.starts.tolist())
    wire.requires.targets.extend(graph.requires.targets.tolist())
    parsed = message_pb2.TaskGraph.FromString(wire.SerializeToString())
    read = [list(parsed.node), list(parsed.task), list(parsed.definition)]
    read += [list(parsed.requires.starts), list(parsed.requires.targets)]
    if read[-1] != graph.requires.targets.tolist():
        raise AssertionError("columns came back changed")


class _Checker(OrchestratorServiceServicer):
    """Assembles and validates a batch, as the orchestrator does before it journals it."""

    async def SubmitBatch(  # noqa: N802 - named as in the proto
        self, parts: AsyncIterator[Any], _context: object
    ) -> orchestrator_service_pb2.SubmitBatchResponse:
        assembly = BatchAssembly(1 << 30)
        async for part in parts:
            assembly.take(part)
        (submission,) = validated(assembly.finish().messages)
        return orchestrator_service_pb2.SubmitBatchResponse(batch_id=submission.task_uuid)


async def _hand_over(graph: TaskGraph) -> None:
    server = aio.server()
    add_OrchestratorServiceServicer_to_server(_Checker(), server)  # type: ignore[abstract]
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    orchestrator = Orchestrator(f"127.0.0.1:{port}")
    message = TaskDeployMessage(graph=graph, transitions=NodeTransitions())
    data = WireCodec().encode(message, "bench")
    answer = await orchestrator.submit(Batch("bench", "bench", [Envelope(0, data)], {}, ""))
    if answer.batch_id != "bench":
        raise AssertionError("another message was checked")
    await orchestrator.close()
    await server.stop(None)

"""How much work is done, in counts that no clock and no neighbour can change?

The bounds stand a little above what is counted today (in brackets). One that is broken means that
something is done more often than it has to be; raise it only with a reason.
"""

from __future__ import annotations

import asyncio
import gzip
import json
from collections import Counter
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Any

from sqlalchemy import Engine, event

from orchestrator.app import Orchestrator as OrchestratorService
from orchestrator.settings import Settings as OrchestratorSettings
from planner.app import running
from planner.dispatch.connection import Orchestrator
from planner.domain.graph.case_reading import read_request
from planner.domain.graph.planning import plan_and_check
from planner.settings import Settings
from tests.processes import Pair, Service
from tests.scenes import apply, load_sample, watch

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    import pytest

    from planner.services.ports import Batch
    from planner.v1 import transaction_pb2

WRITES = ("INSERT", "UPDATE", "DELETE")

EVALUATIONS = 300
"""Expressions evaluated in a plan of five nodes with 478 task instances (260)."""

STATEMENTS = 250
"""SQL statements from ApplyChanges to the end, the looks of idle loops included (126)."""

ROWS_A_RUN = 4.5
"""Rows written for a task run: itself, its changes, its success, and all the rest (3.4)."""

MESSAGES = 16
"""Messages between planner and orchestrator: two executions with their ends (7)."""

EVENTS_A_BLOCK = 20
"""Events that one commit records, on average (50)."""


def test_evaluations_of_a_plan_of_five_nodes(shared: Path) -> None:
    """Expressions are evaluated once per distinct input, not once a node (law 7)."""
    with gzip.open(shared / "golden/planner/contexts/n5.json.gz", "rt") as text:
        data = json.load(text)
    tasks = json.loads((shared / "data/fuel-library-tasks.json").read_text())["tasks"]
    given = {"engine": "lcm", "tasks": tasks, "nodes": data["nodes"]}
    checked = plan_and_check(read_request({**given, "context": {"new": data["context"]}}))
    assert checked.evaluations <= EVALUATIONS < checked.graph.instances


async def test_work_of_a_deployment_of_the_sample(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Statements, rows, messages and blocks follow from the events, many at a time."""
    counts: Counter[str] = Counter()
    _count_messages(monkeypatch, counts)
    async with _serving(tmp_path) as pair:
        await asyncio.to_thread(load_sample, pair)
        with _counted_sql(counts):
            transaction = await asyncio.to_thread(apply, pair)
            events, finished = await asyncio.to_thread(watch, pair, transaction, 0)
    runs = sum(step.task_run_count for step in finished.steps)
    assert counts["rows"] <= ROWS_A_RUN * runs
    assert counts["statements"] <= STATEMENTS
    assert counts["messages"] <= MESSAGES
    assert len(events) >= EVENTS_A_BLOCK * _blocks(events)


def _blocks(events: list[transaction_pb2.TransactionEvent]) -> int:
    """Count the commits that recorded events: each gives its own time to all of its events."""
    return len({moment.time.ToNanoseconds() for moment in events})


@asynccontextmanager
async def _serving(data: Path) -> AsyncIterator[Pair]:
    """Run both services in this process."""
    settings: dict[str, Any] = {"listen": "127.0.0.1:0", "data_dir": data, "grace_seconds": 0}
    async with OrchestratorService(OrchestratorSettings(**settings)) as orchestrator:
        address = f"127.0.0.1:{orchestrator.port}"
        chosen = Settings(listen="127.0.0.1:0", orchestrator=address, data_dir=data, grace_s=0)
        async with running(chosen) as planner:
            pair = Pair(Service([], planner.address), Service([], address))
            try:
                yield pair
            finally:
                pair.close()


@contextmanager
def _counted_sql(counts: Counter[str]) -> Iterator[None]:
    """Count the statements that any database is asked to run, and the rows that they write."""

    def count(*execution: Any) -> None:
        _, _, statement, parameters, _, is_many = execution
        counts["statements"] += 1
        if statement.lstrip().startswith(WRITES):
            counts["rows"] += len(parameters) if is_many else 1

    event.listen(Engine, "before_cursor_execute", count)
    try:
        yield
    finally:
        event.remove(Engine, "before_cursor_execute", count)


def _count_messages(monkeypatch: pytest.MonkeyPatch, counts: Counter[str]) -> None:
    """Count what the planner asks an orchestrator, and what it is sent of executions."""
    follow, submit = Orchestrator.watch, Orchestrator.submit

    async def counting_watch(self: Orchestrator, execution: str, after: int) -> AsyncIterator[Any]:
        async for response in follow(self, execution, after):
            counts["messages"] += 1
            yield response

    async def counting_submit(self: Orchestrator, batch: Batch) -> Any:
        counts["messages"] += 1
        return await submit(self, batch)

    monkeypatch.setattr(Orchestrator, "watch", counting_watch)
    monkeypatch.setattr(Orchestrator, "submit", counting_submit)

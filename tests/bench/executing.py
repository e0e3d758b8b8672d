"""How many tasks does the machine execute in a CPU second?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from orchestrator.domain.deployment.plan import prepare
from orchestrator.domain.states import ExecutionState
from orchestrator.engine.event_blocks import encode_blocks
from orchestrator.engine.execution_runner import SLICE_STEPS
from orchestrator.simulate.deployment_run import DeploymentRun
from orchestrator.simulate.matching import RunContext
from orchestrator.simulate.scenario import Scenario
from tests.bench.meters import Span, peak_mib, timed
from tests.orchestrator.graphs import lattice, tolerant

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestrator.domain.message import TaskDeploy
    from orchestrator.domain.record import Rows
    from tests.bench.subjects import Figure

TASKS: Final = 200
"""Tasks on a node, each after the one before it, every 20th also after node 1's."""

MIN_EVENTS: Final = 2
"""Every task tells at least its start and its end."""


def measure() -> Iterator[Figure]:
    """Execute 200 and 1,000 nodes, with events made into blocks and without."""
    for nodes in (200, 1000):
        work = tolerant(lattice(nodes, TASKS))
        for suffix, is_told in (("", True), ("_bare", False)):
            span = _execute(work, nodes * TASKS, is_told=is_told)
            yield f"execute_{nodes}{suffix}", nodes * TASKS / span.cpu_s


def measure_million() -> Iterator[Figure]:
    """Execute a million tasks, and take the peak of a process that does nothing else."""
    yield "execute_million", _execute(tolerant(lattice(5000, TASKS)), 5000 * TASKS).cpu_s
    yield "execute_million_memory", peak_mib()


def _execute(work: TaskDeploy, tasks: int, *, is_told: bool = True) -> Span:
    """Execute a graph to its end, its preparation included; each task has to succeed."""
    events = 0
    with timed() as span:
        run = DeploymentRun(prepare(work), Scenario(), RunContext("bench", "bench", {}))
        while run.result is None:
            run.advance(SLICE_STEPS)
            events += _tell(run, run.record.take()) if is_told else 0
    if run.result is not ExecutionState.READY or (is_told and events < MIN_EVENTS * tasks):
        raise AssertionError(f"{run.result}, {events} events of {tasks} tasks")
    return span


def _tell(run: DeploymentRun, rows: Rows) -> int:
    """Make blocks as they are journaled and sent; return how many events they hold."""
    blocks = encode_blocks(rows, run.tables)
    return sum(block.last_sequence - block.first_sequence + 1 for block in blocks)

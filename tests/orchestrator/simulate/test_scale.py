"""Large graphs are ordinary input: chains, diamonds, many nodes; memory grows in proportion."""

from __future__ import annotations

import tracemalloc
from itertools import pairwise

import pytest

from orchestrator.domain.deployment.plan import prepare
from orchestrator.domain.message import TaskDeploy
from orchestrator.domain.states import ExecutionState
from orchestrator.simulate.deployment_run import DeploymentRun
from orchestrator.simulate.matching import RunContext
from orchestrator.simulate.scenario import Scenario
from orchestrator.simulate.scenario_reader import read_scenario
from tests.orchestrator.graphs import PUPPET, GraphBuilder, lattice, tolerant


def run(work: TaskDeploy, scenario: Scenario | None = None) -> DeploymentRun:
    """Run a deployment to its end."""
    done = DeploymentRun(prepare(work), scenario or Scenario(), RunContext())
    done.advance(10**9)
    return done


def test_a_chain_of_100_000_tasks() -> None:
    """Neither sorting, weighing nor flooding recurses."""
    done = run(TaskDeploy(lattice(1, 100_000)))
    assert done.result is ExecutionState.READY


def test_a_failure_floods_a_long_chain_over_nodes() -> None:
    """Everything behind the head of the chain ends dep_failed at once."""
    builder = GraphBuilder()
    last = builder.task("1", "first", PUPPET)
    for number in range(20_000):
        task = builder.task(str(number % 50 + 2), f"t{number}")
        builder.edge(last, task)
        last = task
    scenario = "outcomes: [{match: {task: first}, outcome: failed}]"
    done = run(tolerant(builder.build()), read_scenario(scenario))
    assert done.machine.status.count(5) == 20_000


def test_a_wide_diamond_in_layers() -> None:
    """Forty layers of wide all-to-all edges: weights saturate, barriers keep it linear."""
    builder = GraphBuilder()
    layers = [
        [builder.task(str(n + 1), f"layer-{layer}") for n in range(250)] for layer in range(40)
    ]
    for number, (before, after) in enumerate(pairwise(layers)):
        barrier = 250 * 40 + number
        builder.before += [(task, barrier) for task in before]
        builder.before += [(barrier, task) for task in after]
    builder.barriers = 39
    assert run(TaskDeploy(builder.build())).result is ExecutionState.READY


@pytest.mark.parametrize(("nodes", "tasks"), [(200, 200), (1000, 200)])
def test_a_lattice_runs_whole(nodes: int, tasks: int) -> None:
    """Each task has one start and one end."""
    done = run(TaskDeploy(lattice(nodes, tasks)))
    assert done.result is ExecutionState.READY
    assert len(done.record.take()) == 2 * nodes * tasks + 3


def test_memory_grows_in_proportion_to_the_graph() -> None:
    """Ten times the tasks take at most twelve times the memory."""
    peaks = []
    for nodes in (20, 200):
        graph = lattice(nodes, 100)
        tracemalloc.start()
        run(TaskDeploy(graph))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 12 * peaks[0]

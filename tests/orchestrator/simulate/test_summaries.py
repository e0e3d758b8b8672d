"""Summaries: what simulated back-ends say about the tasks that they ran."""

from __future__ import annotations

import json
from typing import Any

import pytest

from orchestrator.domain.deployment.plan import prepare
from orchestrator.domain.message import TaskDefinition
from orchestrator.domain.states import FINISHED_TASK
from orchestrator.engine.event_blocks import encode_block
from orchestrator.simulate.deployment_run import DeploymentRun
from orchestrator.simulate.matching import RunContext
from orchestrator.simulate.scenario_reader import read_scenario
from orchestrator.v1 import execution_pb2 as pb
from tests.orchestrator.graphs import PUPPET, GraphBuilder, lattice, tolerant

NODES = TaskDefinition("upload_files", parameters='{"nodes":[]}')
MOVE = TaskDefinition("move_to_bootstrap", parameters='{"provisioning_info":{}}')


def run(definition: TaskDefinition, scenario: str = "", **options: Any) -> DeploymentRun:
    """Run one task of a kind to its end."""
    builder = GraphBuilder()
    builder.task("1", "only", definition)
    work = tolerant(builder.build(), **options)
    done = DeploymentRun(prepare(work), read_scenario(scenario), RunContext())
    done.advance(100)
    return done


def summary(definition: TaskDefinition, scenario: str = "", **options: Any) -> Any:
    """Return what is said at the end of the one task; None where nothing is."""
    rows = run(definition, scenario, **options).record.take()
    end = next(at for at, status in enumerate(rows.status) if status in FINISHED_TASK)
    text = rows.all_summaries().get(end)
    return None if text is None else json.loads(text)


def test_puppet_tells_the_agent_s_last_run() -> None:
    """As the agent's rule for success reads it: nothing failed, nothing failed to restart."""
    resources = {"failed": 0, "failed_to_restart": 0}
    assert summary(PUPPET) == {"status": "stopped", "resources": resources}
    failed = summary(PUPPET, "failures: [{fail: always}]")
    assert failed["resources"]["failed"] == 1


@pytest.mark.parametrize("kind", ["reboot", "erase_node"])
def test_some_types_tell_one_line(kind: str) -> None:
    """It says how it went."""
    assert set(summary(TaskDefinition(kind))) == {"task_summary"}
    failed = summary(TaskDefinition(kind), "failures: [{fail: always}]")
    assert failed["task_summary"] != summary(TaskDefinition(kind))["task_summary"]
    assert set(summary(MOVE)) == {"task_summary"}


@pytest.mark.parametrize(
    ("definition", "scenario"),
    [
        (NODES, ""),
        (TaskDefinition("noop"), ""),
        (TaskDefinition("puppet"), ""),
        (PUPPET, "outcomes: [{outcome: successful}]"),
        (PUPPET, "outcomes: [{outcome: failed}]"),
        (PUPPET, "nodes: [{offline: [{from: 1ms}]}]"),
    ],
)
def test_who_ran_nothing_says_nothing(definition: TaskDefinition, scenario: str) -> None:
    """Other types, invalid parameters, replaced back-ends, and nodes that do not answer."""
    assert summary(definition, scenario) is None


def test_debug_brings_the_agent_s_report() -> None:
    """Debug is handed to every task; puppet's output is where it shows."""
    assert "Debug:" in summary(PUPPET, debug=True)["raw_report"]
    assert "raw_report" not in summary(PUPPET)


def test_equal_summaries_travel_once() -> None:
    """A block holds distinct texts only, and every end speaks through them."""
    done = DeploymentRun(prepare(tolerant(lattice(20, 20))), read_scenario(""), RunContext())
    done.advance(10_000)
    rows = done.record.take()
    columns = pb.ExecutionEventColumns.FromString(encode_block(rows, done.tables))
    assert len([number for number in columns.summary if number]) == 400
    assert len([text for text in columns.texts if "failed_to_restart" in text]) == 1

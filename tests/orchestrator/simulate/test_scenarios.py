"""Scenarios: what their text may say, and what it then does to a fleet."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest
import yaml

from orchestrator.domain.message import Message, TaskDefinition
from orchestrator.domain.states import TaskStatus
from orchestrator.simulate.deployment_run import DeploymentRun
from orchestrator.simulate.errors import ScenarioRefusedError
from orchestrator.simulate.matching import RunContext
from orchestrator.simulate.opening import open_run
from orchestrator.simulate.scenario import Scenario
from orchestrator.simulate.scenario_reader import read_scenario, scenario_schema
from tests.orchestrator.graphs import GraphBuilder, lattice, tolerant

DOCS = Path(__file__).parents[3] / "docs" / "scenarios.md"

GOOD = [
    "",
    "seed: 3",
    "clock: {mode: real, speed: 60}",
    "roles: {compute: [4-9, '12']}",
    "durations: [{match: {task: [a, 'b*'], type: puppet, role: compute}, duration: 1h30m}]",
    "durations: [{duration: {uniform: [1, 2s]}}, {duration: {normal: {mean: 1, deviation: 0.1}}}]",
    "durations: [{duration: {lognormal: {median: 250ms, sigma: 0.5}}}]",
    "failures: [{fail: always}, {fail: {times: 2}}, {fail: {probability: 0.5}}, {fail: {at: 9}}]",
    "outcomes: [{match: {labels: {run: x}, transaction: 'tx-*'}, outcome: hang, error: x}]",
    "nodes: [{match: {node: 3}, offline: [{from: 1, until: 2}, {from: 9}], slow: 2.5}]",
    "stop: {after_task: 1/a}",
    "limits: {max_nodes_per_call: 0}",
]
BAD = [
    ("seed: -1", 1),
    ("seed: x", 1),
    ("clok: {}", 1),
    ("seed: 1\nclock: {mode: fast}", 2),
    ("durations:\n- match: {tsk: a}\n  duration: 1", 2),
    ("durations:\n- match: {}\n- duration: 1", 2),
    ("durations:\n- duration: soon", 2),
    ("failures:\n- fail: {probability: 2}", 2),
    ("failures:\n- fail: sometimes", 2),
    ("outcomes:\n- outcome: maybe", 2),
    ("nodes:\n- offline: [{until: 3}]", 2),
    ("nodes:\n- slow: 0", 2),
    ("limits: {max_nodes_per_call: -1}", 1),
    ("[1]", 1),
]
TWISTED = [
    ("seed: [", 1),
    ("seed: 1\nseed: 2", 2),
    ("a: &x 1\nb: *x", 1),
    ("1: 2", 1),
    ("seed: !!python/object:os.system x", 1),
    ("seed: 2001-99-99", 1),
    ("[" * 100 + "]" * 100, 1),
    ("x" * (1 << 20) + "x", 1),
    ("\x00", 1),
]


@pytest.mark.parametrize("text", GOOD)
def test_what_fits_the_schema_is_read(text: str) -> None:
    """Our reader and the published schema agree that it fits."""
    assert isinstance(read_scenario(text), Scenario)
    jsonschema.validate(yaml.safe_load(text) or {}, scenario_schema())


@pytest.mark.parametrize(("text", "line"), BAD)
def test_what_does_not_fit_is_refused_with_its_line(text: str, line: int) -> None:
    """Our reader and the published schema agree that it does not."""
    with pytest.raises(ScenarioRefusedError) as caught:
        read_scenario(text)
    assert caught.value.findings[0].line == line
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(yaml.safe_load(text), scenario_schema())


@pytest.mark.parametrize(("text", "line"), TWISTED)
def test_twisted_yaml_is_refused(text: str, line: int) -> None:
    """Broken syntax, doubled keys, aliases, tags, depth and size end as findings."""
    with pytest.raises(ScenarioRefusedError) as caught:
        read_scenario(text)
    assert caught.value.findings[0].line == line


def test_the_schema_is_a_schema() -> None:
    """It is valid by its own metaschema."""
    jsonschema.Draft202012Validator.check_schema(scenario_schema())


def test_the_examples_of_the_documentation_are_scenarios() -> None:
    """Every YAML block of docs/scenarios.md can be used as it stands."""
    blocks = re.findall(r"```yaml\n(.*?)```", DOCS.read_text("utf-8"), re.DOTALL)
    assert blocks
    for block in blocks:
        read_scenario(block)


def run(scenario: str, definition: TaskDefinition | None = None, **context: Any) -> DeploymentRun:
    """Run two tasks on each of three nodes to the end."""
    graph = lattice(3, 2, definition) if definition else lattice(3, 2)
    parsed = read_scenario(scenario)
    opened = open_run(
        Message("u", "task_deploy", tolerant(graph)), parsed, RunContext(task_uuid="u", **context)
    )
    assert isinstance(opened, DeploymentRun)
    opened.advance(10**6)
    return opened


def statuses(done: DeploymentRun) -> dict[str, str]:
    """Return the final status of each task."""
    plan = done.machine.plan
    return {
        plan.label(i): TaskStatus(done.machine.status[i]).name.lower()
        for i in range(plan.instances)
    }


def test_the_first_matching_rule_wins() -> None:
    """Later rules speak only of what no earlier one matches."""
    rules = "[{match: {node: 2}, duration: 1}, {match: {node: [1-2]}, duration: 5}, {duration: 2}]"
    done = run(f"durations: {rules}")
    assert done.now_ms == 10_000
    assert run("durations: [{duration: 2}, {match: {node: 1}, duration: 90}]").now_ms == 4_000


@pytest.mark.parametrize(
    ("scenario", "context", "expected"),
    [
        ("outcomes: [{match: {labels: {a: b}}, outcome: failed}]", {"labels": {"a": "b"}}, True),
        ("outcomes: [{match: {labels: {a: b}}, outcome: failed}]", {"labels": {"a": "c"}}, False),
        ("outcomes: [{match: {transaction: b-*}, outcome: failed}]", {"batch_id": "b-1"}, True),
        ("outcomes: [{match: {transaction: b-*}, outcome: failed}]", {"batch_id": "c-1"}, False),
        ("outcomes: [{match: {role: all}, outcome: failed}]", {}, True),
        ("roles: {x: ['1']}\noutcomes: [{match: {role: x}, outcome: failed}]", {}, True),
        ("outcomes: [{match: {role: y}, outcome: failed}]", {}, False),
        ("outcomes: [{match: {type: pup*, task: task-0}, outcome: failed}]", {}, True),
        ("outcomes: [{match: {type: shell}, outcome: failed}]", {}, False),
    ],
)
def test_rules_match_by_place_and_context(
    scenario: str,
    context: dict[str, Any],
    expected: bool,  # noqa: FBT001
) -> None:
    """Labels, transactions, roles, types and names."""
    assert ("failed" in statuses(run(scenario, **context)).values()) is expected


RETRIES = '{"puppet_manifest":"x.pp","retries":2,"timeout":100}'


@pytest.mark.parametrize(
    ("scenario", "status", "end_ms"),
    [
        ("failures: [{match: {task: task-0}, fail: {times: 2}}]", "successful", 30_000 + 4_000),
        ("failures: [{match: {task: task-0}, fail: {times: 3}}]", "failed", 30_000 + 4_000),
        ("failures: [{match: {task: task-0}, fail: always}]", "failed", 30_000 + 4_000),
        ("failures: [{match: {task: task-0}, fail: {at: 7}}]", "failed", 7_000),
        ("outcomes: [{match: {task: task-0}, outcome: hang}]", "failed", 100_000),
        ("nodes: [{slow: 20}]", "failed", 100_000),
        ("nodes: [{offline: [{from: 5, until: 9}]}]", "successful", 14_000),
        ("nodes: [{offline: [{from: 5}]}]", "failed", 65_000),
    ],
)
def test_back_ends_retry_time_out_and_lose_their_node(
    scenario: str, status: str, end_ms: int
) -> None:
    """In simulated time: attempts of 10 s, 2 s between them, one clock of 100 s over all."""
    text = f"durations: [{{match: {{task: task-0}}, duration: 10}}]\n{scenario}"
    done = run(text, TaskDefinition("puppet", parameters=RETRIES))
    rows = done.record.take()
    first = done.machine.plan.instance(0, "task-0")
    ends = [
        rows.elapsed_ms[at]
        for at, subject in enumerate(rows.subject)
        if subject == first and rows.status[at] != TaskStatus.RUNNING
    ]
    assert statuses(done)["1/task-0"] == status
    assert ends == [end_ms]


@pytest.mark.parametrize(
    ("kind", "parameters", "status"),
    [
        ("puppet", '{"puppet_manifest":"x"}', "successful"),
        ("puppet", "{}", "failed"),
        ("shell", '{"cmd":"true"}', "successful"),
        ("shell", '{"cmd":"true","timeout":"soon"}', "failed"),
        ("master_shell", '{"cmd":"true"}', "successful"),
        ("sync", '{"src":"a","dst":"b"}', "successful"),
        ("sync", '{"src":"a"}', "failed"),
        ("upload_file", '{"path":"a","data":"b"}', "successful"),
        ("upload_files", '{"nodes":[{"uid":"1","files":[{"dst":"a","data":"b"}]}]}', "successful"),
        ("upload_files", '{"nodes":[{"uid":"1","files":[{"dst":"a"}]}]}', "failed"),
        ("copy_files", '{"files":[{"src":"a","dst":"b"}]}', "successful"),
        ("copy_files", '{"files":"a"}', "failed"),
        ("reboot", "{}", "successful"),
        ("cobbler_sync", '{"provisioning_info":{"engine":{}}}', "successful"),
        ("move_to_bootstrap", '{"provisioning_info":{}}', "successful"),
        ("move_to_bootstrap", "{}", "failed"),
        ("erase_node", "{}", "successful"),
        ("stage", "{}", "skipped"),
        ("skipped", "{}", "skipped"),
        ("noop", "{}", "skipped"),
    ],
)
def test_task_types_check_their_parameters_when_they_start(
    kind: str, parameters: str, status: str
) -> None:
    """Invalid parameters fail the task, not the message (reference case B10)."""
    done = run("", TaskDefinition(kind, parameters=parameters))
    assert statuses(done)["1/task-0"] == status
    if status == "failed":
        assert any("parameter" in text for text in done.record.take().errors.values())


def test_one_seed_gives_the_same_events() -> None:
    """And another seed gives others."""
    text = "failures: [{match: {task: task-1}, fail: {probability: 0.5}}]"
    first, again, other = (run(f"seed: {seed}\n{text}").record.take() for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_a_draw_depends_on_nothing_but_its_key() -> None:
    """More nodes, other tasks and another order leave a task's duration as it was."""
    small, large = GraphBuilder(), GraphBuilder()
    small.task("7", "deploy")
    large.task("1", "other")
    large.task("7", "deploy")
    ends = []
    for builder in (small, large):
        message = Message("u", "task_deploy", tolerant(builder.build()))
        opened = open_run(message, Scenario(), RunContext())
        assert isinstance(opened, DeploymentRun)
        opened.advance(10**6)
        rows, plan = opened.record.take(), opened.machine.plan
        wanted = next(i for i in range(plan.instances) if plan.label(i) == "7/deploy")
        ends.append([rows.elapsed_ms[at] for at, s in enumerate(rows.subject) if s == wanted])
    assert ends[0] == ends[1]

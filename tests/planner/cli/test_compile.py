"""``planner compile`` answers every input with JSON and never with a traceback."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from planner.cli.compile import compile_command

if TYPE_CHECKING:
    from pathlib import Path

CASE: dict[str, Any] = {
    "engine": "lcm",
    "tasks": [
        {"id": "a", "type": "shell", "role": "work", "parameters": {"u": {"yaql_exp": "$.uid"}}},
        {"id": "b", "type": "shell", "role": "work", "requires": ["a"]},
    ],
    "nodes": [{"uid": "1", "tags": ["work"]}],
    "context": {"new": {"common": {}, "nodes": {"1": {"uid": "1"}}}},
}


def compiled(content: bytes, *options: str) -> tuple[int, Any]:
    """Send a case through stdin and return exit status and answer."""
    outcome = CliRunner().invoke(
        compile_command, ["-", *options], input=content, catch_exceptions=False
    )
    return outcome.exit_code, json.loads(outcome.stdout)


def case(**changes: Any) -> bytes:
    """Write a case with some of its input changed."""
    return json.dumps({"input": {**CASE, **changes}}).encode()


def test_plan_from_a_compressed_file_into_a_file(tmp_path: Path) -> None:
    """The content decides whether it is compressed, not the name."""
    path, out = tmp_path / "case.json.gz", tmp_path / "out.json"
    path.write_bytes(gzip.compress(case()))
    outcome = CliRunner().invoke(compile_command, [str(path), "-o", str(out)])
    assert (outcome.exit_code, outcome.output) == (0, "")
    assert json.loads(out.read_text())["tasks_graph"]["1"][0]["parameters"] == {
        "cwd": "/",
        "u": "1",
    }


def test_expression_error_names_its_place() -> None:
    """Task, node, field and the expression itself (decision 3)."""
    tasks = [{"id": "a", "type": "shell", "role": "work", "condition": {"yaql_exp": "$.gone"}}]
    status, answer = compiled(case(tasks=tasks))
    assert status == 1
    message = answer["error"].pop("message")
    assert answer == {
        "error": {"reason": "EXPRESSION_FAILED", "task": "a", "node": "1", "field": "condition"}
    }
    assert "$.gone" in message


def test_strict_refuses_with_every_violation() -> None:
    """What the server refuses, named."""
    tasks = [{**CASE["tasks"][0], "requires": ["b", "gone"]}, CASE["tasks"][1]]
    assert compiled(case(tasks=tasks))[0] == 0
    status, answer = compiled(case(tasks=tasks), "--strict")
    assert status == 1
    assert [v["reason"] for v in answer["error"]["violations"]] == [
        "DANGLING_DEPENDENCY",
        "DEPENDENCY_CYCLE",
    ]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"null",
        b"{",
        b"\xff\xfe",
        b"\x1f\x8bgarbage",
        gzip.compress(b"{}", mtime=0)[:-4],
        b"{}",
        b'{"input": []}',
        b'{"input": {"engine": "other"}}',
        b'{"input": {"engine": ["lcm"]}}',
        b"[" * 100_000,
        b'{"input": {"engine": "lcm", "context": {"new": {"common": {"a": NaN}}}}}',
        case(tasks=None, nodes=None, context=3),
        case(tasks={"a": 1}),
        case(tasks=[1]),
        case(tasks=[{}]),
        case(tasks=[{"id": 1, "type": "shell"}]),
        case(tasks=[{"id": "a"}]),
        case(tasks=[{"id": "a", "type": "shell", "version": "x"}]),
        case(tasks=[{"id": "a", "type": "shell", "role": [1]}]),
        case(tasks=[{"id": "a", "type": "shell", "role": [["x"]]}]),
        case(tasks=[{"id": "a", "type": "shell", "role": "/(/"}]),
        case(tasks=[{"id": "a", "type": "group", "role": "work", "tasks": [1]}]),
        case(tasks=[{**CASE["tasks"][0], "requires": "b"}]),
        case(tasks=[{**CASE["tasks"][0], "requires": [1]}]),
        case(tasks=[{**CASE["tasks"][0], "cross-depends": [1]}]),
        case(tasks=[{**CASE["tasks"][0], "parameters": [1]}]),
        case(tasks=[{**CASE["tasks"][0], "parameters": {"yaql_exp": "old($.x)"}}]),
        case(tasks=[{**CASE["tasks"][0], "condition": "no condition"}]),
        case(tasks=[{**CASE["tasks"][0], "condition": {"yaql_exp": 3}}]),
        case(tasks=[{**CASE["tasks"][0], "condition": {"yaql_exp": "$" + ".a" * 5000}}]),
        case(nodes=[{"tags": []}]),
        case(nodes=[{"uid": "1", "tags": "work"}]),
        case(nodes=[{"uid": "9", "tags": ["work"]}]),
        case(context={"new": {"nodes": {"1": 3}}}),
        case(context={"new": CASE["context"]["new"], "old": {"a": 3}}),
        case(selected_tasks="a"),
        case(engine="node_filter", node_filter=3),
        case(engine="node_filter", node_filter="1 +"),
        case(engine="node_filter", node_filter="$.gone", nodes=[{"id": 1}]),
        case(engine="task_deploy", tasks=[{"id": "a", "type": "shell", "role": "work"}]),
    ],
)
def test_garbage_is_answered_with_an_error(content: bytes) -> None:
    """Exit 1 and an error object with reason and message."""
    status, answer = compiled(content)
    assert status == 1
    assert list(answer) == ["error"]
    assert answer["error"]["reason"]
    assert answer["error"]["message"]


PLACES = ["tasks", "nodes", "context", "selected_tasks", "events", "affected_nodes", "cluster"]
PLACES += ["settings", "legacy_plugin_tasks", "node_filter"]
FIELDS = ["role", "tags", "groups", "requires", "required_for", "cross-depends", "condition"]
FIELDS += ["parameters", "version", "type", "id", "fault_tolerance", "tasks", "reexecute_on"]
WORDS = ["a", "*", "/(/", "$", "{", ""]
KEYS = ["id", "name", "yaql_exp", "role", "uid"]


def nested(depth: int) -> Any:
    """Nest lists as deep as asked."""
    value: Any = []
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize("depth", [300, 600, 900])
@pytest.mark.parametrize("field", ["parameters", "requires", "condition", "cross-depends", "x"])
def test_deep_nesting_does_not_end_in_a_traceback(field: str, depth: int) -> None:
    """Deeper than the interpreter's stack allows is an error of the case."""
    task = {"id": "a", "type": "shell", "role": "work", field: {"deep": nested(depth)}}
    status, answer = compiled(case(tasks=[task]))
    assert ("error" in answer) is (status == 1)
    state = {"common": {"deep": nested(depth)}, "nodes": {"1": {"uid": "1"}}}
    wanted = {"yaql_exp": "changed($) and $.deep"}
    status, answer = compiled(
        case(tasks=[{**task, field: wanted}], context={"new": state, "old": {"a": state}})
    )
    assert ("error" in answer) is (status == 1)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.sampled_from(WORDS),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=3)
    ),
    max_leaves=6,
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    place=st.sampled_from(PLACES),
    field=st.sampled_from(FIELDS),
    value=json_values,
    engine=st.sampled_from(["lcm", "task_deploy", "node_filter"]),
    strict=st.booleans(),
)
def test_no_input_ends_in_a_traceback(
    place: str, field: str, value: Any, engine: str, *, strict: bool
) -> None:
    """Whatever stands wherever: a plan or an error."""
    task = {"id": "a", "type": "shell", "role": "work", "version": "2.0.0", field: value}
    for content in (
        case(engine=engine, **{place: value}, adapt_legacy=True),
        case(engine=engine, tasks=[task], adapt_legacy=True),
        case(engine=engine, tasks=[{**task, "type": "group"}, task], normalized=True),
    ):
        status, answer = compiled(content, *(["--strict"] if strict else []))
        assert ("error" in answer) is (status == 1)


@pytest.mark.parametrize("arguments", [["nowhere.json"], ["."], []])
def test_wrong_arguments_do_not_end_in_a_traceback(arguments: list[str]) -> None:
    """A file that is not there, a folder, nothing."""
    outcome = CliRunner().invoke(compile_command, arguments)
    assert outcome.exit_code != 0
    assert isinstance(outcome.exception, SystemExit)


def test_unwritable_answer_is_said_in_a_sentence(tmp_path: Path) -> None:
    """The folder for the answer is not there."""
    path = tmp_path / "case.json"
    path.write_bytes(case())
    out = str(tmp_path / "no" / "out.json")
    outcome = CliRunner().invoke(compile_command, [str(path), "-o", out])
    assert outcome.exit_code == 1
    assert "cannot be written" in outcome.output


def test_answer_does_not_depend_on_the_hash_seed() -> None:
    """Two processes with different seeds write the same bytes."""
    tasks = [
        {
            "id": f"t{i}",
            "type": "shell",
            "role": "*",
            "parameters": {"set": {"yaql_exp": "[z, b, a, c].toSet()"}},
            "cross-depends": [{"name": "/t/", "role": "*", "policy": "any"}],
        }
        for i in range(5)
    ]
    nodes = [{"uid": str(i), "tags": [f"t{i % 3}"]} for i in range(1, 9)]
    state: dict[str, Any] = {"common": {}, "nodes": {str(node["uid"]): {} for node in nodes}}
    content = case(tasks=tasks, nodes=nodes, context={"new": state})
    program = "from planner.cli.compile import compile_command; compile_command(['-'])"
    answers = {
        subprocess.run(
            [sys.executable, "-c", program],
            input=content,
            capture_output=True,
            check=True,
            env={**os.environ, "PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("1", "2")
    }
    assert len(answers) == 1

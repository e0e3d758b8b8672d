"""A list of tasks is checked before it is stored, and everything wrong is named at once."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from planner.domain.graph.check import check_tasks

DATA = Path(__file__).resolve().parents[5] / "shared" / "data"


def reasons(tasks: list[Any], roles: tuple[str, ...] = ("ctl",)) -> list[tuple[str, str]]:
    """Return reason and subject of every violation."""
    return [(v.reason, v.subject) for v in check_tasks(tasks, roles, ()).violations]


def a_task(**fields: Any) -> dict[str, Any]:
    """Build a task that is right unless a field says otherwise."""
    return {"id": "a", "type": "shell", "role": ["ctl"], **fields}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("type", "nope"),
        ("type", 3),
        ("version", "2.x"),
        ("role", [3]),
        ("role", {"a": 1}),
        ("role", "/(/"),
        ("groups", "/(?=a)/"),
        ("requires", 7),
        ("requires", [{"name": "b"}]),
        ("required_for", ["/*/"]),
        ("cross-depends", {"name": "b"}),
        ("cross-depends", [{"role": "ctl"}]),
        ("cross-depends", [{"name": "/(/"}]),
        ("cross-depends", [{"name": "a", "policy": "most"}]),
        ("cross_depended_by", ["b"]),
        ("parameters", ["x"]),
        ("parameters", {"strategy": {"type": "random"}}),
        ("condition", 3),
        ("condition", "settings:a =="),
        ("fault_tolerance", [1]),
        ("fail_on_error", "yes"),
        ("reexecute_on", "deploy_changes"),
    ],
)
def test_wrong_shape_is_named(field: str, value: Any) -> None:
    """The subject is the field; nothing else is complained about."""
    assert reasons([a_task(**{field: value})]) == [("TASK_FIELD_INVALID", f"tasks/a.{field}")]


@pytest.mark.parametrize("field", ["condition", "parameters", "requires", "anything"])
def test_unreadable_expression_is_named(field: str) -> None:
    """Wherever it stands, an expression has to parse."""
    found = reasons([a_task(**{field: {"yaql_exp": "1 +"}})])
    assert ("EXPRESSION_INVALID", f"tasks/a.{field}") in found


def test_computed_fields_are_left_alone() -> None:
    """Nothing is known of a computed value before it is computed."""
    computed = {"yaql_exp": "$.x"}
    task = a_task(requires=computed, condition=computed, parameters={"strategy": computed})
    task["cross-depends"] = [computed, {"name": computed, "role": computed, "policy": computed}]
    assert reasons([task]) == []


def test_everything_is_found_at_once() -> None:
    """Duplicates, missing ids, unknown roles, members and names, a cycle."""
    tasks = [
        a_task(requires=["b", "gone"], role=["ctl", "ghost", "primary-ctl", "/x/"]),
        a_task(id="b", requires=["a"], required_for=["away"]),
        a_task(id="b"),
        {"type": "shell"},
        "text",
        {"id": "g", "type": "group", "role": "ctl", "tasks": ["nobody"]},
    ]
    findings = check_tasks(tasks, ["ctl"], [])
    assert [(v.reason, v.subject) for v in findings.violations] == [
        ("DUPLICATE_TASK", "tasks/b"),
        ("TASK_ID_MISSING", "tasks[3]"),
        ("TASK_ID_MISSING", "tasks[4]"),
        ("UNKNOWN_ROLE", "tasks/a.role"),
        ("DANGLING_DEPENDENCY", "tasks/a.requires"),
        ("GROUP_MEMBER_UNKNOWN", "tasks/g.tasks"),
        ("DEPENDENCY_CYCLE", "tasks/a"),
    ]
    assert [(w.reason, w.subject) for w in findings.warnings] == [
        ("DANGLING_DEPENDENCY", "tasks/b.required_for")
    ]


def test_a_deep_chain_is_no_problem() -> None:
    """The search for cycles does not use the interpreter's stack."""
    chain = [a_task(id=str(i), requires=[str(i - 1)] if i else []) for i in range(5000)]
    assert reasons(chain) == []


@pytest.mark.skipif(not DATA.is_dir(), reason=f"the shipped graphs are not in {DATA}")
def test_shipped_graphs_are_accepted() -> None:
    """The real library has no violation, and two names that lead nowhere."""
    release = yaml.safe_load((DATA / "openstack-release.yaml").read_text())
    roles = release["roles_metadata"]
    tags = {tag for role in roles.values() for tag in role.get("tags") or ()}
    graphs = [json.loads((DATA / "fuel-library-tasks.json").read_text())["tasks"]]
    graphs += [
        yaml.safe_load((DATA / "fuel-library-graphs" / f"{name}.yaml").read_text())
        for name in ("deletion", "net-verification", "provision")
    ]
    found = [check_tasks(graph, roles, tags | set(release["tags_metadata"])) for graph in graphs]
    assert [findings.violations for findings in found] == [()] * 4
    assert sum(len(findings.warnings) for findings in found) == 2

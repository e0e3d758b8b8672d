"""The granular form: hooks, lists of tasks a role, and priorities (dossier 7.1)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from planner.domain.graph.errors import PlanRefused, TaskInvalid
from planner.domain.graph.granular_plan import plan_granular

if TYPE_CHECKING:
    from collections.abc import Callable

FLOW = Path(__file__).resolve().parents[5] / "shared" / "golden" / "flow"
STAGES = ["pre_deployment", "deploy", "post_deployment"]


def stages() -> list[dict[str, Any]]:
    """Return the six standard stages in their order."""
    names = [f"{stage}_{end}" for stage in STAGES for end in ("start", "end")]
    before: list[list[str]] = [[], *([name] for name in names)]
    return [
        {"id": name, "type": "stage", "requires": requires}
        for name, requires in zip(names, before, strict=False)
    ]


def a_group(name: str, *requires: str, **strategy: Any) -> dict[str, Any]:
    """Build a group of the role that has its name."""
    return {
        "id": name,
        "type": "group",
        "role": [name],
        "requires": ["deploy_start", *requires],
        "required_for": ["deploy_end"],
        "parameters": {"strategy": {"type": "parallel", **strategy}},
    }


def a_puppet_task(name: str, *groups: str, **fields: Any) -> dict[str, Any]:
    """Build a task of groups."""
    parameters = {"puppet_manifest": f"/{name}.pp", "puppet_modules": "/m", "timeout": 5}
    return {
        "id": name,
        "type": "puppet",
        "groups": list(groups),
        "parameters": parameters,
        "requires": ["deploy_start"],
        "required_for": ["deploy_end"],
        **fields,
    }


def test_priorities(a_request: Callable[..., Any]) -> None:
    """The recorded example: one by one, in chunks of two, then all the rest together."""
    tasks = [
        *stages(),
        a_group("pctl", type="one_by_one"),
        a_group("ctl", "pctl", amount=2),
        a_group("work", "ctl"),
        a_group("disk", "ctl"),
        a_group("empty", "work"),
    ]
    nodes = {"1": ["pctl"], "2": ["ctl"], "3": ["ctl"], "4": ["ctl"]}
    nodes |= {"5": ["work", "disk"], "6": ["work"]}
    plan = plan_granular(a_request(tasks, nodes))
    assert [(d.uid, d.role, d.priority) for d in plan.deployment] == [
        ("1", "pctl", 100),
        ("2", "ctl", 200),
        ("3", "ctl", 200),
        ("4", "ctl", 300),
        ("5", "work", 400),
        ("6", "work", 400),
        ("5", "disk", 500),
    ]


def test_role_lists_are_in_order_and_obey_conditions(a_request: Callable[..., Any]) -> None:
    """Each task after what it requires; a false condition leaves it out."""
    tasks = [
        *stages(),
        a_group("work"),
        a_puppet_task("second", "work", requires=["first"]),
        a_puppet_task("first", "/wor/"),
        a_puppet_task("never", "work", condition="settings:common.debug.value"),
    ]
    cluster = {"editable": {"common": {"debug": {"value": False}}}}
    plan = plan_granular(a_request(tasks, {"1": ["work"]}, cluster=cluster))
    (deployment,) = plan.deployment
    assert [(t["id"], t["priority"], t["uids"]) for t in deployment.tasks] == [
        ("first", 100, ["1"]),
        ("second", 200, ["1"]),
    ]


@pytest.mark.parametrize(
    ("tasks", "reason"),
    [
        ([a_puppet_task("a", requires=["b"]), a_puppet_task("b", requires=["a"])], "CYCLE"),
        ([a_puppet_task("a", requires=["gone"])], "DANGLING"),
        ([a_puppet_task("a", required_for=["gone"])], "DANGLING"),
    ],
)
def test_unsound_graphs_are_refused(
    a_request: Callable[..., Any], tasks: list[dict[str, Any]], reason: str
) -> None:
    """The one form whose original refused them, too."""
    with pytest.raises(PlanRefused) as caught:
        plan_granular(a_request([*stages(), *tasks], {"1": ["work"]}))
    assert any(reason in violation.reason for violation in caught.value.violations)


def test_only_puppet_in_a_role(a_request: Callable[..., Any]) -> None:
    """Other types can only be hooks."""
    tasks = [*stages(), a_group("work"), a_puppet_task("a", "work", type="shell")]
    with pytest.raises(TaskInvalid):
        plan_granular(a_request(tasks, {"1": ["work"]}))


RECORDED = ["6-granular-full", "6-granular-subset", "6-granular-task-deploy-off"]


@pytest.mark.skipif(not FLOW.is_dir(), reason=f"the recorded flows are not in {FLOW}")
@pytest.mark.parametrize("name", RECORDED)
def test_recorded_messages(a_request: Callable[..., Any], name: str) -> None:
    """Priorities, lists and hooks are those of the original's message."""
    recorded = json.loads((FLOW / f"{name}.json").read_text())
    args = recorded["steps"][0]["casts"][0]["messages"][0]["body"]["args"]
    selected = ["work", "post_ctrl"] if name == "6-granular-subset" else []
    request = a_request(
        recorded["given"]["graph_tasks"],
        {"1": ["primary-controller"], "2": ["compute"]},
        selected_tasks=frozenset(selected),
    )
    plan = plan_granular(request)
    assert [(d.uid, d.role, d.priority, list(d.tasks)) for d in plan.deployment] == [
        (i["uid"], i["role"], i["priority"], i["tasks"]) for i in args["deployment_info"]
    ]
    assert list(plan.pre_deployment) == args["pre_deployment"]
    for hook in (*plan.post_deployment, *args["post_deployment"]):
        hook["parameters"].pop("data", None)
    assert list(plan.post_deployment) == args["post_deployment"]

"""Older tasks are boxed as in the dossier's section 13.5."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from planner.domain.graph.errors import TaskInvalid
from planner.domain.graph.legacy_adapter import adapt_legacy_tasks

if TYPE_CHECKING:
    from collections.abc import Callable

STAGES = ["pre_deployment", "deploy", "post_deployment"]
TAGS = ["primary-ctl", "ctl", "work"]


def stages() -> list[dict[str, Any]]:
    """Return the six standard stages in their order."""
    names = [f"{stage}_{end}" for stage in STAGES for end in ("start", "end")]
    before: list[list[str]] = [[], *([name] for name in names)]
    return [
        {"id": name, "type": "stage", "requires": requires}
        for name, requires in zip(names, before, strict=False)
    ]


def adapted(build: Callable[..., Any], plugin_tasks: Any = ()) -> dict[str, dict[str, Any]]:
    """Adapt the example and return the documents by id."""
    tasks = [
        *stages(),
        {"id": "work", "type": "group", "role": ["work"], "requires": ["ctl"]},
        {"id": "ctl", "type": "group", "role": ["ctl"]},
        {
            "id": "old1",
            "type": "puppet",
            "version": "1.0.0",
            "role": ["work"],
            "requires": ["deploy_start"],
            "required_for": ["deploy_end"],
            "cross-depends": [{"name": "elsewhere"}],
        },
        {
            "id": "oldpre",
            "type": "puppet",
            "version": "1.0.0",
            "role": "*",
            "requires": ["pre_deployment_start"],
            "required_for": ["pre_deployment_end"],
        },
        {"id": "new1", "type": "puppet", "version": "2.1.0", "role": ["ctl"]},
    ]
    request = build(tasks, {})
    found = adapt_legacy_tasks(request.tasks, plugin_tasks, TAGS)
    return {task.id: dict(task.document) for task in found}


PLUGIN_TASKS = [
    {"type": "shell", "role": "*", "stage": "post_deployment/10"},
    {"type": "shell", "role": ["work"], "stage": "post_deployment"},
    {"type": "shell", "role": ["work"], "stage": "pre_deployment/-5"},
]


@pytest.mark.parametrize(
    ("task", "expected"),
    [
        ("new1", {"required_for": ["ctl_end"]}),
        (
            "work_start",
            {
                "type": "skipped",
                "cross_depends": [{"name": "ctl_end", "role": ["ctl"]}],
                "cross_depended_by": [{"name": "work_end", "role": "self"}],
            },
        ),
        ("work_end", {"type": "skipped", "roles": ["work"]}),
        ("ctl_start", {"cross_depends": []}),
        (
            "old1",
            {
                "version": "2.0.0",
                "requires": ["deploy_start"],
                "required_for": ["deploy_end", "work_end"],
                "cross_depends": [{"name": "work_start", "role": "self"}],
            },
        ),
        (
            "oldpre",
            {
                "version": "2.0.0",
                "required_for": ["pre_deployment_end"],
                "cross_depends": [{"name": "pre_deployment_start", "role": None}],
            },
        ),
        (
            "post_deployment_0",
            {
                "roles": ["work"],
                "cross_depends": [{"name": "post_deployment_end", "role": None}],
                "cross_depended_by": [],
            },
        ),
        (
            "post_deployment_1",
            {"roles": "*", "cross_depends": [{"name": "post_deployment_0", "role": ["work"]}]},
        ),
        (
            "pre_deployment_0",
            {
                "cross_depends": [{"name": "pre_deployment_end", "role": None}],
                "cross_depended_by": [{"name": "deploy_start", "role": None}],
            },
        ),
    ],
)
def test_adapted_task(a_request: Callable[..., Any], task: str, expected: dict[str, Any]) -> None:
    """Each line of the table."""
    document = adapted(a_request, PLUGIN_TASKS)[task]
    assert {key: document[key] for key in expected} == expected


def test_without_older_tasks_there_are_no_markers(a_request: Callable[..., Any]) -> None:
    """Point 3 of dossier 6.8."""
    request = a_request(
        [
            {"id": "work", "type": "group", "role": ["work"]},
            {"id": "new", "type": "shell", "role": ["work"]},
        ],
        {},
    )
    found = adapt_legacy_tasks(request.tasks, [], TAGS)
    assert [task.id for task in found] == ["work", "new"]
    assert found[1].document["required_for"] == ["work_end"]


def test_plugin_task_without_stage_is_refused(a_request: Callable[..., Any]) -> None:
    """Its place cannot be told."""
    with pytest.raises(TaskInvalid):
        adapted(a_request, [{"type": "shell", "role": "*"}])

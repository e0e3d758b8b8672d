"""Tasks are told by groups of nodes that they treat alike, and a plan is a pure function."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from planner.domain.plan import plan
from planner.domain.planned import Snapshot
from planner.domain.states import RunMode
from planner.domain.transaction import Selection
from tests.planner.builders import a_cluster, a_node, a_release, a_task

if TYPE_CHECKING:
    from planner.domain.planned import Plan

NODES = [
    a_node("1", pending_roles=("controller",), pending_addition=True),
    a_node("2", pending_roles=("compute",), pending_addition=True),
    a_node("10", pending_roles=("compute",), pending_addition=True),
]
BY_ROLE = a_task("by-role", condition={"yaql_exp": "'compute' in $.roles"})
ON_COMPUTES = a_task("on-computes", roles=["compute"])


def plan_of(*tasks: dict[str, Any], settings: Any = None, **selection: Any) -> Plan:
    """Plan these tasks on a controller and two computes."""
    release = a_release(graphs={"default": {"tasks": list(tasks)}})
    snapshot = Snapshot(release, a_cluster(settings=settings or {}), NODES)
    return plan(snapshot, Selection(**selection), RunMode.NORMAL)


def test_nodes_that_a_task_treats_alike_are_one_group() -> None:
    """In the order of tasks; uids by number; runs and skips apart, with their reasons."""
    groups = plan_of(BY_ROLE, ON_COMPUTES).task_groups()

    assert sorted((g.task, g.uids, g.runs, g.type) for g in groups) == [
        ("by-role", ("1",), False, "skipped"),
        ("by-role", ("2", "10"), True, "puppet"),
        ("on-computes", ("2", "10"), True, "puppet"),
    ]
    assert all(group.reason and group.explanation for group in groups)


def test_groups_are_narrowed_to_a_task_or_a_node() -> None:
    """A name that nobody has gives none."""
    made = plan_of(BY_ROLE, ON_COMPUTES)

    of_task = made.task_groups(task="on-computes")
    of_node = made.task_groups(uid="1")

    assert [(g.task, g.uids) for g in of_task] == [("on-computes", ("2", "10"))]
    assert [(g.task, g.uids) for g in of_node] == [("by-role", ("1",))]
    assert made.task_groups(task="gone") == made.task_groups(uid="4711") == []


def test_a_graph_without_tasks_has_no_groups() -> None:
    """Nothing to tell."""
    assert plan_of().task_groups() == []


def test_equal_input_gives_an_equal_plan() -> None:
    """Byte for byte: the digest says so."""
    assert plan_of(BY_ROLE).digest == plan_of(BY_ROLE).digest


def test_what_would_be_sent_names_the_plan() -> None:
    """Another task, parameter, setting that reaches a message, or selection: another digest."""
    digests = [
        plan_of(BY_ROLE).digest,
        plan_of(ON_COMPUTES).digest,
        plan_of({**BY_ROLE, "parameters": {**BY_ROLE["parameters"], "timeout": 61}}).digest,
        plan_of(BY_ROLE, settings={"timezone": "Europe/Berlin"}).digest,
        plan_of(BY_ROLE, tasks=("by-role",), nodes=("1",)).digest,
    ]

    assert len(set(digests)) == len(digests)


def test_a_selected_task_runs_and_the_others_are_skipped() -> None:
    """With the reason that they were not selected."""
    groups = plan_of(BY_ROLE, ON_COMPUTES, tasks=("on-computes",)).task_groups(task="by-role")

    assert {(group.runs, group.reason) for group in groups} <= {
        (False, "NOT_SELECTED"),
        (False, "CONDITION_FALSE"),
    }

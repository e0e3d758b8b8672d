"""A node changes when work on it begins, is reported, or ends."""

from __future__ import annotations

from typing import Any

import pytest

from planner.domain.node_updates import (
    apply_report,
    begin_deployment,
    begin_graph,
    begin_provisioning,
    fail_unfinished,
    finish_deploying,
    leave_cluster,
)
from planner.domain.states import NodeErrorType, NodeStatus
from tests.planner.builders import a_node

FAILED: dict[str, Any] = {
    "status": NodeStatus.ERROR,
    "error_type": NodeErrorType.DEPLOY,
    "error_message": "no luck",
}


def test_provisioning_begins_from_nothing() -> None:
    """Status, progress and the last error are reset (dossier 3.2, step 9)."""
    node = begin_provisioning(a_node("1", progress=70, **FAILED))

    assert node == a_node("1", status=NodeStatus.PROVISIONING)


def test_deployment_turns_pending_roles_into_roles() -> None:
    """The node is new no longer (dossier 4.2)."""
    node = a_node("1", roles=("storage",), pending_roles=("compute",), pending_addition=True)

    assert begin_deployment(node) == a_node("1", roles=("compute", "storage"))


def test_deployment_of_a_node_without_pending_roles_keeps_its_progress() -> None:
    """Only the error and the mark of a new node go."""
    node = a_node("1", roles=("storage",), progress=30, pending_addition=True, error_message="x")

    assert begin_deployment(node) == a_node("1", roles=("storage",), progress=30)


def test_a_node_left_deploying_begins_as_provisioned() -> None:
    """With new roles it starts over."""
    node = a_node("1", status=NodeStatus.DEPLOYING, pending_roles=("compute",))

    assert begin_deployment(node).status is NodeStatus.PROVISIONED


@pytest.mark.parametrize(
    ("reported", "expected"), [(0, 0), (55, 55), (100, 100), (-3, 0), (250, 100)]
)
def test_progress_is_kept_between_0_and_100(reported: int, expected: int) -> None:
    """A figure outside is brought inside."""
    assert apply_report(a_node(), reported, None, "").progress == expected


@pytest.mark.parametrize("attributes", [None, {}])
def test_a_report_without_attributes_changes_no_status(attributes: dict[str, Any] | None) -> None:
    """An empty object is respected (dossier 9.4)."""
    node = a_node(status=NodeStatus.DEPLOYING)

    assert apply_report(node, None, attributes, "ignored") == node


@pytest.mark.parametrize(
    ("flag", "value"),
    [("pending_addition", False), ("pending_deletion", True), ("online", False)],
)
def test_a_report_may_set_flags(flag: str, *, value: bool) -> None:
    """These three are writable (dossier 9.7)."""
    node = a_node(pending_addition=True)

    assert getattr(apply_report(node, None, {flag: value}, ""), flag) == value


@pytest.mark.parametrize(
    "status", [NodeStatus.DEPLOYING, NodeStatus.PROVISIONED, NodeStatus.STOPPED]
)
def test_a_passing_status_is_taken_as_given(status: NodeStatus) -> None:
    """What went wrong before is forgotten."""
    node = apply_report(a_node("1", **FAILED), None, {"status": status.value}, "")

    assert node == a_node("1", status=status)


def test_error_says_what_failed() -> None:
    """The report's own text wins over the error beside it."""
    attributes = {"status": "error", "error_type": "provision", "error_msg": "disk is full"}

    node = apply_report(a_node("1", progress=40), None, attributes, "another text")

    assert node == a_node(
        "1",
        status=NodeStatus.ERROR,
        progress=100,
        error_type=NodeErrorType.PROVISION,
        error_message="disk is full",
    )


def test_an_error_without_a_text_keeps_the_one_before() -> None:
    """A later report of the same failure does not erase its cause."""
    node = apply_report(a_node(**FAILED), None, {"status": "error"}, "")

    assert node.error_message == "no luck"


def test_leaving_a_cluster_keeps_the_status() -> None:
    """Roles, marks and the given host name go (dossier 0.2, remove_from_cluster)."""
    node = a_node(
        "7",
        status=NodeStatus.READY,
        hostname="web",
        roles=("compute",),
        pending_roles=("storage",),
        primary_tags=("controller",),
        pending_deletion=True,
        progress=100,
    )

    assert leave_cluster(node) == a_node("7", status=NodeStatus.READY, cluster=None, progress=100)


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (NodeStatus.DEPLOYING, (NodeStatus.ERROR, NodeErrorType.DEPLOY)),
        (NodeStatus.PROVISIONING, (NodeStatus.ERROR, NodeErrorType.PROVISION)),
        (NodeStatus.READY, (NodeStatus.READY, None)),
        (NodeStatus.DISCOVER, (NodeStatus.DISCOVER, None)),
    ],
)
def test_failure_marks_nodes_left_in_the_middle(
    status: NodeStatus, expected: tuple[NodeStatus, NodeErrorType | None]
) -> None:
    """Those that had ended, or never begun, stay as they are (dossier 10.6)."""
    node = fail_unfinished(a_node(status=status))

    assert (node.status, node.error_type) == expected


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (NodeStatus.DEPLOYING, NodeStatus.READY),
        (NodeStatus.PROVISIONED, NodeStatus.PROVISIONED),
        (NodeStatus.ERROR, NodeStatus.ERROR),
    ],
)
def test_success_marks_nodes_left_deploying(status: NodeStatus, expected: NodeStatus) -> None:
    """Success of the whole means that what was deploying is ready (dossier 10.6)."""
    assert finish_deploying(a_node(status=status)).status is expected


def test_an_erased_node_begins_anew() -> None:
    """Its roles are wanted again, nothing else of it is left (dossier 0.2)."""
    node = a_node(
        "7",
        status=NodeStatus.STOPPED,
        roles=("compute",),
        pending_roles=("storage",),
        primary_tags=("controller",),
        addresses={"management": "192.168.0.7"},
        progress=50,
    )

    found = apply_report(node, None, {"status": "discover"}, "")

    assert found == a_node("7", pending_addition=True, pending_roles=("compute", "storage"))


def test_a_graph_is_seen_to_begin() -> None:
    """Old errors are forgotten (dossier 9.3)."""
    node = a_node("7", status=NodeStatus.READY, progress=100, error_message="old")

    assert begin_graph(node) == a_node("7", status=NodeStatus.READY, progress=1)

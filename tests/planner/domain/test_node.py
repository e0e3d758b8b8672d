"""What a node's fields imply (dossier 0.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from planner.domain.graph.node_set import uid_order
from planner.domain.node import HOSTNAME, MAC_ADDRESS
from planner.domain.states import NodeErrorType, NodeStatus
from tests.planner.builders import a_node

if TYPE_CHECKING:
    from planner.domain.node import Node

FAILED_PROVISION = {"status": NodeStatus.ERROR, "error_type": NodeErrorType.PROVISION}
FAILED_DEPLOY = {"status": NodeStatus.ERROR, "error_type": NodeErrorType.DEPLOY}
FAILED_DELETION = {"status": NodeStatus.ERROR, "error_type": NodeErrorType.DELETION}


def test_all_roles_are_deployed_and_pending_ones_sorted() -> None:
    """A role that is both is listed once."""
    node = a_node(roles=("storage", "compute"), pending_roles=("controller", "compute"))

    assert node.all_roles == ("compute", "controller", "storage")


@pytest.mark.parametrize(
    ("node", "expected"),
    [
        (a_node(**FAILED_PROVISION), True),
        (a_node(**FAILED_PROVISION, pending_deletion=True), False),
        (a_node(**FAILED_DEPLOY), False),
        (a_node(status=NodeStatus.DISCOVER), False),
    ],
)
def test_failed_provisioning_is_tried_again(node: Node, *, expected: bool) -> None:
    """Unless the node is to be deleted anyway."""
    assert node.needs_reprovision == expected


@pytest.mark.parametrize(
    ("node", "expected"),
    [
        (a_node(status=NodeStatus.ERROR), True),
        (a_node(status=NodeStatus.PROVISIONED), True),
        (a_node(status=NodeStatus.STOPPED), True),
        (a_node(status=NodeStatus.READY, pending_roles=("compute",)), True),
        (a_node(status=NodeStatus.READY), False),
        (a_node(status=NodeStatus.DEPLOYING), False),
        (a_node(status=NodeStatus.STOPPED, pending_deletion=True), False),
    ],
)
def test_what_is_unfinished_is_deployed_again(node: Node, *, expected: bool) -> None:
    """So is a node that was given new roles."""
    assert node.needs_redeploy == expected


@pytest.mark.parametrize(
    ("node", "expected"),
    [(a_node(**FAILED_DELETION), True), (a_node(**FAILED_DEPLOY), False), (a_node(), False)],
)
def test_failed_deletion_is_tried_again(node: Node, *, expected: bool) -> None:
    """Only an error of deletion counts."""
    assert node.needs_redeletion == expected


@pytest.mark.parametrize(
    ("node", "expected"),
    [
        (a_node(status=NodeStatus.READY), True),
        (a_node(status=NodeStatus.DEPLOYING), True),
        (a_node(status=NodeStatus.PROVISIONED), True),
        (a_node(status=NodeStatus.STOPPED), True),
        (a_node(**FAILED_DEPLOY), True),
        (a_node(**FAILED_PROVISION), False),
        (a_node(status=NodeStatus.DISCOVER), False),
        (a_node(status=NodeStatus.PROVISIONING), False),
        (a_node(status=NodeStatus.REMOVING), False),
    ],
)
def test_a_provisioned_node_has_its_system(node: Node, *, expected: bool) -> None:
    """A failed deployment presumes one, a failed provisioning does not."""
    assert node.is_provisioned == expected


@pytest.mark.parametrize(
    ("node", "expected"),
    [
        (a_node(status=NodeStatus.READY), True),
        (a_node(status=NodeStatus.READY, pending_roles=("compute",)), True),
        (a_node(status=NodeStatus.READY, pending_addition=True), False),
        (a_node(**FAILED_DEPLOY), False),
        (a_node(status=NodeStatus.STOPPED), False),
        (a_node(status=NodeStatus.PROVISIONED), False),
        (a_node(status=NodeStatus.DISCOVER), False),
    ],
)
def test_a_node_to_be_redone_forgets_earlier_runs(node: Node, *, expected: bool) -> None:
    """What ran on a system that is gone says nothing (dossier 8.3)."""
    assert node.remembers == expected


@pytest.mark.parametrize(
    ("node", "expected"),
    [
        (a_node(status=NodeStatus.DEPLOYING, progress=50), NodeStatus.DEPLOYING),
        (a_node(status=NodeStatus.REMOVING, progress=50), NodeStatus.REMOVING),
        (a_node(progress=50, pending_deletion=True), NodeStatus.REMOVING),
        (a_node(progress=50, pending_addition=True), NodeStatus.PROVISIONING),
        (a_node(progress=50), NodeStatus.DEPLOYING),
        (a_node(progress=0), NodeStatus.DISCOVER),
        (a_node(progress=100), NodeStatus.DISCOVER),
    ],
)
def test_a_node_in_the_middle_of_something_shows_it(node: Node, expected: NodeStatus) -> None:
    """People see the derived status (dossier 0.2, get_status)."""
    assert node.shown_status is expected


def test_uids_are_sorted_by_number_then_words() -> None:
    """Ten comes after nine, master and null after both."""
    assert sorted(["null", "10", "master", "9"], key=uid_order) == ["9", "10", "master", "null"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("52:54:00:aa:bb:cc", True),
        ("52:54:00:AA:BB:CC", False),
        ("52:54:00:aa:bb", False),
        ("52:54:00:aa:bb:cc\n", False),
        ("52-54-00-aa-bb-cc", False),
        ("", False),
    ],
)
def test_a_mac_address_is_six_lower_case_pairs(text: str, *, expected: bool) -> None:
    """Whoever reads one lowers it first."""
    assert (MAC_ADDRESS.match(text) is not None) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("node-1", True),
        ("node-1.example.com", True),
        ("n", True),
        ("a" * 63, True),
        ("a" * 64, False),
        ("-node", False),
        ("node-", False),
        ("Node", False),
        ("node_1", False),
        ("node.", False),
        ("node\n", False),
        ("", False),
        (".".join(["a" * 49] * 5), True),
        (".".join(["a" * 63] * 5), False),
    ],
)
def test_a_host_name_follows_the_rules_of_dns(text: str, *, expected: bool) -> None:
    """Labels of 1 to 63, the whole of at most 253 characters."""
    assert (HOSTNAME.match(text) is not None) == expected

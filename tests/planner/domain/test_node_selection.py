"""Which nodes are deleted, provisioned and deployed, and why (dossier 3.2, 3.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from planner.domain.node_selection import (
    EXPLANATIONS,
    NodeChoice,
    NodeReason,
    affected_nodes,
    choose_nodes,
)
from planner.domain.states import NodeErrorType, NodeStatus
from tests.planner.builders import a_cluster, a_node, a_release

if TYPE_CHECKING:
    from collections.abc import Iterable

    from planner.domain.node import Node

LCM, LEGACY = "newton-10.0", "liberty-8.0"


def choose(version: str, *nodes: Node, mode: str = "ha_compact", **options: Any) -> NodeChoice:
    """Choose among nodes under a release of this version."""
    return choose_nodes(a_release(version), a_cluster(mode=mode), nodes, **options)


def new(uid: str, *roles: str) -> Node:
    """Build a node that was just assigned."""
    return a_node(uid, pending_addition=True, pending_roles=roles or ("compute",))


def ready(uid: str, *roles: str, **fields: Any) -> Node:
    """Build a deployed node."""
    return a_node(uid, status=NodeStatus.READY, roles=roles or ("compute",), **fields)


def failed(uid: str, kind: NodeErrorType, *roles: str, **fields: Any) -> Node:
    """Build a node on which this kind of work failed."""
    known: dict[str, Any] = {"status": NodeStatus.ERROR, "error_type": kind}
    return a_node(uid, roles=roles or ("compute",), **known, **fields)


def leaving(uid: str, *roles: str) -> Node:
    """Build a deployed node that is to be deleted."""
    return ready(uid, *roles, pending_deletion=True)


@pytest.mark.parametrize("version", [LCM, LEGACY])
@pytest.mark.parametrize(
    ("node", "expected", "reason"),
    [
        (leaving("1"), ("1",), NodeReason.PENDING_DELETION),
        (failed("1", NodeErrorType.DELETION), ("1",), NodeReason.DELETION_FAILED),
        (failed("1", NodeErrorType.DEPLOY), (), None),
        (ready("1"), (), None),
    ],
)
def test_nodes_to_delete(
    version: str, node: Node, expected: tuple[str, ...], reason: NodeReason | None
) -> None:
    """Marked ones, and those whose deletion failed; they are never deployed (decision 14)."""
    choice = choose(version, node)

    assert choice.delete == expected
    if expected:
        assert choice.reasons["1"] is reason
        assert choice.deploy == choice.provision == ()


@pytest.mark.parametrize("version", [LCM, LEGACY])
@pytest.mark.parametrize(
    ("node", "expected", "reason"),
    [
        (new("1"), ("1",), NodeReason.PENDING_ADDITION),
        (failed("1", NodeErrorType.PROVISION), ("1",), NodeReason.PROVISIONING_FAILED),
        (
            a_node("1", status=NodeStatus.PROVISIONING),
            ("1",),
            NodeReason.PROVISIONING_FAILED,
        ),
        (a_node("1", status=NodeStatus.DISCOVER), ("1",), NodeReason.NO_SYSTEM),
        (failed("1", NodeErrorType.PROVISION, pending_deletion=True), (), None),
        (a_node("1", status=NodeStatus.PROVISIONING, pending_deletion=True), (), None),
        (failed("1", NodeErrorType.DEPLOY), (), None),
        (a_node("1", status=NodeStatus.PROVISIONED), (), None),
        (ready("1"), (), None),
    ],
)
def test_nodes_to_provision(
    version: str, node: Node, expected: tuple[str, ...], reason: NodeReason | None
) -> None:
    """New ones, and those that provisioning failed on or was left over on (decision 14)."""
    choice = choose(version, node)

    assert choice.provision == expected
    if reason is not None:
        assert choice.reasons["1"] is reason


def test_provisioned_nodes_are_listed_by_number() -> None:
    """Ten comes after nine."""
    choice = choose(LCM, new("10"), new("9"))

    assert choice.provision == ("9", "10")


def test_lcm_deploys_every_node_that_stays() -> None:
    """Conditions decide task by task; pre-flight looks at provisioned ones only (decision 6)."""
    choice = choose(LCM, ready("1"), new("2"), leaving("3"), failed("4", NodeErrorType.DEPLOY))

    assert choice.deploy == ("1", "2", "4")
    assert choice.checked == ("1", "4")
    assert choice.reasons["1"] is NodeReason.WHOLE_CLUSTER


@pytest.mark.parametrize(
    ("node", "reason"),
    [
        (new("1"), NodeReason.PENDING_ADDITION),
        (failed("1", NodeErrorType.PROVISION), NodeReason.PROVISIONING_FAILED),
        (failed("1", NodeErrorType.DEPLOY), NodeReason.UNFINISHED),
        (a_node("1", status=NodeStatus.PROVISIONED), NodeReason.UNFINISHED),
        (a_node("1", status=NodeStatus.STOPPED), NodeReason.UNFINISHED),
        (a_node("1", status=NodeStatus.DEPLOYING), NodeReason.UNFINISHED),
        (a_node("1", status=NodeStatus.PROVISIONING), NodeReason.PROVISIONING_FAILED),
        (a_node("1", status=NodeStatus.DISCOVER), NodeReason.NO_SYSTEM),
        (ready("1", pending_roles=("storage",)), NodeReason.PENDING_ROLES),
    ],
)
def test_legacy_deploys_what_has_work(node: Node, reason: NodeReason) -> None:
    """A node with work is deployed, its healthy neighbour is not (dossier 3.3)."""
    choice = choose(LEGACY, node, ready("2", "storage"))

    assert choice.deploy == ("1",)
    assert choice.checked == ("1",)
    assert choice.reasons["1"] is reason


def test_legacy_leaves_a_healthy_cluster_alone() -> None:
    """Nothing is chosen and nothing is explained."""
    choice = choose(LEGACY, ready("1"), ready("2", "controller"))

    assert choice.is_empty
    assert choice.reasons == {}


def test_legacy_force_deploys_everything_that_stays() -> None:
    """A full redeployment leaves out what is to be deleted."""
    choice = choose(LEGACY, ready("1"), leaving("2"), force=True)

    assert choice.deploy == ("1",)
    assert choice.reasons["1"] is NodeReason.FORCED


def test_legacy_updates_the_roles_that_a_new_role_requires() -> None:
    """A controller that is added pulls every compute (update_required)."""
    choice = choose(LEGACY, new("1", "controller"), ready("2", "compute"), ready("3", "storage"))

    assert choice.deploy == ("1", "2")
    assert choice.reasons["2"] is NodeReason.UPDATE_REQUIRED


@pytest.mark.parametrize(("there_is_one", "expected"), [(False, ("1", "2")), (True, ("1",))])
def test_legacy_updates_some_roles_only_once(
    expected: tuple[str, ...], *, there_is_one: bool
) -> None:
    """The first storage pulls the controllers, a second does not (update_once)."""
    others = [ready("2", "controller")] + ([ready("3", "storage")] if there_is_one else [])

    choice = choose(LEGACY, new("1", "storage"), *others)

    assert choice.deploy == expected


def test_a_role_that_is_leaving_still_counts_as_deployed() -> None:
    """The original looked at the deployed roles of all nodes of the cluster."""
    choice = choose(LEGACY, new("1", "storage"), ready("2", "controller"), leaving("3", "storage"))

    assert choice.deploy == ("1",)


@pytest.mark.parametrize(("mode", "expected"), [("ha_compact", ("1", "2")), ("multinode", ("1",))])
def test_legacy_deploys_controllers_together_in_ha(mode: str, expected: tuple[str, ...]) -> None:
    """One failed controller redeploys all of them, in HA only."""
    choice = choose(
        LEGACY,
        failed("1", NodeErrorType.DEPLOY, "controller"),
        ready("2", "controller"),
        ready("3", "compute"),
        mode=mode,
    )

    assert choice.deploy == expected


@pytest.mark.parametrize("version", [LCM, LEGACY])
def test_a_removed_controller_is_told_to_the_others(version: str) -> None:
    """Every staying controller is deployed, even a healthy one (dossier 3.2, step 2)."""
    choice = choose(version, leaving("1", "controller"), ready("2", "controller"))

    assert choice.delete == ("1",)
    assert choice.deploy == ("2",)


def test_a_removed_compute_is_told_to_nobody() -> None:
    """Only controllers must learn of each other."""
    choice = choose(LEGACY, leaving("1", "compute"), ready("2", "controller"))

    assert choice.deploy == ()


@pytest.mark.parametrize("version", [LCM, LEGACY])
def test_explicit_nodes_are_deployed_and_nothing_is_deleted(version: str) -> None:
    """The operator's word beats every rule (dossier 3.2, step 1)."""
    nodes: Iterable[Node] = [new("1"), ready("2"), leaving("3"), new("4")]

    choice = choose(version, *nodes, explicit=["2", "1"])

    assert (choice.delete, choice.provision, choice.deploy) == ((), ("1",), ("1", "2"))
    assert {choice.reasons["1"], choice.reasons["2"]} == {NodeReason.SELECTED}


def test_healthy_nodes_that_are_left_alone_are_affected() -> None:
    """Neither what is chosen nor what is not ready is affected (dossier 3.2, step 4)."""
    nodes = [new("1"), ready("2"), leaving("3"), failed("4", NodeErrorType.DISCOVER)]

    affected = affected_nodes(nodes, choose(LEGACY, *nodes))

    assert affected == ("2",)


def test_every_reason_has_an_explanation() -> None:
    """People read sentences."""
    assert set(NodeReason) == set(EXPLANATIONS)

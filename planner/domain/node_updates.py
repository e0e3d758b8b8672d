"""How does a node change when work on it begins, is reported, or ends (dossier 0.2, 4.2, 9.7)?"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from planner.domain.node import DONE
from planner.domain.states import NodeErrorType, NodeStatus

if TYPE_CHECKING:
    from collections.abc import Mapping

    from planner.domain.node import Node

DELETED = "deleted"
"""Wire-only status: the node leaves its cluster (dossier 9.7)."""


def begin_deletion(node: Node) -> Node:
    """Take a node out whose deletion message is about to be sent, if it has no system (4).

    Any other one forgets what was wrong with it and waits to be erased.
    """
    if node.status is NodeStatus.DISCOVER:
        return leave_cluster(node)
    return replace(node, pending_deletion=True, error_type=None, error_message="")


def begin_provisioning(node: Node) -> Node:
    """Mark a node whose provisioning message is about to be sent (dossier 3.2, step 9)."""
    return replace(
        node, status=NodeStatus.PROVISIONING, progress=0, error_type=None, error_message=""
    )


def begin_deployment(node: Node) -> Node:
    """Turn pending roles into roles and forget that the node is new (dossier 4.2)."""
    if not node.pending_roles:
        return replace(node, pending_addition=False, error_type=None, error_message="")
    status = NodeStatus.PROVISIONED if node.status is NodeStatus.DEPLOYING else node.status
    return replace(
        node,
        roles=node.all_roles,
        pending_roles=(),
        pending_addition=False,
        status=status,
        progress=0,
        error_type=None,
        error_message="",
    )


def begin_graph(node: Node) -> Node:
    """Mark a node on which a graph is about to run: it is seen to begin (dossier 9.3, step 6)."""
    return replace(node, progress=1, error_type=None, error_message="")


def apply_report(
    node: Node, progress: int | None, attributes: Mapping[str, Any] | None, error: str
) -> Node:
    """Fold one report into a node. Progress never falls within a report's own status."""
    if progress is not None:
        node = replace(node, progress=max(0, min(100, progress)))
    if not attributes:
        return node
    if attributes.get("status") == DELETED:
        return leave_cluster(node)
    node = _with_flags(node, attributes)
    return _with_status(node, attributes, error) if "status" in attributes else node


def leave_cluster(node: Node) -> Node:
    """Take a node out of its cluster; its status stays (dossier 0.2, remove_from_cluster)."""
    return replace(
        node,
        cluster=None,
        roles=(),
        pending_roles=(),
        primary_tags=(),
        addresses={},
        pending_addition=False,
        pending_deletion=False,
        hostname=f"node-{node.uid}",
    )


def reset_to_discover(node: Node) -> Node:
    """Take a node back to where it was found: everything is to be done again (dossier 0.2)."""
    return replace(
        node,
        status=NodeStatus.DISCOVER,
        pending_addition=True,
        pending_deletion=False,
        pending_roles=node.all_roles,
        roles=(),
        primary_tags=(),
        addresses={},
        progress=0,
        error_type=None,
        error_message="",
    )


def fail_unfinished(node: Node) -> Node:
    """Mark a node that a failed transaction left in the middle (dossier 10.6)."""
    left_in = {
        NodeStatus.DEPLOYING: NodeErrorType.DEPLOY,
        NodeStatus.PROVISIONING: NodeErrorType.PROVISION,
    }.get(node.status)
    if left_in is None:
        return node
    return replace(node, status=NodeStatus.ERROR, progress=0, error_type=left_in)


def fail_stopped(node: Node) -> Node:
    """Mark a node that was left in the middle by a stop that failed (dossier 10.10)."""
    if node.status not in (NodeStatus.DEPLOYING, NodeStatus.PROVISIONING):
        return node
    error_type = NodeErrorType.STOP_DEPLOYMENT
    return replace(node, status=NodeStatus.ERROR, progress=DONE, error_type=error_type)


def finish_deploying(node: Node) -> Node:
    """Mark a node that a transaction left deploying although it succeeded (dossier 10.6)."""
    if node.status is not NodeStatus.DEPLOYING:
        return node
    return replace(node, status=NodeStatus.READY, progress=100)


def _with_flags(node: Node, attributes: Mapping[str, Any]) -> Node:
    return replace(
        node,
        pending_addition=bool(attributes.get("pending_addition", node.pending_addition)),
        pending_deletion=bool(attributes.get("pending_deletion", node.pending_deletion)),
        online=bool(attributes.get("online", node.online)),
    )


def _with_status(node: Node, attributes: Mapping[str, Any], error: str) -> Node:
    status = NodeStatus(attributes["status"])
    if status is NodeStatus.DISCOVER:
        return reset_to_discover(node)
    if status is NodeStatus.ERROR:
        return replace(
            node,
            status=status,
            progress=100,
            error_type=NodeErrorType(attributes.get("error_type") or NodeErrorType.DEPLOY),
            error_message=str(attributes.get("error_msg") or error or node.error_message),
        )
    if status is NodeStatus.READY:
        return replace(
            node,
            status=status,
            progress=100,
            roles=node.all_roles,
            pending_roles=(),
            error_type=None,
            error_message="",
        )
    return replace(node, status=status, error_type=None, error_message="")

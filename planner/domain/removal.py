"""What does the message say that takes nodes out of a cluster (dossier 4, DeletionTask)?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.domain.facts import host_names
from planner.domain.messages import RemovedNode, RemoveNodesMessage
from planner.domain.provisioning import engine
from planner.domain.states import NodeStatus

if TYPE_CHECKING:
    from collections.abc import Sequence

    from planner.domain.cluster import Cluster
    from planner.domain.graph.state import ExpectedState
    from planner.domain.node import Node


def removal_message(
    cluster: Cluster, nodes: Sequence[Node], state: ExpectedState, *, check_ceph: bool
) -> RemoveNodesMessage:
    """Make the message that erases nodes; one that has no system just leaves, unmentioned.

    ``check_ceph``: refuse if one of them still keeps objects.
    """
    return RemoveNodesMessage(
        nodes=tuple(
            RemovedNode(node.uid, host_names(node, cluster)[0], node.roles)
            for node in nodes
            if not leaves_at_once(node)
        ),
        engine=engine(state),
        check_ceph=check_ceph,
    )


def leaves_at_once(node: Node) -> bool:
    """Tell whether there is nothing to erase on a node."""
    return node.status is NodeStatus.DISCOVER

"""Which nodes are deleted, provisioned and deployed, and why (dossier 3.2, 3.3)?"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from planner.domain.graph.node_set import uid_order
from planner.domain.states import NodeStatus

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from planner.domain.cluster import Cluster
    from planner.domain.node import Node
    from planner.domain.release import Release

CONTROLLER = "controller"


class NodeReason(StrEnum):
    """Why something happens to a node, or nothing."""

    PENDING_DELETION = "PENDING_DELETION"
    DELETION_FAILED = "DELETION_FAILED"
    PENDING_ADDITION = "PENDING_ADDITION"
    PROVISIONING_FAILED = "PROVISIONING_FAILED"
    NO_SYSTEM = "NO_SYSTEM"
    UNFINISHED = "UNFINISHED"
    PENDING_ROLES = "PENDING_ROLES"
    FORCED = "FORCED"
    SELECTED = "SELECTED"
    UPDATE_REQUIRED = "UPDATE_REQUIRED"
    CONTROLLERS_TOGETHER = "CONTROLLERS_TOGETHER"
    CONTROLLER_REMOVED = "CONTROLLER_REMOVED"
    WHOLE_CLUSTER = "WHOLE_CLUSTER"
    GRAPH = "GRAPH"
    NOTHING_TO_DO = "NOTHING_TO_DO"


EXPLANATIONS: Mapping[NodeReason, str] = {
    NodeReason.PENDING_DELETION: "it is marked for deletion",
    NodeReason.DELETION_FAILED: "its last deletion failed",
    NodeReason.PENDING_ADDITION: "it is new in the cluster",
    NodeReason.PROVISIONING_FAILED: "its last provisioning failed",
    NodeReason.NO_SYSTEM: "no system is installed on it",
    NodeReason.UNFINISHED: "its last deployment failed, was stopped or never ran",
    NodeReason.PENDING_ROLES: "it has been given new roles",
    NodeReason.FORCED: "a full redeployment was asked for",
    NodeReason.SELECTED: "it was named in the selection",
    NodeReason.UPDATE_REQUIRED: "a role that is being added needs this node's role updated",
    NodeReason.CONTROLLERS_TOGETHER: "a controller is deployed, and controllers go together",
    NodeReason.CONTROLLER_REMOVED: "a controller is removed, and the others must learn of it",
    NodeReason.WHOLE_CLUSTER: "conditions decide task by task on every node of the cluster",
    NodeReason.GRAPH: "the graph's node filter chooses it",
    NodeReason.NOTHING_TO_DO: "nothing about it has changed",
}


@dataclass(frozen=True, slots=True)
class NodeChoice:
    """Uids to delete, provision and deploy, each sorted, and one reason a node.

    ``checked`` is what pre-flight looks at: on an LCM release the deployment covers more nodes
    (decision 6).
    """

    delete: tuple[str, ...]
    provision: tuple[str, ...]
    deploy: tuple[str, ...]
    checked: tuple[str, ...]
    reasons: Mapping[str, NodeReason]

    @property
    def is_empty(self) -> bool:
        """Tell whether nothing at all is chosen."""
        return not (self.delete or self.provision or self.deploy)


def choose_nodes(
    release: Release,
    cluster: Cluster,
    nodes: Sequence[Node],
    *,
    explicit: Iterable[str] = (),
    force: bool = False,
) -> NodeChoice:
    """Choose among the cluster's nodes by the rules of the release's generation.

    Explicit nodes are deployed, provisioned where they need it, and nothing is deleted. A node
    that is deleted is neither provisioned nor deployed (decision 14; the original did both), but
    what it would have pulled into the deployment comes.
    """
    wanted = set(explicit)
    reasons: dict[str, NodeReason] = {}
    provision = [node for node in nodes if _wants_provision(node, reasons)]
    if wanted:
        deploy = [node for node in nodes if node.uid in wanted]
        reasons.update((node.uid, NodeReason.SELECTED) for node in deploy)
        provision = [node for node in provision if node.uid in wanted]
        return _choice((), provision, deploy, deploy, reasons)
    delete = [node for node in nodes if _wants_deletion(node, reasons)]
    if release.has_lcm:
        deploy = [node for node in nodes if not node.pending_deletion]
        checked = [node for node in deploy if node.is_provisioned]
    else:
        deploy = checked = _legacy_deployment(release, cluster, nodes, reasons, force=force)
    deploy = _with_remaining_controllers(nodes, delete, deploy, reasons)
    leaving = {node.uid for node in delete}
    provision, deploy, checked = (
        [node for node in chosen if node.uid not in leaving]
        for chosen in (provision, deploy, checked)
    )
    for node in deploy:
        reasons.setdefault(node.uid, NodeReason.WHOLE_CLUSTER)
    return _choice(delete, provision, deploy, checked, reasons)


def affected_nodes(nodes: Sequence[Node], choice: NodeChoice) -> tuple[str, ...]:
    """Return the healthy nodes that a change leaves alone: subscribed tasks run there.

    Only meant for a cluster that was operational (dossier 3.2, step 4).
    """
    chosen = {*choice.delete, *choice.provision, *choice.deploy}
    return _uids(
        node for node in nodes if node.status is NodeStatus.READY and node.uid not in chosen
    )


def _choice(
    delete: Iterable[Node],
    provision: Iterable[Node],
    deploy: Iterable[Node],
    checked: Iterable[Node],
    reasons: Mapping[str, NodeReason],
) -> NodeChoice:
    return NodeChoice(_uids(delete), _uids(provision), _uids(deploy), _uids(checked), reasons)


def _uids(nodes: Iterable[Node]) -> tuple[str, ...]:
    return tuple(sorted((node.uid for node in nodes), key=uid_order))


def _wants_deletion(node: Node, reasons: dict[str, NodeReason]) -> bool:
    if node.pending_deletion:
        reasons[node.uid] = NodeReason.PENDING_DELETION
    elif node.needs_redeletion:
        reasons[node.uid] = NodeReason.DELETION_FAILED
    return node.pending_deletion or node.needs_redeletion


def _wants_provision(node: Node, reasons: dict[str, NodeReason]) -> bool:
    if node.pending_addition:
        reasons[node.uid] = NodeReason.PENDING_ADDITION
    elif node.needs_reprovision or _is_left_over(node, NodeStatus.PROVISIONING):
        reasons[node.uid] = NodeReason.PROVISIONING_FAILED
    elif _is_left_over(node, NodeStatus.DISCOVER):
        reasons[node.uid] = NodeReason.NO_SYSTEM
    else:
        return False
    return True


def _is_left_over(node: Node, status: NodeStatus) -> bool:
    """Tell whether nothing works on a node although its status says so (decision 14)."""
    return node.status is status and not node.pending_deletion


def _legacy_deployment(
    release: Release,
    cluster: Cluster,
    nodes: Sequence[Node],
    reasons: dict[str, NodeReason],
    *,
    force: bool,
) -> list[Node]:
    """Choose as releases before 9.0 do: what changed, and what a change pulls with it."""
    chosen = {node.uid: node for node in nodes if _has_work(node, reasons, force=force)}
    pulled = _roles_to_update(release, nodes, chosen.values())
    staying = [node for node in nodes if not node.pending_deletion]
    for node in staying:
        if node.uid not in chosen and pulled.intersection(node.roles):
            reasons[node.uid] = NodeReason.UPDATE_REQUIRED
            chosen[node.uid] = node
    if cluster.is_ha and any(CONTROLLER in node.all_roles for node in chosen.values()):
        for node in staying:
            if node.uid not in chosen and CONTROLLER in node.all_roles:
                reasons[node.uid] = NodeReason.CONTROLLERS_TOGETHER
                chosen[node.uid] = node
    return list(chosen.values())


def _has_work(node: Node, reasons: dict[str, NodeReason], *, force: bool) -> bool:
    if _wants_provision(node, reasons):
        return True
    if node.needs_redeploy or _is_left_over(node, NodeStatus.DEPLOYING):
        pending = NodeReason.PENDING_ROLES if node.pending_roles else NodeReason.UNFINISHED
        reasons.setdefault(node.uid, pending)
        return True
    if force and not node.pending_deletion:
        reasons.setdefault(node.uid, NodeReason.FORCED)
        return True
    return False


def _roles_to_update(
    release: Release, nodes: Sequence[Node], chosen: Iterable[Node]
) -> frozenset[str]:
    """Collect the roles that roles being added pull into the deployment (dossier 3.3)."""
    deployed = {role for node in nodes for role in node.roles}
    pulled: set[str] = set()
    for name in {role for node in chosen for role in node.pending_roles}:
        role = release.roles.get(name)
        if role is not None:
            pulled.update(role.update_required)
            if name not in deployed:
                pulled.update(role.update_once)
    return frozenset(pulled)


def _with_remaining_controllers(
    nodes: Sequence[Node],
    delete: Sequence[Node],
    deploy: Sequence[Node],
    reasons: dict[str, NodeReason],
) -> list[Node]:
    """Add every staying controller when one is deleted, even a healthy one (dossier 3.2)."""
    if not any(CONTROLLER in node.all_roles for node in delete):
        return list(deploy)
    listed = {node.uid for node in (*delete, *deploy)}
    extra = [node for node in nodes if CONTROLLER in node.all_roles and node.uid not in listed]
    for node in extra:
        reasons[node.uid] = NodeReason.CONTROLLER_REMOVED
    return [*deploy, *extra]

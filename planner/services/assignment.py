"""How do nodes come into a cluster, and out of it?"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from planner.domain.errors import InvalidInput, NotFound, Violation
from planner.domain.node_updates import leave_cluster
from planner.domain.states import NodeStatus
from planner.services.clusters import ClusterView, check_unlocked, get_cluster
from planner.services.idempotency import RequestKey, remember, replayed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from planner.domain.cluster import Cluster
    from planner.domain.node import Node
    from planner.domain.release import Release
    from planner.services.ports import Store, Work


@dataclass(frozen=True, slots=True)
class Assignment:
    """Which roles a node shall have."""

    uid: str
    roles: tuple[str, ...]


def assign_nodes(
    store: Store,
    cluster: str,
    assignments: Sequence[Assignment],
    *,
    key: RequestKey | None,
    now: datetime,
) -> ClusterView:
    """Give nodes to a cluster; their roles wait for ApplyChanges. Commits, all or nothing."""
    with store.write() as work:
        if replayed(work, key) is None:
            present = work.clusters.lock(cluster)
            check_unlocked(present)
            nodes = _known(work, [item.uid for item in assignments])
            release = work.releases.get(present.release).release
            check_assignments(assignments, nodes, release, cluster)
            work.nodes.save(
                _assigned(nodes[item.uid], item.roles, cluster, now) for item in assignments
            )
            _changed(work, present, now)
            remember(work, key, cluster, now)
    return get_cluster(store, cluster)


def unassign_nodes(
    store: Store,
    cluster: str,
    uids: Sequence[str],
    *,
    key: RequestKey | None,
    now: datetime,
) -> ClusterView:
    """Take nodes out of a cluster. Commits, all or nothing.

    One that was never provisioned leaves at once; any other is marked, and the next
    ApplyChanges deletes it.
    """
    with store.write() as work:
        if replayed(work, key) is None:
            present = work.clusters.lock(cluster)
            check_unlocked(present)
            nodes = _known(work, uids)
            violations = [
                Violation("NOT_ASSIGNED", f"nodes[{index}]", f"node {uid} is not in {cluster!r}")
                for index, uid in enumerate(uids)
                if nodes[uid].cluster != cluster
            ]
            if violations:
                raise InvalidInput(violations)
            work.nodes.save(_unassigned(nodes[uid], now) for uid in dict.fromkeys(uids))
            _changed(work, present, now)
            remember(work, key, cluster, now)
    return get_cluster(store, cluster)


def check_assignments(
    assignments: Sequence[Assignment], nodes: Mapping[str, Node], release: Release, cluster: str
) -> None:
    """Raise InvalidInput with everything that is wrong with assignments."""
    violations: list[Violation] = []
    seen: set[str] = set()
    for index, item in enumerate(assignments):
        path = f"assignments[{index}]"
        owner = nodes[item.uid].cluster
        if item.uid in seen:
            violations.append(
                Violation("DUPLICATE_NODE", f"{path}.node", f"node {item.uid} is assigned twice")
            )
        if owner not in (None, cluster):
            text = f"node {item.uid} belongs to cluster {owner!r}"
            violations.append(Violation("NODE_OF_OTHER_CLUSTER", f"{path}.node", text))
        seen.add(item.uid)
        violations.extend(_check_roles(item.roles, f"{path}.roles", release))
    if violations:
        raise InvalidInput(violations)


def _check_roles(roles: Sequence[str], path: str, release: Release) -> list[Violation]:
    if not roles:
        return [Violation("NO_ROLE", path, "at least one role is needed")]
    unknown = [
        Violation("UNKNOWN_ROLE", path, f"{role!r} is no role of release {release.id!r}")
        for role in roles
        if role not in release.roles
    ]
    known = sorted({role for role in roles if role in release.roles})
    conflicts = [
        Violation("ROLE_CONFLICT", path, f"{one!r} and {other!r} exclude each other")
        for i, one in enumerate(known)
        for other in known[i + 1 :]
        if release.roles[one].conflicts_with(other) or release.roles[other].conflicts_with(one)
    ]
    return unknown + conflicts


def _known(work: Work, uids: Sequence[str]) -> Mapping[str, Node]:
    nodes = work.nodes.lock(uids)
    for uid in uids:
        if uid not in nodes:
            raise NotFound("node", uid)
    return nodes


def _assigned(node: Node, roles: Sequence[str], cluster: str, now: datetime) -> Node:
    """Wait with roles it does not have yet; a node without a system waits to be provisioned.

    So does one that comes from outside: whatever its status says, its last cluster erased it.
    """
    pending = tuple(sorted(set(roles) - set(node.roles)))
    return replace(
        node,
        cluster=cluster,
        pending_roles=pending,
        pending_addition=(node.pending_addition or node.cluster is None or not node.is_provisioned),
        pending_deletion=False,
        updated_at=now,
    )


def _unassigned(node: Node, now: datetime) -> Node:
    if node.status is NodeStatus.DISCOVER or node.pending_addition:
        return replace(leave_cluster(node), updated_at=now)
    return replace(node, pending_deletion=True, updated_at=now)


def _changed(work: Work, cluster: Cluster, now: datetime) -> None:
    work.clusters.save(replace(cluster, updated_at=now))

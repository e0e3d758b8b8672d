"""How are nodes registered, read and changed?"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from planner.domain.errors import Conflict, InvalidInput, PreconditionFailed, Violation
from planner.domain.node import HOSTNAME, MAC_ADDRESS, Node
from planner.services.idempotency import RequestKey, remember, replayed

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from planner.domain.states import NodeStatus
    from planner.services.ports import Page, Store, Work


@dataclass(frozen=True, slots=True)
class Discovered:
    """What a discovery report tells of one node; ``attributes`` None leaves them alone."""

    mac: str
    hostname: str
    ip: str
    meta: Mapping[str, Any]
    attributes: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class NodeChange:
    """New values of a node's fields; None leaves a field alone."""

    hostname: str | None = None
    attributes: Mapping[str, Any] | None = None
    online: bool | None = None
    pending_deletion: bool | None = None


def register_nodes(
    store: Store, found: Sequence[Discovered], *, key: RequestKey | None, now: datetime
) -> Sequence[Node]:
    """Take a discovery report: known MACs are updated, others become nodes. Commits.

    All or nothing; raises InvalidInput with every violation.
    """
    check_report(found)
    with store.write() as work:
        made = replayed(work, key)
        if made is not None:
            uids = json.loads(made)
            nodes = work.nodes.find(uids)
            return [nodes[uid] for uid in uids if uid in nodes]
        known = _locked(work, work.nodes.find_by_mac(item.mac for item in found).values())
        work.nodes.save(
            _seen_again(known[item.mac], item, now) for item in found if item.mac in known
        )
        work.nodes.add([_new(item, now) for item in found if item.mac not in known])
        _touch_clusters(work, known.values())
        stored = work.nodes.find_by_mac(item.mac for item in found)
        nodes_in_order = [stored[item.mac] for item in found]
        remember(work, key, json.dumps([node.uid for node in nodes_in_order]), now)
        return nodes_in_order


def check_report(found: Sequence[Discovered]) -> None:
    """Raise InvalidInput with everything that is wrong with a discovery report."""
    violations: list[Violation] = []
    seen: dict[str, int] = {}
    for index, item in enumerate(found):
        path = f"nodes[{index}]"
        if not MAC_ADDRESS.match(item.mac):
            violations.append(
                _violation("BAD_MAC", f"{path}.mac", f"{item.mac!r} is no MAC address")
            )
        elif item.mac in seen:
            text = f"{item.mac} is in the report twice, first as nodes[{seen[item.mac]}]"
            violations.append(_violation("DUPLICATE_NODE", f"{path}.mac", text))
        seen.setdefault(item.mac, index)
        if item.hostname and not HOSTNAME.match(item.hostname):
            text = f"{item.hostname!r} is no host name"
            violations.append(_violation("BAD_HOSTNAME", f"{path}.hostname", text))
    if violations:
        raise InvalidInput(violations)


def get_node(store: Store, uid: str) -> Node:
    """Return a node; raises NotFound."""
    with store.read() as work:
        return work.nodes.get(uid)


def list_nodes(
    store: Store, page: Page, cluster: str | None, status: NodeStatus | None
) -> Sequence[Node]:
    """List nodes newest first, without attributes and discovered facts."""
    with store.read() as work:
        if cluster is not None:
            work.clusters.get(cluster)
        return work.nodes.page(page, cluster, status)


def update_node(
    store: Store,
    uid: str,
    change: NodeChange,
    *,
    etag: str,
    key: RequestKey | None,
    now: datetime,
) -> Node:
    """Change fields of a node. Commits."""
    if change.hostname is not None and not HOSTNAME.match(change.hostname):
        text = f"{change.hostname!r} is no host name"
        raise InvalidInput([_violation("BAD_HOSTNAME", "node.hostname", text)])
    with store.write() as work:
        if replayed(work, key) is not None:
            return work.nodes.get(uid)
        (before,) = _locked(work, [work.nodes.get(uid)]).values()
        if etag and etag != node_etag(before):
            raise Conflict("ETAG_MISMATCH", f"node {uid} has changed", {"node": uid})
        after = _changed(before, change, now)
        work.nodes.save([after])
        _touch_clusters(work, [after])
        remember(work, key, uid, now)
        return work.nodes.get(uid)


def node_etag(node: Node) -> str:
    """Name a node's present state."""
    return str(node.revision)


def _locked(work: Work, nodes: Iterable[Node]) -> Mapping[str, Node]:
    """Lock nodes and, before them, their clusters (law 13); return them as they are, by MAC.

    Raises Conflict when one changed its cluster while its lock was waited for.
    """
    seen = {node.uid: node for node in nodes}
    for cluster in sorted({node.cluster for node in seen.values() if node.cluster}):
        work.clusters.lock(cluster)
    locked = work.nodes.lock(seen)
    for uid, node in locked.items():
        if node.cluster != seen[uid].cluster:
            raise Conflict("CONCURRENT_CHANGE", f"node {uid} has just changed its cluster")
    return {node.mac: node for node in locked.values()}


def _changed(node: Node, change: NodeChange, now: datetime) -> Node:
    if change.pending_deletion and node.cluster is None:
        raise PreconditionFailed(
            "NODE_NOT_ASSIGNED",
            f"nodes/{node.uid}",
            f"node {node.uid} is in no cluster and cannot be deleted from one",
        )
    return replace(
        node,
        hostname=node.hostname if change.hostname is None else change.hostname,
        attributes=node.attributes if change.attributes is None else change.attributes,
        online=node.online if change.online is None else change.online,
        pending_deletion=(
            node.pending_deletion if change.pending_deletion is None else change.pending_deletion
        ),
        updated_at=now,
    )


def _seen_again(node: Node, item: Discovered, now: datetime) -> Node:
    return replace(
        node,
        hostname=item.hostname or node.hostname,
        ip=item.ip or node.ip,
        meta=item.meta or node.meta,
        attributes=node.attributes if item.attributes is None else item.attributes,
        online=True,
        updated_at=now,
    )


def _new(item: Discovered, now: datetime) -> Node:
    return Node(
        uid="",
        mac=item.mac,
        hostname=item.hostname,
        ip=item.ip,
        meta=item.meta,
        attributes=item.attributes or {},
        created_at=now,
        updated_at=now,
    )


def _touch_clusters(work: Work, nodes: Iterable[Node]) -> None:
    """Raise the revision of each cluster whose plan these nodes are part of."""
    for cluster in sorted({node.cluster for node in nodes if node.cluster}):
        work.clusters.save(work.clusters.lock(cluster))


def _violation(reason: str, subject: str, message: str) -> Violation:
    return Violation(reason, subject, message)

"""How are nodes kept?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import bindparam, func, insert, select, update

from planner.domain.errors import NotFound
from planner.domain.node import Node
from planner.domain.states import NodeErrorType, NodeStatus
from planner.storage.bulk import BulkStatement, write_rows
from planner.storage.documents import LOOKUP
from planner.storage.tables import nodes, to_milliseconds

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement, Select
    from sqlalchemy.engine import Connection, Row

    from planner.services.ports import Page
    from planner.storage.documents import DocumentRows

MAX_UID: Final = 2**31 - 1

_PROGRESS: Final = BulkStatement(
    each="UPDATE nodes SET progress = ?, revision = revision + 1, updated_at = ? WHERE uid = ?",
    at_once="UPDATE nodes SET progress = new.progress, revision = revision + 1,"
    " updated_at = new.updated_at FROM unnest(%s::int[], %s::bigint[], %s::bigint[])"
    " AS new (progress, updated_at, uid) WHERE nodes.uid = new.uid",
)


class NodeRows:
    """The nodes table within one unit of work."""

    def __init__(self, connection: Connection, documents: DocumentRows) -> None:
        self._connection = connection
        self._documents = documents

    def get(self, uid: str) -> Node:
        """Return it or raise NotFound."""
        found = self.find([uid])
        if uid not in found:
            raise NotFound("node", uid)
        return found[uid]

    def find(self, uids: Iterable[str]) -> Mapping[str, Node]:
        """Return those that exist."""
        return {node.uid: node for node in self._among(nodes.c.uid, _numbers(uids))}

    def find_by_mac(self, macs: Iterable[str]) -> Mapping[str, Node]:
        """Return those that are known."""
        return {node.mac: node for node in self._among(nodes.c.mac, sorted(set(macs)))}

    def lock(self, uids: Iterable[str]) -> Mapping[str, Node]:
        """Return those that exist, locked until the work ends; after their cluster (law 13)."""
        numbers = _numbers(uids)
        list(self._locked(numbers))
        return {node.uid: node for node in self._among(nodes.c.uid, numbers)}

    def lock_changed(self, known: Mapping[str, int]) -> Mapping[str, Node]:
        """Lock nodes as ``lock`` does; return those whose revision is not the known one."""
        found = self._locked(_numbers(known), nodes.c.revision)
        changed = [uid for uid, revision in found if revision != known[str(uid)]]
        return {node.uid: node for node in self._among(nodes.c.uid, changed)}

    def of_cluster(self, cluster: str) -> Sequence[Node]:
        """Return all nodes of a cluster by uid, documents included."""
        return self._select(select(nodes).where(nodes.c.cluster == cluster).order_by(nodes.c.uid))

    def count(self, clusters: Iterable[str]) -> Mapping[str, int]:
        """Count the nodes of each cluster."""
        query = (
            select(nodes.c.cluster, func.count())
            .where(nodes.c.cluster.in_(list(clusters)))
            .group_by(nodes.c.cluster)
        )
        return {row[0]: row[1] for row in self._connection.execute(query)}

    def add(self, new: Sequence[Node]) -> Sequence[Node]:
        """Insert nodes (their uids are ignored) and return them with uids."""
        rows = [
            {**values, "created_at": node.created_at}
            for values, node in zip(self._values(new), new, strict=True)
        ]
        if rows:
            self._connection.execute(insert(nodes), rows)
        added = self.find_by_mac(node.mac for node in new)
        # A host name that follows from the number is known only now.
        unnamed = [
            {"key": int(added[node.mac].uid), "hostname": f"node-{added[node.mac].uid}"}
            for node in new
            if not node.hostname
        ]
        if unnamed:
            self._connection.execute(update(nodes).where(nodes.c.uid == bindparam("key")), unnamed)
            added = self.find_by_mac(node.mac for node in new)
        return [added[node.mac] for node in new]

    def save(self, changed: Iterable[Node]) -> None:
        """Write present values; revisions rise."""
        changed = list(changed)
        rows = [
            {**values, "key": int(node.uid), "revision": node.revision + 1}
            for values, node in zip(self._values(changed), changed, strict=True)
        ]
        if rows:
            self._connection.execute(update(nodes).where(nodes.c.uid == bindparam("key")), rows)

    def save_state(self, changed: Iterable[Node]) -> None:
        """Write only what work on a node changes, not what discovery and clients say of it."""
        rows = [
            {**_state(node), "key": int(node.uid), "revision": node.revision + 1}
            for node in changed
        ]
        if rows:
            self._connection.execute(update(nodes).where(nodes.c.uid == bindparam("key")), rows)

    def save_progress(self, progress: Mapping[str, int], now: datetime) -> None:
        """Write only how far nodes are, in percent by uid; revisions rise."""
        written_at = to_milliseconds(now)
        rows = [(percent, written_at, int(uid)) for uid, percent in progress.items()]
        write_rows(self._connection, _PROGRESS, rows)

    def page(self, page: Page, cluster: str | None, status: NodeStatus | None) -> Sequence[Node]:
        """List newest first, keyed by uid; attributes and meta are left empty."""
        query = select(nodes).order_by(nodes.c.uid.desc())
        if cluster is not None:
            query = query.where(nodes.c.cluster == cluster)
        if status is not None:
            query = query.where(nodes.c.status == status)
        if page.after is not None:
            query = query.where(nodes.c.uid < page.after[0])
        rows = self._connection.execute(query.limit(page.size))
        return [_node(row, {}, {}) for row in rows]

    def _locked(
        self, numbers: Sequence[int], *columns: ColumnElement[Any]
    ) -> Iterator[Sequence[Any]]:
        """Lock nodes in the order of their numbers; yield (uid, *columns) of each."""
        for start in range(0, len(numbers), LOOKUP):
            chosen = nodes.c.uid.in_(numbers[start : start + LOOKUP])
            query = select(nodes.c.uid, *columns).where(chosen).order_by(nodes.c.uid)
            yield from self._connection.execute(query.with_for_update())

    def _among(self, column: ColumnElement[Any], keys: Sequence[Any]) -> Iterable[Node]:
        for start in range(0, len(keys), LOOKUP):
            chunk = keys[start : start + LOOKUP]
            yield from self._select(select(nodes).where(column.in_(chunk)))

    def _select(self, query: Select[Any]) -> Sequence[Node]:
        rows = list(self._connection.execute(query))
        texts = self._documents.get(digest for row in rows for digest in (row.attributes, row.meta))
        return [_node(row, texts[row.attributes], texts[row.meta]) for row in rows]

    def _values(self, of: Sequence[Node]) -> Iterable[dict[str, Any]]:
        attributes = self._documents.put(node.attributes for node in of)
        metas = self._documents.put(node.meta for node in of)
        for node, attribute, meta in zip(of, attributes, metas, strict=True):
            yield {
                **_state(node),
                "mac": node.mac,
                "ip": node.ip,
                "attributes": attribute,
                "meta": meta,
                "revision": node.revision,
            }


def _numbers(uids: Iterable[str]) -> list[int]:
    """Read the uids that can be numbers of nodes, in the order of locks."""
    return sorted({int(uid) for uid in uids if uid.isdecimal() and int(uid) <= MAX_UID})


def _state(node: Node) -> dict[str, Any]:
    return {
        "hostname": node.hostname,
        "cluster": node.cluster,
        "status": node.status,
        "online": node.online,
        "roles": list(node.roles),
        "pending_roles": list(node.pending_roles),
        "primary_tags": list(node.primary_tags),
        "addresses": dict(node.addresses),
        "pending_addition": node.pending_addition,
        "pending_deletion": node.pending_deletion,
        "progress": node.progress,
        "error_type": node.error_type,
        "error_message": node.error_message,
        "updated_at": node.updated_at,
    }


def _node(row: Row[Any], attributes: Mapping[str, Any], meta: Mapping[str, Any]) -> Node:
    return Node(
        uid=str(row.uid),
        mac=row.mac,
        hostname=row.hostname,
        ip=row.ip,
        cluster=row.cluster,
        status=NodeStatus(row.status),
        online=row.online,
        roles=tuple(row.roles),
        pending_roles=tuple(row.pending_roles),
        primary_tags=tuple(row.primary_tags),
        addresses=row.addresses,
        pending_addition=row.pending_addition,
        pending_deletion=row.pending_deletion,
        progress=row.progress,
        error_type=NodeErrorType(row.error_type) if row.error_type else None,
        error_message=row.error_message,
        attributes=attributes,
        meta=meta,
        revision=row.revision,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )

"""Nodes are registered by discovery, read, and changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from planner.domain.errors import Conflict, InvalidInput, NotFound, PreconditionFailed
from planner.domain.states import NodeStatus
from planner.services.clusters import get_cluster
from planner.services.idempotency import RequestKey
from planner.services.nodes import (
    Discovered,
    NodeChange,
    get_node,
    list_nodes,
    node_etag,
    register_nodes,
    update_node,
)
from planner.services.ports import Page
from tests.planner.builders import NOW, a_release
from tests.planner.dump import dump
from tests.planner.stored import put_node
from tests.planner.work import assign, create, discover, import_

if TYPE_CHECKING:
    from collections.abc import Sequence

    from planner.domain.node import Node
    from planner.storage.unit_of_work import SqlStore

MAC = "52:54:00:00:00:01"
KEY = RequestKey("r-1", "RegisterNodes", "d" * 64)


def found(mac: str = MAC, **fields: Any) -> Discovered:
    """Build what discovery tells of one node."""
    known: dict[str, Any] = {"hostname": "", "ip": "", "meta": {}, "attributes": None}
    return Discovered(mac=mac, **{**known, **fields})


def register(store: SqlStore, *report: Discovered, key: RequestKey | None = None) -> Sequence[Node]:
    """Hand in a discovery report."""
    return register_nodes(store, report, key=key, now=NOW)


def update(store: SqlStore, uid: str, *, etag: str = "", **fields: Any) -> Node:
    """Change fields of a node."""
    return update_node(store, uid, NodeChange(**fields), etag=etag, key=None, now=NOW)


def test_unknown_machines_become_nodes(store: SqlStore) -> None:
    """Answered in the order of the report."""
    first, second = register(
        store,
        found(MAC, hostname="web", ip="10.0.0.1", meta={"disks": []}, attributes={"a": 1}),
        found("52:54:00:00:00:02"),
    )

    assert (first.hostname, first.ip, first.meta, first.attributes) == (
        "web",
        "10.0.0.1",
        {"disks": []},
        {"a": 1},
    )
    assert second.hostname == f"node-{second.uid}"
    assert (second.status, second.cluster) == (NodeStatus.DISCOVER, None)


def test_a_known_machine_is_updated(store: SqlStore) -> None:
    """What the report leaves out stays; it is online again."""
    (before,) = register(store, found(hostname="web", meta={"x": 1}, attributes={"a": 1}))
    update(store, before.uid, online=False)

    (after,) = register(store, found(ip="10.0.0.9"))

    assert (after.uid, after.hostname, after.ip) == (before.uid, "web", "10.0.0.9")
    assert (after.meta, after.attributes, after.online) == ({"x": 1}, {"a": 1}, True)


def test_empty_attributes_replace_what_was_there(store: SqlStore) -> None:
    """Only unset ones leave it alone."""
    register(store, found(attributes={"a": 1}))

    (after,) = register(store, found(attributes={}))

    assert after.attributes == {}


def test_a_bad_report_is_refused_with_every_violation(store: SqlStore) -> None:
    """No node of it is registered."""
    before = dump(store)

    with pytest.raises(InvalidInput) as refused:
        register(
            store,
            found(MAC),
            found("52-54", hostname="Not A Name"),
            found(MAC),
            found("52:54:00:00:00:02", hostname="a" * 64),
        )

    assert [(v.reason, v.subject) for v in refused.value.violations] == [
        ("BAD_MAC", "nodes[1].mac"),
        ("BAD_HOSTNAME", "nodes[1].hostname"),
        ("DUPLICATE_NODE", "nodes[2].mac"),
        ("BAD_HOSTNAME", "nodes[3].hostname"),
    ]
    assert dump(store) == before


def test_a_repeated_report_under_one_request_id_changes_nothing(store: SqlStore) -> None:
    """It answers the nodes as they are now."""
    (first,) = register(store, found(), key=KEY)
    update(store, first.uid, hostname="web")
    before = dump(store)

    (again,) = register(store, found(), key=KEY)

    assert (again.uid, again.hostname) == (first.uid, "web")
    assert dump(store) == before


def test_a_report_of_a_member_touches_its_cluster(store: SqlStore) -> None:
    """A plan that was made before no longer holds."""
    import_(store, a_release())
    create(store)
    (uid,) = assign(store, a="compute")
    before = get_cluster(store, "demo").cluster.revision

    register(store, found(get_node(store, uid).mac, ip="10.0.0.9"))

    assert get_cluster(store, "demo").cluster.revision == before + 1


def test_fields_are_changed_one_by_one(store: SqlStore) -> None:
    """What is not named stays."""
    (uid,) = discover(store, 1, hostname="web", attributes={"a": 1})

    update(store, uid, hostname="db")
    after = update(store, uid, attributes={})

    assert (after.hostname, after.attributes, after.online) == ("db", {}, True)


def test_a_node_is_changed_only_where_it_was_seen(store: SqlStore) -> None:
    """With an etag, somebody else's change is not overwritten."""
    (uid,) = discover(store, 1)
    etag = node_etag(get_node(store, uid))
    update(store, uid, etag=etag, hostname="web")

    with pytest.raises(Conflict) as refused:
        update(store, uid, etag=etag, hostname="db")

    assert refused.value.reason == "ETAG_MISMATCH"
    assert get_node(store, uid).hostname == "web"


@pytest.mark.parametrize("hostname", ["", "Web", "a b", "-a", "a" * 64, "a\x00"])
def test_a_node_gets_no_name_that_is_none(store: SqlStore, hostname: str) -> None:
    """The field is named, nothing is written."""
    (uid,) = discover(store, 1)
    before = dump(store)

    with pytest.raises(InvalidInput) as refused:
        update(store, uid, hostname=hostname)

    assert refused.value.violations[0].subject == "node.hostname"
    assert dump(store) == before


def test_a_free_node_cannot_be_marked_for_deletion(store: SqlStore) -> None:
    """There is no cluster to delete it from."""
    (uid,) = discover(store, 1)

    with pytest.raises(PreconditionFailed) as refused:
        update(store, uid, pending_deletion=True)

    assert refused.value.reason == "NODE_NOT_ASSIGNED"


def test_an_unknown_node_is_not_found(store: SqlStore) -> None:
    """To read or to change."""
    with pytest.raises(NotFound):
        get_node(store, "4711")
    with pytest.raises(NotFound):
        update(store, "4711", hostname="web")


def test_nodes_of_an_unknown_cluster_are_not_found(store: SqlStore) -> None:
    """An empty list would hide the mistake."""
    with pytest.raises(NotFound, match="cluster"):
        list_nodes(store, Page(9), "gone", None)


def test_nodes_are_listed_newest_first(store: SqlStore) -> None:
    """Of every cluster, or of one in one status."""
    import_(store, a_release())
    create(store)
    (free,) = discover(store, 1)
    (member,) = assign(store, a="compute")
    ready = put_node(store, status=NodeStatus.READY).uid

    def listed(cluster: str | None, status: NodeStatus | None) -> list[str]:
        return [node.uid for node in list_nodes(store, Page(9), cluster, status)]

    assert listed(None, None) == [ready, member, free]
    assert listed("demo", NodeStatus.READY) == [ready]

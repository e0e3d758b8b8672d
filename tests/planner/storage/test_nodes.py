"""The port Nodes, on every database."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from planner.domain.errors import NotFound
from planner.domain.states import NodeErrorType, NodeStatus
from planner.services.ports import Page
from tests.planner.builders import NOW, a_node
from tests.planner.stored import put_cluster, put_node, put_nodes

if TYPE_CHECKING:
    from planner.services.ports import Store

LATER = NOW + timedelta(seconds=1)


def test_a_node_is_read_as_it_was_added(any_store: Store) -> None:
    """Whatever its fields; the uid is given by the database."""
    put_cluster(any_store)
    node = a_node(
        status=NodeStatus.ERROR,
        online=False,
        roles=("compute",),
        pending_roles=("storage",),
        primary_tags=("controller",),
        pending_addition=True,
        pending_deletion=True,
        progress=40,
        error_type=NodeErrorType.DEPLOY,
        error_message="no luck — 100 %\n",
        attributes={"a": [1, {"b": None}]},
        meta={"disks": []},
    )

    (added,) = put_nodes(any_store, node)

    with any_store.read() as work:
        assert work.nodes.get(added.uid) == added
    assert added == replace(node, uid=added.uid)


def test_a_node_without_a_host_name_is_called_by_its_number(any_store: Store) -> None:
    """Others keep the name they came with."""
    named, unnamed = put_nodes(
        any_store, a_node(hostname="web", cluster=None), a_node(hostname="", cluster=None)
    )

    assert named.hostname == "web"
    assert unnamed.hostname == f"node-{unnamed.uid}"


def test_nodes_are_found_by_uid_and_by_mac(any_store: Store) -> None:
    """What is unknown, or no number at all, is left out."""
    one, two = put_nodes(any_store, a_node(cluster=None), a_node(cluster=None))
    strange = ["master", "", "-1", "0", "99999999999999999999", "1e3", "٣"]

    with any_store.read() as work:
        by_uid = work.nodes.find([one.uid, two.uid, *strange])
        by_mac = work.nodes.find_by_mac([one.mac, "ff:ff:ff:ff:ff:ff", ""])

    assert by_uid == {one.uid: one, two.uid: two}
    assert by_mac == {one.mac: one}


@pytest.mark.parametrize("uid", ["4711", "99999999999999999999", "master", ""])
def test_an_unknown_node_is_not_found(store: Store, uid: str) -> None:
    """Also when it could be no node at all."""
    with store.read() as work, pytest.raises(NotFound):
        work.nodes.get(uid)


def test_more_nodes_than_a_statement_has_parameters_are_found(any_store: Store) -> None:
    """Lookups go in chunks."""
    added = put_nodes(any_store, *(a_node(str(n), cluster=None) for n in range(1, 1201)))

    with any_store.read() as work:
        found = work.nodes.find(node.uid for node in added)

    assert found == {node.uid: node for node in added}


def test_saving_writes_everything_and_raises_the_revision(any_store: Store) -> None:
    """What a client or discovery says of a node."""
    node = put_node(any_store, cluster=None)
    changed = replace(
        node, hostname="web", ip="10.9.9.9", attributes={"x": 1}, meta={"y": 2}, updated_at=LATER
    )

    with any_store.write() as work:
        work.nodes.save([changed])

    with any_store.read() as work:
        assert work.nodes.get(node.uid) == replace(changed, revision=node.revision + 1)


def test_saving_a_state_leaves_alone_what_others_say_of_a_node(any_store: Store) -> None:
    """Attributes, discovered facts and address are not written."""
    node = put_node(any_store, cluster=None)
    changed = replace(
        node, status=NodeStatus.READY, progress=100, ip="10.9.9.9", attributes={"x": 1}, meta={}
    )

    with any_store.write() as work:
        work.nodes.save_state([changed])

    with any_store.read() as work:
        found = work.nodes.get(node.uid)
    assert (found.status, found.progress) == (NodeStatus.READY, 100)
    assert (found.ip, found.attributes) == (node.ip, node.attributes)
    assert found.revision == node.revision + 1


def test_the_nodes_of_a_cluster_are_listed_by_number(any_store: Store) -> None:
    """And counted."""
    put_cluster(any_store)
    mine = put_nodes(any_store, *(a_node() for _ in range(11)))
    put_node(any_store, cluster=None)

    with any_store.read() as work:
        assert list(work.nodes.of_cluster("demo")) == mine
        assert work.nodes.count(["demo", "gone"]) == {"demo": 11}


def test_nodes_are_listed_newest_first_without_their_documents(any_store: Store) -> None:
    """Filters narrow, pages follow each other."""
    put_cluster(any_store)
    nodes = put_nodes(
        any_store,
        a_node(attributes={"large": 1}),
        a_node(status=NodeStatus.READY),
        a_node(cluster=None),
        a_node(),
    )
    first, ready, other, last = (node.uid for node in nodes)

    with any_store.read() as work:
        page = work.nodes.page
        everything = page(Page(2), None, None)
        rest = page(Page(9, (int(everything[-1].uid),)), None, None)
        mine = page(Page(9), "demo", None)
        ready_ones = page(Page(9), "demo", NodeStatus.READY)

    assert [node.uid for node in (*everything, *rest)] == [last, other, ready, first]
    assert [node.uid for node in mine] == [last, ready, first]
    assert [node.uid for node in ready_ones] == [ready]
    assert rest[-1].attributes == {}

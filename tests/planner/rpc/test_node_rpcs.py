"""RegisterNodes, GetNode, ListNodes, UpdateNode."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import grpc
import pytest

from planner.v1 import inventory_service_pb2 as pb
from planner.v1 import node_pb2
from tests.planner.dump import dump
from tests.planner.rpc.door import Door, Refused
from tests.planner.rpc.scene import a_small_cluster, register, update_node

if TYPE_CHECKING:
    from planner.storage.unit_of_work import SqlStore


def get_node(door: Door, uid: str) -> node_pb2.Node:
    """Read a node."""
    found: node_pb2.Node = door.call("GetNode", pb.GetNodeRequest(node=uid)).node
    return found


def list_nodes(door: Door, **fields: Any) -> pb.ListNodesResponse:
    """List nodes."""
    page: pb.ListNodesResponse = door.call("ListNodes", pb.ListNodesRequest(**fields))
    return page


def test_nodes_are_registered_and_read(door: Door) -> None:
    """MAC and address in their normal form; large values only where one node is asked for."""
    (registered,) = register(
        door,
        "AA",
        hostname="web",
        ip="FE80::0001",
        meta_json='{"disks": []}',
        attributes_json='{"a": 1}',
    )

    node = get_node(door, registered.name)
    assert (registered.name, registered.meta_json, registered.attributes_json) == (
        node.name,
        "",
        "",
    )
    assert (node.mac, node.ip, node.hostname) == ("52:54:00:00:00:aa", "fe80::1", "web")
    assert (node.meta_json, node.attributes_json) == ('{"disks":[]}', '{"a":1}')
    assert node.status == node_pb2.NODE_STATUS_DISCOVER
    assert node.online


def test_registering_again_updates(door: Door) -> None:
    """Unset fields leave alone what is known; an empty object replaces."""
    register(door, "01", hostname="web", attributes_json='{"a": 1}', meta_json='{"b": 1}')

    (known,) = register(door, "01", ip="10.0.0.1")
    unset = get_node(door, known.name)
    register(door, "01", attributes_json="{}")
    emptied = get_node(door, known.name)

    assert (unset.hostname, unset.attributes_json, unset.meta_json) == (
        "web",
        '{"a":1}',
        '{"b":1}',
    )
    assert (emptied.attributes_json, emptied.ip) == ("{}", "10.0.0.1")


def test_a_bad_report_names_every_violation(store: SqlStore, door: Door) -> None:
    """Nobody is registered."""
    request = pb.RegisterNodesRequest(
        nodes=[
            pb.NodeRegistration(mac="52:54:00:00:00:01"),
            pb.NodeRegistration(mac="52:54:00:00:00:01", ip="10.0.0", meta_json="["),
            pb.NodeRegistration(mac="", hostname="Web", attributes_json="null"),
        ]
    )
    before = dump(store)

    with pytest.raises(Refused) as refused:
        door.call("RegisterNodes", request)

    assert sorted(refused.value.fields) == [
        ("BAD_ADDRESS", "nodes[1].ip"),
        ("BAD_HOSTNAME", "nodes[2].hostname"),
        ("BAD_MAC", "nodes[2].mac"),
        ("DUPLICATE_NODE", "nodes[1].mac"),
        ("NOT_AN_OBJECT", "nodes[2].attributes_json"),
        ("NOT_JSON", "nodes[1].meta_json"),
    ]
    assert dump(store) == before


@pytest.mark.parametrize(
    "fields",
    [
        {"hostname": ".".join(["a" * 63] * 5)},
        {"ip": "fe80::1%" + "x" * 60},
        {"ip": "fe80::1%\x00"},
        {"ip": "10.0.0.1\n"},
        {"hostname": "a\x00"},
    ],
)
def test_what_no_column_holds_is_refused(door: Door, fields: dict[str, str]) -> None:
    """SQLite would take it, PostgreSQL would not."""
    with pytest.raises(Refused) as refused:
        register(door, "01", **fields)

    assert refused.value.code is grpc.StatusCode.INVALID_ARGUMENT


@pytest.mark.parametrize(("count", "reason"), [(0, "MISSING"), (1001, "TOO_MANY")])
def test_a_report_has_1_to_1000_nodes(door: Door, count: int, reason: str) -> None:
    """More go into a second report."""
    found = [
        pb.NodeRegistration(mac=f"52:54:00:00:{n // 256:02x}:{n % 256:02x}") for n in range(count)
    ]

    with pytest.raises(Refused) as refused:
        door.call("RegisterNodes", pb.RegisterNodesRequest(nodes=found))

    assert refused.value.fields == [(reason, "nodes")]


@pytest.mark.parametrize(
    ("node", "code"),
    [
        ("4711", grpc.StatusCode.NOT_FOUND),
        ("9999999999", grpc.StatusCode.NOT_FOUND),
        ("99999999999", grpc.StatusCode.INVALID_ARGUMENT),
        ("0", grpc.StatusCode.INVALID_ARGUMENT),
        ("-1", grpc.StatusCode.INVALID_ARGUMENT),
        ("master", grpc.StatusCode.INVALID_ARGUMENT),
        ("nodes/", grpc.StatusCode.INVALID_ARGUMENT),
        ("", grpc.StatusCode.INVALID_ARGUMENT),
    ],
)
def test_a_node_that_is_not_there_is_told_from_one_that_cannot_be(
    door: Door, node: str, code: grpc.StatusCode
) -> None:
    """NOT_FOUND, or INVALID_ARGUMENT for what is no name."""
    with pytest.raises(Refused) as refused:
        door.call("GetNode", pb.GetNodeRequest(node=node))

    assert refused.value.code is code


def test_nodes_are_listed_without_their_documents(door: Door) -> None:
    """Newest first, narrowed by cluster and status."""
    controller, compute = a_small_cluster(door)
    (free,) = register(door, "99", meta_json='{"large": 1}')

    everything = list_nodes(door)
    members = list_nodes(door, cluster="clusters/demo")
    ready = list_nodes(door, status=node_pb2.NODE_STATUS_READY)

    assert [node.uid for node in everything.nodes] == [free.uid, compute, controller]
    assert everything.nodes[0].meta_json == ""
    assert [node.uid for node in members.nodes] == [compute, controller]
    assert list(ready.nodes) == []


def test_pages_of_nodes_follow_each_other_while_others_arrive(door: Door) -> None:
    """Every one once; what arrives later is not among them."""
    register(door, "01", "02", "03", "04", "05")
    seen, token = [], ""

    while True:
        page = list_nodes(door, page_size=2, page_token=token)
        seen += [node.mac[-2:] for node in page.nodes]
        token = page.next_page_token
        register(door, f"f{len(seen)}")
        if not token:
            break

    assert seen == ["05", "04", "03", "02", "01"]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("hostname", "web"),
        ("attributes_json", '{"a":1}'),
        ("online", False),
        ("pending_deletion", True),
    ],
)
def test_a_mask_changes_the_fields_that_it_names(door: Door, path: str, value: object) -> None:
    """And no other."""
    uid, _ = a_small_cluster(door)
    before = get_node(door, uid)

    after = update_node(door, uid, path, **{path: value})

    changed = {
        field.name
        for field in node_pb2.Node.DESCRIPTOR.fields
        if getattr(before, field.name) != getattr(after, field.name)
    }
    assert getattr(after, path) == value
    assert changed - {"update_time"} == {path, "etag"}


def test_unset_fields_that_a_mask_names_are_cleared(door: Door) -> None:
    """Proto cannot tell unset from empty: false, and the empty object."""
    uid, _ = a_small_cluster(door)
    update_node(door, uid, "attributes_json", attributes_json='{"a": 1}')

    after = update_node(door, uid, "attributes_json", "online", "online")

    assert (after.attributes_json, after.online) == ("{}", False)


@pytest.mark.parametrize(
    ("paths", "fields", "expected"),
    [
        ((), {}, ("MISSING", "update_mask")),
        (("status",), {}, ("BAD_MASK", "update_mask")),
        (("node.hostname",), {}, ("BAD_MASK", "update_mask")),
        (("hostname",), {"hostname": ""}, ("BAD_HOSTNAME", "node.hostname")),
        (
            ("attributes_json",),
            {"attributes_json": "[]"},
            ("NOT_AN_OBJECT", "node.attributes_json"),
        ),
    ],
)
def test_a_bad_update_names_the_field(
    door: Door, paths: tuple[str, ...], fields: dict[str, Any], expected: tuple[str, str]
) -> None:
    """Also a mask that names nothing that can be changed."""
    (node,) = register(door, "01")

    with pytest.raises(Refused) as refused:
        update_node(door, node.uid, *paths, **fields)

    assert refused.value.fields == [expected]


def test_a_free_node_is_not_marked_for_deletion(door: Door) -> None:
    """FAILED_PRECONDITION names it."""
    (node,) = register(door, "01")

    with pytest.raises(Refused) as refused:
        update_node(door, node.uid, "pending_deletion", pending_deletion=True)

    (violation,) = refused.value.details["PreconditionFailure"].violations
    assert refused.value.code is grpc.StatusCode.FAILED_PRECONDITION
    assert (violation.type, violation.subject) == ("NODE_NOT_ASSIGNED", node.name)


def test_a_stale_etag_aborts(door: Door) -> None:
    """Somebody else's change is not overwritten."""
    (node,) = register(door, "01")
    update_node(door, node.uid, "hostname", hostname="web", etag=node.etag)

    with pytest.raises(Refused) as refused:
        update_node(door, node.uid, "hostname", hostname="db", etag=node.etag)

    assert refused.value.code is grpc.StatusCode.ABORTED

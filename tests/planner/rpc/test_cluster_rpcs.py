"""CreateCluster, GetCluster, ListClusters, UpdateCluster, AssignNodes, UnassignNodes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import grpc
import pytest

from planner.v1 import cluster_pb2
from planner.v1 import inventory_service_pb2 as pb
from tests.planner.dump import dump
from tests.planner.rpc.door import Door, Refused
from tests.planner.rpc.scene import (
    a_small_cluster,
    apply,
    assign,
    create_cluster,
    import_release,
    register,
    update_cluster,
)

if TYPE_CHECKING:
    from planner.storage.unit_of_work import SqlStore


@pytest.fixture
def door(door: Door) -> Door:
    """A door behind which the release "cloud" is."""
    import_release(door)
    return door


def get_cluster(door: Door, cluster: str = "demo") -> cluster_pb2.Cluster:
    """Read a cluster."""
    found: cluster_pb2.Cluster = door.call(
        "GetCluster", pb.GetClusterRequest(cluster=cluster)
    ).cluster
    return found


def test_a_cluster_is_created_and_read(door: Door) -> None:
    """By name or bare id."""
    created = create_cluster(door, mode="multinode", settings_json='{"b": 1, "a": "é"}')

    assert get_cluster(door, "clusters/demo") == created
    assert (created.name, created.mode) == ("clusters/demo", "multinode")
    assert created.status == cluster_pb2.CLUSTER_STATUS_NEW
    assert json.loads(created.settings_json) == {"a": "é", "b": 1}


def test_a_cluster_without_an_id_is_given_one(door: Door) -> None:
    """A repeated request gets the same."""
    first = create_cluster(door, "", request_id="r-1")

    again = create_cluster(door, "", request_id="r-1")

    assert first.name.startswith("clusters/cluster-")
    assert again == first


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"settings_json": "[]"}, ("NOT_AN_OBJECT", "settings_json")),
        ({"settings_json": "{"}, ("NOT_JSON", "settings_json")),
        ({"settings_json": '{"a": "\\ud800"}'}, ("NOT_JSON", "settings_json.a")),
        ({"settings_json": '{"a":' * 300 + "1" + "}" * 300}, ("TOO_DEEP", "settings_json")),
        ({"mode": "huge"}, ("UNKNOWN_MODE", "mode")),
        ({"release": ""}, ("MISSING", "release")),
        ({"release": "Not A Name"}, ("BAD_NAME", "release")),
        ({"cluster": "-demo"}, ("BAD_NAME", "cluster")),
        ({"cluster": "x" * 64}, ("BAD_NAME", "cluster")),
        ({"cluster": "demo\n"}, ("BAD_NAME", "cluster")),
        ({"request_id": "a b"}, ("BAD_REQUEST_ID", "request_id")),
    ],
)
def test_a_bad_field_is_named(
    store: SqlStore, door: Door, fields: dict[str, str], expected: tuple[str, str]
) -> None:
    """INVALID_ARGUMENT; nothing is written."""
    before = dump(store)

    with pytest.raises(Refused) as refused:
        create_cluster(door, **{"cluster": "demo", **fields})

    reason, field = refused.value.fields[0]
    assert refused.value.code is grpc.StatusCode.INVALID_ARGUMENT
    assert reason == expected[0]
    assert field.startswith(expected[1])
    assert dump(store) == before


def test_every_bad_field_is_named_at_once(door: Door) -> None:
    """Who mends a request wants to mend it once."""
    with pytest.raises(Refused) as refused:
        create_cluster(door, "Demo", release="", settings_json="7", request_id="?")

    assert refused.value.fields == [
        ("BAD_NAME", "cluster"),
        ("MISSING", "release"),
        ("NOT_AN_OBJECT", "settings_json"),
        ("BAD_REQUEST_ID", "request_id"),
    ]


def test_an_id_is_given_once(door: Door) -> None:
    """ALREADY_EXISTS names it."""
    create_cluster(door)

    with pytest.raises(Refused) as refused:
        create_cluster(door)

    assert refused.value.code is grpc.StatusCode.ALREADY_EXISTS
    assert refused.value.reason == "CLUSTER_EXISTS"
    assert refused.value.details["ResourceInfo"].resource_name == "demo"


def test_clusters_are_listed_in_pages(door: Door) -> None:
    """Newest first, and an empty request works."""
    for name in ("a", "b", "c"):
        create_cluster(door, name)

    first = door.call("ListClusters", pb.ListClustersRequest(page_size=2))
    token = first.next_page_token
    rest = door.call("ListClusters", pb.ListClustersRequest(page_token=token))
    everything = door.call("ListClusters", pb.ListClustersRequest())

    assert [c.name for c in (*first.clusters, *rest.clusters)] == [
        "clusters/c",
        "clusters/b",
        "clusters/a",
    ]
    assert len(everything.clusters) == 3
    assert everything.next_page_token == ""


def test_settings_are_replaced_and_cleared(door: Door) -> None:
    """An empty text is the empty object: proto cannot tell it from unset."""
    create_cluster(door, settings_json='{"a": 1}')

    replaced = update_cluster(door, {"b": 2})
    cleared = update_cluster(door, "")

    assert (replaced.settings_json, cleared.settings_json) == ('{"b":2}', "{}")


@pytest.mark.parametrize(("paths", "reason"), [(("name",), "BAD_MASK"), (("",), "BAD_MASK")])
def test_a_mask_names_fields_that_can_be_changed(
    door: Door, paths: tuple[str, ...], reason: str
) -> None:
    """Anything else is refused."""
    create_cluster(door)

    with pytest.raises(Refused) as refused:
        update_cluster(door, {}, *paths)

    assert refused.value.fields == [(reason, "update_mask")]


def test_an_update_without_a_mask_is_refused(door: Door) -> None:
    """An unset mask must not clear anything."""
    create_cluster(door, settings_json='{"a": 1}')
    request = pb.UpdateClusterRequest(cluster=cluster_pb2.Cluster(name="demo"))

    with pytest.raises(Refused) as refused:
        door.call("UpdateCluster", request)

    assert refused.value.fields == [("MISSING", "update_mask")]
    assert get_cluster(door).settings_json == '{"a":1}'


def test_a_stale_etag_aborts(door: Door) -> None:
    """ABORTED, ETAG_MISMATCH."""
    etag = create_cluster(door).etag
    update_cluster(door, {"a": 1}, etag=etag)

    with pytest.raises(Refused) as refused:
        update_cluster(door, {"a": 2}, etag=etag)

    assert refused.value.code is grpc.StatusCode.ABORTED
    assert refused.value.reason == "ETAG_MISMATCH"


def test_a_locked_cluster_is_not_changed(store: SqlStore, door: Door) -> None:
    """FAILED_PRECONDITION, CLUSTER_LOCKED, whoever wants to change it."""
    uid, _ = a_small_cluster(door)
    apply(door)
    before = dump(store)
    unassign = pb.UnassignNodesRequest(cluster="demo", nodes=[uid])

    for change in (
        lambda: update_cluster(door, {"a": 1}),
        lambda: assign(door, {uid: ["storage"]}),
        lambda: door.call("UnassignNodes", unassign),
    ):
        with pytest.raises(Refused) as refused:
            change()
        assert refused.value.code is grpc.StatusCode.FAILED_PRECONDITION
        assert refused.value.reason == "CLUSTER_LOCKED"

    assert dump(store) == before


def test_nodes_are_assigned_and_unassigned(door: Door) -> None:
    """The cluster is answered with its count."""
    create_cluster(door)
    (node,) = register(door, "01")

    joined = assign(door, {f"nodes/{node.uid}": ["compute"]})
    left = door.call("UnassignNodes", pb.UnassignNodesRequest(cluster="demo", nodes=[node.uid]))

    assert (joined.node_count, left.cluster.node_count) == (1, 0)


def test_a_bad_assignment_names_every_violation(store: SqlStore, door: Door) -> None:
    """Unknown role, node twice, conflicting roles; nobody is assigned."""
    create_cluster(door)
    one, two, three = register(door, "01", "02", "03")
    request = pb.AssignNodesRequest(cluster="demo")
    for uid, roles in (
        (one.uid, ["gone"]),
        (two.uid, ["compute"]),
        (two.uid, ["storage"]),
        (three.uid, ["compute", "controller"]),
    ):
        request.assignments.add(node=uid, roles=roles)
    before = dump(store)

    with pytest.raises(Refused) as refused:
        door.call("AssignNodes", request)

    assert refused.value.fields == [
        ("UNKNOWN_ROLE", "assignments[0].roles"),
        ("DUPLICATE_NODE", "assignments[2].node"),
        ("ROLE_CONFLICT", "assignments[3].roles"),
    ]
    assert dump(store) == before


@pytest.mark.parametrize(
    ("method", "request_", "expected"),
    [
        ("AssignNodes", pb.AssignNodesRequest(cluster="demo"), ("MISSING", "assignments")),
        ("UnassignNodes", pb.UnassignNodesRequest(cluster="demo"), ("MISSING", "nodes")),
        (
            "UnassignNodes",
            pb.UnassignNodesRequest(cluster="demo", nodes=["x"]),
            ("BAD_NAME", "nodes[0]"),
        ),
    ],
)
def test_somebody_must_be_named(
    door: Door, method: str, request_: object, expected: tuple[str, str]
) -> None:
    """An empty request is a mistake."""
    create_cluster(door)

    with pytest.raises(Refused) as refused:
        door.call(method, request_)  # type: ignore[arg-type]

    assert refused.value.fields == [expected]


def test_details_of_many_violations_still_reach_the_client(door: Door) -> None:
    """Clients refuse trailers beyond 8 KiB: what is cut is counted."""
    create_cluster(door)
    nodes = register(door, *(f"{number:02x}" for number in range(200)))

    with pytest.raises(Refused) as refused:
        assign(door, {node.uid: ["unknown-" + "x" * 500] for node in nodes})

    info = refused.value.details["ErrorInfo"]
    assert info.metadata["violations"] == "200"
    assert info.metadata["shown"] == str(len(refused.value.fields))
    assert len(refused.value.fields) > 3

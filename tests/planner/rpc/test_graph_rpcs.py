"""PutGraph, GetGraph, ListGraphs, DeleteGraph."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import grpc
import pytest

from planner.v1 import inventory_service_pb2 as pb
from tests.planner.builders import a_task
from tests.planner.dump import dump
from tests.planner.rpc.door import Door, Refused
from tests.planner.rpc.scene import a_small_cluster

if TYPE_CHECKING:
    from planner.storage.unit_of_work import SqlStore
    from planner.v1 import graph_pb2

NAME = "clusters/demo/graphs/default"


@pytest.fixture
def door(door: Door) -> Door:
    """A door behind which the cluster "demo" is."""
    a_small_cluster(door)
    return door


def put(door: Door, *tasks: dict[str, Any], **fields: Any) -> graph_pb2.Graph:
    """Put a graph of the cluster "demo"."""
    known = {"parent": "clusters/demo", "type": "default"}
    document = json.dumps({"tasks": list(tasks)})
    stored: graph_pb2.Graph = door.call(
        "PutGraph", pb.PutGraphRequest(**{**known, "document": document, **fields})
    ).graph
    return stored


def test_a_graph_is_put_and_read(door: Door) -> None:
    """Whole where it is asked for, without its document in the list."""
    stored = put(door, a_task("extra"))

    read = door.call("GetGraph", pb.GetGraphRequest(graph=NAME)).graph
    (listed,) = door.call("ListGraphs", pb.ListGraphsRequest(parent="clusters/demo")).graphs

    assert (stored.name, stored.task_count) == (NAME, 1)
    assert read == stored
    assert (listed.etag, listed.document_json) == (stored.etag, "")


def test_a_repeated_request_is_answered_as_the_first(door: Door) -> None:
    """The same id with the same body; with another body it is refused."""
    stored = put(door, a_task("extra"), request_id="r-1")

    again = put(door, a_task("extra"), request_id="r-1")
    with pytest.raises(Refused) as refused:
        put(door, a_task("other"), request_id="r-1")

    assert again == stored
    assert refused.value.reason == "REQUEST_ID_REUSED"


def test_bad_names_and_tasks_are_all_told(store: SqlStore, door: Door) -> None:
    """Reason and field of each, and nothing is written."""
    before = dump(store)

    with pytest.raises(Refused) as names:
        put(door, parent="nodes/1", type="NO", plugin="?")
    with pytest.raises(Refused) as tasks:
        put(door, a_task("a", requires=["b"]), a_task("c", type="unknown"))

    assert [field for _, field in names.value.fields] == ["parent", "plugin", "type"]
    assert tasks.value.code is grpc.StatusCode.INVALID_ARGUMENT
    assert len(tasks.value.fields) == 2
    assert dump(store) == before


def test_a_deleted_graph_is_gone(door: Door) -> None:
    """Only with its present etag; then it is not found."""
    stored = put(door, a_task("extra"))

    with pytest.raises(Refused) as mismatch:
        door.call("DeleteGraph", pb.DeleteGraphRequest(graph=NAME, etag="0" * 64))
    door.call("DeleteGraph", pb.DeleteGraphRequest(graph=NAME, etag=stored.etag))
    with pytest.raises(Refused) as gone:
        door.call("GetGraph", pb.GetGraphRequest(graph=NAME))

    assert mismatch.value.code is grpc.StatusCode.ABORTED
    assert mismatch.value.reason == "ETAG_MISMATCH"
    assert gone.value.code is grpc.StatusCode.NOT_FOUND
    assert gone.value.details["ResourceInfo"].resource_name == NAME

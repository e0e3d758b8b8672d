"""RunGraphs, ListActionLogs and ListNotifications as a client sees them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import grpc
import pytest

from planner.services.planning import plan_transaction
from planner.v1 import activity_pb2, selection_pb2, transaction_pb2
from planner.v1 import planner_service_pb2 as planner_pb
from planner.v1 import transaction_service_pb2 as pb
from tests.planner.builders import a_release, a_task
from tests.planner.rpc.door import Refused
from tests.planner.work import assign, create, fail, import_, planning

if TYPE_CHECKING:
    from planner.storage.unit_of_work import SqlStore
    from tests.planner.rpc.door import Door

STRANGE = "elsewhere"
GRAPHS = {
    "default": {"tasks": [a_task("hosts")]},
    "one": {"node_filter": "", "tasks": [a_task("a")]},
}


@pytest.fixture
def uids(store: SqlStore) -> list[str]:
    """The nodes of the cluster "demo"."""
    import_(store, a_release(graphs=GRAPHS))
    create(store)
    return assign(store, a="controller", b="compute")


def request(*types: str, **fields: object) -> planner_pb.RunGraphsRequest:
    """Ask for graphs on the nodes that their filters keep."""
    graphs = [selection_pb2.GraphRun(type=kind) for kind in types]
    return planner_pb.RunGraphsRequest(cluster="demo", graphs=graphs, **fields)  # type: ignore[arg-type]


def test_graphs_are_answered_with_a_transaction(door: Door, uids: list[str]) -> None:
    """The same request id answers the same transaction."""
    asked = request("one", "default", request_id="r-1", labels={"suite": "a"})

    made = door.call("RunGraphs", asked).transaction
    again = door.call("RunGraphs", asked).transaction

    assert made.kind == transaction_pb2.TRANSACTION_KIND_RUN_GRAPHS
    assert list(made.selection.graph_types) == ["one", "default"]
    assert dict(made.labels) == {"suite": "a"}
    assert again.name == made.name


def test_everything_that_is_wrong_is_named_at_once(door: Door, uids: list[str]) -> None:
    """Sizes, names and enums, each with its field."""
    bad = request(*["one"] * 101, scenario="!", run_mode=99)
    bad.graphs[0].nodes.nodes.append("no number")
    bad.subgraphs.extend([selection_pb2.Subgraph()] * 101)

    with pytest.raises(Refused) as refused:
        door.call("RunGraphs", bad)

    assert refused.value.code is grpc.StatusCode.INVALID_ARGUMENT
    assert [field for _, field in refused.value.fields] == [
        "graphs",
        "subgraphs",
        "graphs[0].nodes[0]",
        "run_mode",
        "scenario",
    ]


def test_no_graph_is_nothing_to_run(door: Door, uids: list[str]) -> None:
    """At least one is needed."""
    with pytest.raises(Refused) as refused:
        door.call("RunGraphs", request())

    assert refused.value.fields == [("MISSING", "graphs")]


def test_a_running_transaction_is_named(door: Door, uids: list[str]) -> None:
    """ABORTED, so that the client can watch the other one."""
    first = door.call("RunGraphs", request("one")).transaction

    with pytest.raises(Refused) as refused:
        door.call("RunGraphs", request("one"))

    assert refused.value.code is grpc.StatusCode.ABORTED
    metadata = refused.value.details["ErrorInfo"].metadata
    assert (refused.value.reason, metadata["transaction"]) == (
        "TRANSACTION_IN_PROGRESS",
        first.name,
    )


def test_activity_is_listed(door: Door, store: SqlStore, uids: list[str]) -> None:
    """What was asked for and what came of it, in pages and by filter."""
    made = door.call("RunGraphs", request("one")).transaction
    fail(store, plan_transaction(planning(store), made.name.partition("/")[2]), "no luck")

    (action,) = door.call("ListActionLogs", pb.ListActionLogsRequest(cluster="demo")).action_logs
    errors = pb.ListNotificationsRequest(topic=activity_pb2.NOTIFICATION_TOPIC_ERROR, page_size=1)
    listed = door.call("ListNotifications", errors)
    done = pb.ListNotificationsRequest(topic=activity_pb2.NOTIFICATION_TOPIC_DONE)

    assert (action.operation, action.transaction) == ("run_graphs", made.name)
    assert action.group == activity_pb2.ACTION_GROUP_CLUSTER_CHANGES
    assert action.ended_with == transaction_pb2.TRANSACTION_STATE_FAILED
    assert action.HasField("end_time")
    assert [(item.cluster, item.node) for item in listed.notifications] == [("clusters/demo", "")]
    assert not listed.next_page_token
    assert not door.call("ListNotifications", done).notifications


@pytest.mark.parametrize("method", ["ListActionLogs", "ListNotifications"])
def test_a_page_token_belongs_to_its_list(door: Door, uids: list[str], method: str) -> None:
    """Any other text is refused."""
    kind = getattr(pb, f"{method}Request")

    with pytest.raises(Refused) as refused:
        door.call(method, kind(page_token=STRANGE))

    assert refused.value.fields == [("BAD_PAGE_TOKEN", "page_token")]

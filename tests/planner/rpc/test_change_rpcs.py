"""PreviewChanges, ApplyChanges, StopTransaction, and the unary half of TransactionService."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import grpc
import pytest

from planner.v1 import plan_pb2, selection_pb2, transaction_pb2
from planner.v1 import planner_service_pb2 as pb
from planner.v1 import transaction_service_pb2 as transaction_pb
from tests.planner.dump import dump
from tests.planner.rpc.door import Door, Refused
from tests.planner.rpc.scene import (
    LEGACY,
    a_small_cluster,
    apply,
    create_cluster,
    import_release,
    update_node,
)
from tests.planner.work import apply_and_plan, succeed

if TYPE_CHECKING:
    from planner.storage.unit_of_work import SqlStore

UNKNOWN = "00000000-0000-4000-8000-000000000000"


def preview(door: Door, **fields: Any) -> pb.PreviewChangesResponse:
    """Preview the changes of "demo"."""
    request = pb.PreviewChangesRequest(cluster="demo", **fields)
    previewed: pb.PreviewChangesResponse = door.call("PreviewChanges", request)
    return previewed


def get(door: Door, name: str) -> transaction_pb2.Transaction:
    """Read a transaction."""
    request = transaction_pb.GetTransactionRequest(transaction=name)
    found: transaction_pb2.Transaction = door.call("GetTransaction", request).transaction
    return found


def runs_of(door: Door, name: str, **fields: Any) -> transaction_pb.ListTaskRunsResponse:
    """List the history of a transaction."""
    request = transaction_pb.ListTaskRunsRequest(transaction=name, **fields)
    page: transaction_pb.ListTaskRunsResponse = door.call("ListTaskRuns", request)
    return page


def test_a_preview_tells_nodes_steps_and_tasks(store: SqlStore, door: Door) -> None:
    """With reasons; nothing is written."""
    controller, compute = a_small_cluster(door)
    before = dump(store)

    answer = preview(door)

    assert [(node.node, list(node.actions), node.reason) for node in answer.plan.nodes] == [
        (
            f"nodes/{uid}",
            [plan_pb2.NODE_ACTION_PROVISION, plan_pb2.NODE_ACTION_DEPLOY],
            "PENDING_ADDITION",
        )
        for uid in (controller, compute)
    ]
    assert [step.kind for step in answer.plan.steps] == ["provision", "deployment"]
    assert [(group.task, list(group.uids)) for group in answer.task_groups] == [
        ("api", [controller, compute]),
        ("hosts", [controller, compute]),
    ]
    assert dump(store) == before


def test_a_preview_is_narrowed_and_paged(door: Door) -> None:
    """By task and node; a page goes on where the one before ended."""
    _, compute = a_small_cluster(door)

    narrowed = preview(door, task="api", node=f"nodes/{compute}")
    first = preview(door, page_size=1)
    second = preview(door, page_size=1, page_token=first.next_page_token)

    assert [(group.task, list(group.uids)) for group in narrowed.task_groups] == [
        ("api", [compute])
    ]
    assert [group.task for group in (*first.task_groups, *second.task_groups)] == ["api", "hosts"]
    assert second.plan.digest == first.plan.digest
    assert second.next_page_token == ""


def test_a_page_of_a_plan_that_has_moved_is_out_of_range(door: Door) -> None:
    """PAGE_TOKEN_EXPIRED, with the digest that is right now."""
    uid, _ = a_small_cluster(door)
    token = preview(door, page_size=1).next_page_token
    update_node(door, uid, "hostname", hostname="moved")

    with pytest.raises(Refused) as refused:
        preview(door, page_size=1, page_token=token)

    assert refused.value.code is grpc.StatusCode.OUT_OF_RANGE
    assert refused.value.reason == "PAGE_TOKEN_EXPIRED"


def test_violations_of_a_preview_are_data(door: Door) -> None:
    """As Apply would end with them (law 8)."""
    uid, _ = a_small_cluster(door)
    update_node(door, uid, "online", online=False)

    answer = preview(door)

    (violation,) = answer.plan.violations
    assert (violation.reason, violation.subject) == ("NODE_OFFLINE", f"nodes/{uid}")


def test_an_accepted_change_is_a_pending_transaction(door: Door) -> None:
    """Readable at once under its name."""
    a_small_cluster(door)

    accepted = apply(door, labels={"suite": "ü"}, scenario="scenarios/slow")

    assert get(door, accepted.name) == accepted
    assert accepted.state == transaction_pb2.TRANSACTION_STATE_PENDING
    assert not accepted.done
    assert (accepted.cluster, accepted.scenario) == ("clusters/demo", "scenarios/slow")
    assert dict(accepted.labels) == {"suite": "ü"}


def test_a_second_change_is_aborted_and_names_the_first(store: SqlStore, door: Door) -> None:
    """ABORTED, TRANSACTION_IN_PROGRESS; nothing is written."""
    a_small_cluster(door)
    first = apply(door)
    before = dump(store)

    with pytest.raises(Refused) as refused:
        apply(door)

    assert refused.value.code is grpc.StatusCode.ABORTED
    assert refused.value.reason == "TRANSACTION_IN_PROGRESS"
    assert refused.value.details["ErrorInfo"].metadata["transaction"] == first.name
    assert dump(store) == before


def test_the_same_request_is_answered_with_the_same_transaction(door: Door) -> None:
    """Another body under the id is refused."""
    a_small_cluster(door)

    first = apply(door, request_id="r-1")
    again = apply(door, request_id="r-1")
    with pytest.raises(Refused) as refused:
        apply(door, request_id="r-1", labels={"other": "body"})

    assert again == first
    assert refused.value.reason == "REQUEST_ID_REUSED"


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({}, "NOTHING_TO_DEPLOY"),
        ({"run_mode": selection_pb2.RUN_MODE_NOOP}, "DRY_RUN_NEEDS_LCM"),
        ({"run_mode": selection_pb2.RUN_MODE_DRY_RUN}, "DRY_RUN_NEEDS_LCM"),
    ],
)
def test_an_older_release_has_preconditions(
    store: SqlStore, door: Door, fields: dict[str, Any], reason: str
) -> None:
    """FAILED_PRECONDITION; nothing is written."""
    import_release(door, LEGACY)
    create_cluster(door)
    before = dump(store)

    with pytest.raises(Refused) as refused:
        apply(door, **fields)

    (violation,) = refused.value.details["PreconditionFailure"].violations
    assert refused.value.code is grpc.StatusCode.FAILED_PRECONDITION
    assert (refused.value.reason, violation.subject) == (reason, "clusters/demo")
    assert dump(store) == before


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"run_mode": 99}, ("UNKNOWN_ENUM_VALUE", "run_mode")),
        ({"expected_plan_digest": "abc"}, ("BAD_DIGEST", "expected_plan_digest")),
        ({"scenario": "a b"}, ("BAD_NAME", "scenario")),
        ({"labels": {"": "x"}}, ("BAD_LABEL", "labels[''")),
        ({"labels": {"k": "x" * 257}}, ("BAD_LABEL", "labels['k'")),
        ({"labels": {str(n): "" for n in range(65)}}, ("TOO_MANY", "labels")),
        ({"selection": {"nodes": ["x"]}}, ("BAD_NAME", "selection.nodes[0]")),
        ({"selection": {"nodes": ["4711"]}}, ("UNKNOWN_NODE", "selection.nodes[0]")),
    ],
)
def test_a_bad_field_of_a_change_is_named(
    store: SqlStore, door: Door, fields: dict[str, Any], expected: tuple[str, str]
) -> None:
    """INVALID_ARGUMENT; nothing is written."""
    a_small_cluster(door)
    before = dump(store)

    with pytest.raises(Refused) as refused:
        apply(door, **fields)

    reason, field = refused.value.fields[0]
    assert refused.value.code is grpc.StatusCode.INVALID_ARGUMENT
    assert (reason, field[: len(expected[1])]) == expected
    assert dump(store) == before


def test_a_stop_is_always_answered(door: Door) -> None:
    """A pending transaction ends at once; stopping it again returns it unchanged."""
    a_small_cluster(door)
    request = pb.StopTransactionRequest(transaction=apply(door).name)

    first = door.call("StopTransaction", request).transaction
    again = door.call("StopTransaction", request).transaction

    assert first.state == transaction_pb2.TRANSACTION_STATE_STOPPED
    assert first.done
    assert again == first


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"grace_period_ms": 1}, ("NEEDS_FORCE", "force")),
        ({"erase": True}, ("NEEDS_FORCE", "force")),
        ({"force": True, "grace_period_ms": 2**64 - 1}, ("OUT_OF_RANGE", "grace_period_ms")),
    ],
)
def test_a_bad_stop_is_refused(
    door: Door, fields: dict[str, Any], expected: tuple[str, str]
) -> None:
    """The field is named."""
    with pytest.raises(Refused) as refused:
        door.call("StopTransaction", pb.StopTransactionRequest(transaction=UNKNOWN, **fields))

    assert refused.value.fields == [expected]


@pytest.mark.parametrize(
    ("method", "request_"),
    [
        ("GetTransaction", transaction_pb.GetTransactionRequest(transaction=UNKNOWN)),
        ("ListTaskRuns", transaction_pb.ListTaskRunsRequest(transaction=UNKNOWN)),
        ("StopTransaction", pb.StopTransactionRequest(transaction=UNKNOWN)),
    ],
)
def test_an_unknown_transaction_is_not_found(door: Door, method: str, request_: object) -> None:
    """NOT_FOUND with its name."""
    with pytest.raises(Refused) as refused:
        door.call(method, request_)  # type: ignore[arg-type]

    assert refused.value.code is grpc.StatusCode.NOT_FOUND
    assert refused.value.details["ResourceInfo"].resource_name == UNKNOWN


def test_history_is_listed_by_filters_and_pages(store: SqlStore, door: Door) -> None:
    """One row for each task on each node."""
    _, compute = a_small_cluster(door)
    done = succeed(store, apply_and_plan(store))
    ready = transaction_pb2.TASK_STATE_READY

    everything = runs_of(door, done.id).task_runs
    first = runs_of(door, done.id, page_size=3)
    rest = runs_of(door, done.id, page_size=3, page_token=first.next_page_token)
    narrowed = runs_of(door, done.id, uid=compute, task="api", state=ready).task_runs
    nobody = runs_of(door, done.id, uid="\x00", task="%").task_runs

    assert {run.state for run in everything} == {ready}
    assert [*first.task_runs, *rest.task_runs] == list(everything)
    assert [(run.uid, run.task) for run in narrowed] == [(compute, "api")]
    assert list(nobody) == []


def test_transactions_are_listed_newest_first(store: SqlStore, door: Door) -> None:
    """Narrowed by cluster and state."""
    a_small_cluster(door)
    done = succeed(store, apply_and_plan(store)).id
    active = apply(door).name

    def listed(**fields: Any) -> list[str]:
        request = transaction_pb.ListTransactionsRequest(**fields)
        return [t.name for t in door.call("ListTransactions", request).transactions]

    assert listed() == [active, f"transactions/{done}"]
    assert listed(state=transaction_pb2.TRANSACTION_STATE_SUCCEEDED) == [f"transactions/{done}"]
    assert listed(cluster="other") == []

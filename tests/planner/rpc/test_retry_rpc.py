"""RetryTransaction."""

from __future__ import annotations

import grpc
import pytest

from planner.v1 import planner_service_pb2 as pb
from planner.v1 import transaction_pb2
from tests.planner.rpc.door import Door, Refused
from tests.planner.rpc.scene import a_small_cluster, apply


def retry(door: Door, transaction: str, **fields: str) -> transaction_pb2.Transaction:
    """Retry a transaction."""
    request = pb.RetryTransactionRequest(transaction=transaction)
    for field, value in fields.items():
        setattr(request, field, value)
    accepted: transaction_pb2.Transaction = door.call("RetryTransaction", request).transaction
    return accepted


def stopped(door: Door) -> transaction_pb2.Transaction:
    """Stop a transaction before it is planned."""
    accepted = apply(door, labels={"run": "1"}, scenario="slow")
    request = pb.StopTransactionRequest(transaction=accepted.name)
    ended: transaction_pb2.Transaction = door.call("StopTransaction", request).transaction
    return ended


def test_a_stopped_transaction_is_retried(door: Door) -> None:
    """A new one, linked to the old one, with its labels and scenario; repeated, the same."""
    a_small_cluster(door)
    old = stopped(door)

    new = retry(door, old.name, request_id="r-1")
    again = retry(door, old.name, request_id="r-1")

    assert new.name != old.name
    assert new.retry_of == old.name
    assert (dict(new.labels), new.scenario) == ({"run": "1"}, "scenarios/slow")
    assert again.name == new.name


def test_one_that_is_not_done_cannot_be_retried(door: Door) -> None:
    """The precondition names the transaction."""
    a_small_cluster(door)
    running = apply(door)

    with pytest.raises(Refused) as refused:
        retry(door, running.name)

    assert refused.value.code is grpc.StatusCode.FAILED_PRECONDITION
    assert refused.value.reason == "TRANSACTION_NOT_DONE"
    assert refused.value.details["PreconditionFailure"].violations[0].subject == running.name


def test_an_unknown_or_malformed_name_is_told_apart(door: Door) -> None:
    """NOT_FOUND for what is not there, INVALID_ARGUMENT for what is no name."""
    with pytest.raises(Refused) as unknown:
        retry(door, "00000000-0000-4000-8000-000000000000")
    with pytest.raises(Refused) as malformed:
        retry(door, "no uuid")

    assert unknown.value.code is grpc.StatusCode.NOT_FOUND
    assert malformed.value.fields == [("BAD_NAME", "transaction")]

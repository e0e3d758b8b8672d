"""Each kind of domain error has its code and its details; a bug has details too."""

from __future__ import annotations

from typing import Any

import grpc
import pytest

from planner.domain import errors
from planner.domain.errors import Violation
from planner.rpc.errors import unary
from tests.planner.rpc.door import Refused, read_details


class Call:
    """Remembers how a call was ended: the three things a servicer says to its context."""

    def __init__(self) -> None:
        self.trailers: Any = ()

    def set_trailing_metadata(self, trailers: Any) -> None:
        """Take the trailers."""
        self.trailers = trailers

    def abort(self, code: grpc.StatusCode, message: str) -> None:
        """End the call."""
        raise Refused(code, message, read_details(self.trailers, message))


def refused_with(error: Exception) -> Refused:
    """Answer a call whose handler raises this error."""

    @unary
    def handler(_servicer: object, _request: object, _context: object) -> None:
        raise error

    with pytest.raises(Refused) as refused:
        handler(None, None, Call())
    return refused.value


@pytest.mark.parametrize(
    ("error", "code", "details"),
    [
        (
            errors.InvalidInput([Violation("BAD", "field", "text")]),
            grpc.StatusCode.INVALID_ARGUMENT,
            {"ErrorInfo", "BadRequest"},
        ),
        (
            errors.NotFound("node", "1"),
            grpc.StatusCode.NOT_FOUND,
            {"ErrorInfo", "ResourceInfo"},
        ),
        (
            errors.AlreadyExists("cluster", "demo", "it is there"),
            grpc.StatusCode.ALREADY_EXISTS,
            {"ErrorInfo", "ResourceInfo"},
        ),
        (
            errors.PreconditionFailed("LOCKED", "clusters/demo", "it is locked"),
            grpc.StatusCode.FAILED_PRECONDITION,
            {"ErrorInfo", "PreconditionFailure"},
        ),
        (errors.Conflict("FIRST", "another was first"), grpc.StatusCode.ABORTED, {"ErrorInfo"}),
        (errors.OutOfRange("GONE", "it is gone"), grpc.StatusCode.OUT_OF_RANGE, {"ErrorInfo"}),
        (
            errors.Exhausted("WATCHERS", "too many"),
            grpc.StatusCode.RESOURCE_EXHAUSTED,
            {"ErrorInfo", "QuotaFailure"},
        ),
        (
            errors.Unavailable("BUSY", "try again"),
            grpc.StatusCode.UNAVAILABLE,
            {"ErrorInfo", "RetryInfo"},
        ),
        (
            errors.IllegalTransition("step", "s", "failed", "running"),
            grpc.StatusCode.INTERNAL,
            {"ErrorInfo"},
        ),
    ],
)
def test_each_kind_of_error_has_its_code_and_details(
    error: errors.PlannerError, code: grpc.StatusCode, details: set[str]
) -> None:
    """ErrorInfo always, with the reason that programs branch on."""
    refused = refused_with(error)

    assert refused.code is code
    assert set(refused.details) == details
    assert refused.reason == error.reason
    assert refused.details["ErrorInfo"].domain == "planner.deploy-changes"
    assert refused.message == error.message


def test_facts_of_an_error_travel_as_metadata() -> None:
    """So that a caller can watch the transaction that is in the way."""
    error = errors.Conflict("FIRST", "text", {"transaction": "transactions/t"})

    assert dict(refused_with(error).details["ErrorInfo"].metadata) == error.metadata


def test_a_bug_is_told_without_its_text() -> None:
    """An exception may hold a secret; its story is in the log."""
    refused = refused_with(ZeroDivisionError("password=hunter2"))

    assert refused.code is grpc.StatusCode.INTERNAL
    assert refused.reason == "BUG"
    assert "hunter2" not in refused.message


@pytest.mark.parametrize("text", ["x" * 100_000, "é" * 100_000, "\ud800" * 10, "\x00" * 10_000])
def test_no_text_is_too_long_or_strange_to_be_sent(text: str) -> None:
    """Cut, and made text, wherever it stands; the door measures the trailers."""
    for error in (
        errors.InvalidInput([Violation("BAD", text, text)] * 3),
        errors.NotFound("node", text),
        errors.AlreadyExists("node", text, text),
        errors.PreconditionFailed("LOCKED", "clusters/demo", text),
        errors.Conflict("FIRST", text, {"transaction": text}),
        errors.Exhausted("WATCHERS", text),
    ):
        assert refused_with(error).reason == error.reason

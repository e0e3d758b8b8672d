"""Which status does each error become, and how do its details travel?

The only place that knows gRPC codes. Every status carries `google.rpc.ErrorInfo`; the whole
`google.rpc.Status` travels in the trailing metadata `grpc-status-details-bin` (law 9).
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NoReturn, TypeVar

import grpc
from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.duration_pb2 import Duration
from google.rpc import error_details_pb2, status_pb2

from orchestrator.domain.errors import MessageRefusedError, OrchestratorError, Violation
from orchestrator.engine.errors import (
    BatchIdReusedError,
    EventsTrimmedError,
    ExecutionNotFoundError,
    NotInjectableError,
    NotSteppedError,
    ScenarioNotFoundError,
    SequenceAheadError,
    ShuttingDownError,
    TaskUuidTakenError,
    UnknownTargetError,
)
from orchestrator.simulate.errors import ScenarioRefusedError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from google.protobuf.message import Message

DOMAIN: Final = "orchestrator.v1"
RETRY_SECONDS: Final = 1
DETAILS_KEY: Final = "grpc-status-details-bin"

MAX_TEXT: Final = 1_000
MAX_DETAILS: Final = 4_000
"""Bytes of violations sent; metadata beyond 8 KiB would be dropped by the transport."""

R = TypeVar("R")


class RequestInvalidError(OrchestratorError):
    """A request does not fit the contract; `violations` names everything that was found."""

    def __init__(self, violations: Sequence[Violation], reason: str = "INVALID_ARGUMENT") -> None:
        self.violations = tuple(violations)
        self.reason = reason
        super().__init__("; ".join(f"{v.field}: {v.description}" for v in violations))


@dataclass(frozen=True, slots=True)
class _Rule:
    """What a kind of error becomes: code, reason, the attributes told as metadata, a detail."""

    code: grpc.StatusCode
    reason: str
    facts: tuple[str, ...] = ()
    detail: Callable[[Any], Message] | None = None


def status_of(error: OrchestratorError) -> status_pb2.Status:
    """Return the status that an error becomes; INTERNAL, a bug, for one that is not listed."""
    rule = next((_RULES[kind] for kind in type(error).__mro__ if kind in _RULES), _BUG)
    reason = rule.reason or str(getattr(error, "reason", ""))
    facts = {name: _shortened(str(getattr(error, name))) for name in rule.facts}
    info = error_details_pb2.ErrorInfo(reason=reason, domain=DOMAIN, metadata=facts)
    status = status_pb2.Status(code=rule.code.value[0], message=_shortened(str(error)))
    for detail in (info, rule.detail(error)) if rule.detail else (info,):
        packed = AnyMessage()
        packed.Pack(detail)
        status.details.append(packed)
    return status


def _bad_request(violations: Sequence[Violation]) -> error_details_pb2.BadRequest:
    """Return the violations as far as they fit into the metadata, and how many do not."""
    request = error_details_pb2.BadRequest()
    size = 0
    for index, violation in enumerate(violations):
        text = _shortened(violation.description)
        size += len(text.encode()) + len(violation.field.encode()[:MAX_TEXT]) + 16
        if size > MAX_DETAILS:
            more = f"{len(violations) - index} more violations are not shown"
            request.field_violations.add(field="", description=more)
            break
        field = violation.field[:MAX_TEXT]
        request.field_violations.add(field=field, description=text, reason=violation.reason)
    return request


def _resource(kind: str, name: str) -> error_details_pb2.ResourceInfo:
    shown = _shortened(name)
    return error_details_pb2.ResourceInfo(resource_type=f"{DOMAIN}.{kind}", resource_name=shown)


def _precondition(
    error: NotSteppedError | NotInjectableError,
) -> error_details_pb2.PreconditionFailure:
    failure = error_details_pb2.PreconditionFailure()
    name = f"executions/{error.task_uuid}"
    failure.violations.add(type="EXECUTION", subject=name, description=str(error))
    return failure


_INVALID: Final = grpc.StatusCode.INVALID_ARGUMENT
_BUG: Final = _Rule(grpc.StatusCode.INTERNAL, "BUG")
_RULES: Final[dict[type, _Rule]] = {
    # An empty reason is taken from the error itself.
    MessageRefusedError: _Rule(_INVALID, "", (), lambda e: _bad_request(e.violations)),
    RequestInvalidError: _Rule(_INVALID, "", (), lambda e: _bad_request(e.violations)),
    ScenarioRefusedError: _Rule(
        _INVALID,
        "INVALID_SCENARIO",
        (),
        lambda e: _bad_request([Violation("", f"yaml:{f.line}", str(f)) for f in e.findings]),
    ),
    BatchIdReusedError: _Rule(
        _INVALID,
        "BATCH_ID_REUSED",
        ("batch_id",),
        lambda e: _bad_request([Violation("", "header.batch_id", str(e))]),
    ),
    TaskUuidTakenError: _Rule(
        grpc.StatusCode.ALREADY_EXISTS,
        "TASK_UUID_TAKEN",
        ("task_uuid", "batch_id"),
        lambda e: _resource("Execution", f"executions/{e.task_uuid}"),
    ),
    ExecutionNotFoundError: _Rule(
        grpc.StatusCode.NOT_FOUND,
        "EXECUTION_NOT_FOUND",
        ("task_uuid",),
        lambda e: _resource("Execution", f"executions/{e.task_uuid}"),
    ),
    ScenarioNotFoundError: _Rule(
        grpc.StatusCode.NOT_FOUND,
        "SCENARIO_NOT_FOUND",
        ("name",),
        lambda e: _resource("Scenario", f"scenarios/{e.name}"),
    ),
    EventsTrimmedError: _Rule(
        grpc.StatusCode.OUT_OF_RANGE, "EVENTS_TRIMMED", ("task_uuid", "oldest_sequence")
    ),
    SequenceAheadError: _Rule(
        grpc.StatusCode.OUT_OF_RANGE, "SEQUENCE_AHEAD", ("task_uuid", "last_sequence")
    ),
    NotSteppedError: _Rule(
        grpc.StatusCode.FAILED_PRECONDITION,
        "CLOCK_NOT_STEPPED",
        ("task_uuid",),
        _precondition,
    ),
    NotInjectableError: _Rule(
        grpc.StatusCode.FAILED_PRECONDITION, "NOT_INJECTABLE", ("task_uuid",), _precondition
    ),
    UnknownTargetError: _Rule(
        _INVALID,
        "UNKNOWN_FAULT_TARGET",
        ("task_uuid", "uid", "task_id"),
        lambda e: _bad_request([Violation("", "uid", str(e))]),
    ),
    ShuttingDownError: _Rule(
        grpc.StatusCode.UNAVAILABLE,
        "SHUTTING_DOWN",
        (),
        lambda _: error_details_pb2.RetryInfo(retry_delay=Duration(seconds=RETRY_SECONDS)),
    ),
}


def _shortened(text: str) -> str:
    return text if len(text) <= MAX_TEXT else f"{text[:MAX_TEXT]}…"


def _trailer(status: status_pb2.Status) -> tuple[tuple[str, bytes], ...]:
    return ((DETAILS_KEY, status.SerializeToString()),)


def _code(status: status_pb2.Status) -> grpc.StatusCode:
    return next(code for code in grpc.StatusCode if code.value[0] == status.code)


def abort(context: grpc.ServicerContext, error: OrchestratorError) -> NoReturn:
    """End a synchronous call with the status of an error."""
    status = status_of(error)
    context.set_trailing_metadata(_trailer(status))
    context.abort(_code(status), status.message)


async def abort_async(
    context: grpc.aio.ServicerContext[Any, Any], error: OrchestratorError
) -> NoReturn:
    """End an asynchronous call with the status of an error."""
    status = status_of(error)
    context.set_trailing_metadata(_trailer(status))
    await context.abort(_code(status), status.message)


def answered(handler: Callable[[Any, Any], R]) -> Callable[[Any, Any, grpc.ServicerContext], R]:
    """Turn ``(self, request)`` into a unary servicer method whose errors become statuses."""

    @functools.wraps(handler)
    def method(self: Any, request: Any, context: grpc.ServicerContext) -> R:
        try:
            return handler(self, request)
        except OrchestratorError as error:
            abort(context, error)

    return method

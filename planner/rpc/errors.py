"""Which status does a domain error become, and with which details? The one place that knows."""

from __future__ import annotations

import functools
import logging
from typing import TYPE_CHECKING, Any, Final, TypeVar

import grpc
from google.protobuf import any_pb2, duration_pb2
from google.rpc import error_details_pb2, status_pb2

from planner.domain import errors

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

    from google.protobuf.message import Message

logger = logging.getLogger(__name__)

DOMAIN: Final = "planner.deploy-changes"
"""The ``domain`` of every ErrorInfo."""

DETAILS_KEY: Final = "grpc-status-details-bin"

MOST_MESSAGE, MOST_DETAILS, MOST_TEXT = 700, 3000, 300
"""Most bytes of a status message, of all violations, of any other text in a detail.

Clients refuse trailers beyond 8 KiB, where the message travels twice, once with up to three
characters a byte, and the details in base64.
"""

RETRY_S: Final = 1
"""When a client may try again what is unavailable now."""

CODES: Final = {
    errors.InvalidInput: grpc.StatusCode.INVALID_ARGUMENT,
    errors.NotFound: grpc.StatusCode.NOT_FOUND,
    errors.AlreadyExists: grpc.StatusCode.ALREADY_EXISTS,
    errors.PreconditionFailed: grpc.StatusCode.FAILED_PRECONDITION,
    errors.Conflict: grpc.StatusCode.ABORTED,
    errors.OutOfRange: grpc.StatusCode.OUT_OF_RANGE,
    errors.Exhausted: grpc.StatusCode.RESOURCE_EXHAUSTED,
    errors.Unavailable: grpc.StatusCode.UNAVAILABLE,
}
"""Anything else that leaves a servicer is a bug and answered INTERNAL."""

Servicer = TypeVar("Servicer")


def unary(handler: Callable[..., Any]) -> Callable[..., Any]:
    """Answer a domain error of a plain handler as a status with details."""

    @functools.wraps(handler)
    def answer(self: Servicer, request: Message, context: grpc.ServicerContext) -> Any:
        try:
            return handler(self, request, context)
        except Exception as error:  # noqa: BLE001 - a bug is answered with details as well
            code, message, trailers = _status(error)
            context.set_trailing_metadata(trailers)
            return context.abort(code, message)

    return answer


def waiting(handler: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    """Answer a domain error of an asynchronous handler as a status with details."""

    @functools.wraps(handler)
    async def answer(
        self: Servicer, request: Message, context: grpc.aio.ServicerContext[Any, Any]
    ) -> Any:
        try:
            return await handler(self, request, context)
        except Exception as error:  # noqa: BLE001
            code, message, trailers = _status(error)
            await context.abort(code, message, trailers)

    return answer


def stream(handler: Callable[..., AsyncIterator[Any]]) -> Callable[..., AsyncIterator[Any]]:
    """Answer a domain error of an asynchronous stream as a status with details."""

    @functools.wraps(handler)
    async def answer(
        self: Servicer, request: Message, context: grpc.aio.ServicerContext[Any, Any]
    ) -> AsyncIterator[Any]:
        try:
            async for response in handler(self, request, context):
                yield response
        except Exception as error:  # noqa: BLE001
            code, message, trailers = _status(error)
            await context.abort(code, message, trailers)

    return answer


def _status(error: Exception) -> tuple[grpc.StatusCode, str, tuple[tuple[str, bytes]]]:
    code = next((CODES[kind] for kind in type(error).__mro__ if kind in CODES), None)
    if code is None:
        logger.error("a bug: %s", error, exc_info=error)
        code = grpc.StatusCode.INTERNAL
    if not isinstance(error, errors.PlannerError):
        error = errors.PlannerError("BUG", "the planner failed; its log tells more")
    message = _text(error.message, MOST_MESSAGE)
    status = status_pb2.Status(code=code.value[0], message=message)
    for detail in _details(error):
        packed = any_pb2.Any()
        packed.Pack(detail)
        status.details.append(packed)
    return code, message, ((DETAILS_KEY, status.SerializeToString()),)


def _details(error: errors.PlannerError) -> Iterator[Message]:
    """Give ErrorInfo always, and the detail that matches the kind of error."""
    metadata = {key: _text(value) for key, value in error.metadata.items()}
    info = error_details_pb2.ErrorInfo(reason=error.reason, domain=DOMAIN, metadata=metadata)
    if isinstance(error, errors.InvalidInput):
        bad_request = _bad_request(error)
        shown = len(bad_request.field_violations)
        if shown < len(error.violations):
            info.metadata.update(violations=str(len(error.violations)), shown=str(shown))
        yield info
        yield bad_request
        return
    yield info
    if isinstance(error, errors.NotFound | errors.AlreadyExists):
        yield error_details_pb2.ResourceInfo(
            resource_type=error.kind,
            resource_name=_text(error.name),
            description=_text(error.message),
        )
    elif isinstance(error, errors.PreconditionFailed):
        failure = error_details_pb2.PreconditionFailure()
        text = _text(error.message)
        failure.violations.add(type=error.reason, subject=error.subject, description=text)
        yield failure
    elif isinstance(error, errors.Exhausted):
        failure = error_details_pb2.QuotaFailure()
        failure.violations.add(subject=error.reason, description=_text(error.message))
        yield failure
    elif isinstance(error, errors.Unavailable):
        yield error_details_pb2.RetryInfo(retry_delay=duration_pb2.Duration(seconds=RETRY_S))


def _bad_request(error: errors.InvalidInput) -> error_details_pb2.BadRequest:
    """Name as many violations as have room."""
    bad_request = error_details_pb2.BadRequest()
    for violation in error.violations:
        bad_request.field_violations.add(
            field=_text(violation.subject),
            description=_text(violation.message),
            reason=violation.reason,
        )
        if bad_request.ByteSize() > MOST_DETAILS:
            del bad_request.field_violations[-1]
            break
    return bad_request


def _text(text: str, most: int = MOST_TEXT) -> str:
    """Cut a text to so many bytes, and make it one that protobuf takes."""
    data = text.encode(errors="replace")
    return (data[:most].decode(errors="ignore") + "…") if len(data) > most else data.decode()

"""How does a command talk to a planner, print what it answers, and fail?"""

from __future__ import annotations

import functools
import json
import sys
from typing import TYPE_CHECKING, Any, Final, NoReturn

import click
import grpc
from google.protobuf.json_format import MessageToDict
from google.rpc import error_details_pb2, status_pb2
from rich.console import Console
from rich.table import Table

from planner.v1.inventory_service_pb2_grpc import InventoryServiceStub
from planner.v1.planner_service_pb2_grpc import PlannerServiceStub
from planner.v1.transaction_service_pb2_grpc import TransactionServiceStub

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from google.protobuf.message import Message

FAILED: Final = 1
UNREACHABLE: Final = 3


class Session:
    """One run of the command line: a connection, opened when first used, and a way to print."""

    def __init__(self, server: str, output: str) -> None:
        self.server = server
        self.is_json = output == "json"
        self.console = Console(soft_wrap=True, highlight=False)

    @functools.cached_property
    def _channel(self) -> grpc.Channel:
        return grpc.insecure_channel(self.server)

    @functools.cached_property
    def inventory(self) -> InventoryServiceStub:
        """The inventory."""
        return InventoryServiceStub(self._channel)

    @functools.cached_property
    def planner(self) -> PlannerServiceStub:
        """What plans and runs."""
        return PlannerServiceStub(self._channel)

    @functools.cached_property
    def transactions(self) -> TransactionServiceStub:
        """The record."""
        return TransactionServiceStub(self._channel)

    def print_message(self, message: Message, facts: Iterable[tuple[str, object]]) -> None:
        """Print one answer: as JSON, or its facts as two columns."""
        if self.is_json:
            self.print_json(message)
            return
        table = Table(show_header=False, box=None, pad_edge=False)
        for name, value in facts:
            table.add_row(name, str(value))
        self.console.print(table)

    def print_rows(
        self,
        messages: Sequence[Message],
        columns: Sequence[str],
        row: Callable[[Any], Sequence[object]],
    ) -> None:
        """Print many answers: as a JSON array, or as a table."""
        if self.is_json:
            click.echo(json.dumps([_as_json(message) for message in messages], indent=2))
            return
        table = Table(box=None, pad_edge=False, header_style="bold")
        for column in columns:
            table.add_column(column, overflow="fold")
        for message in messages:
            table.add_row(*(str(value) for value in row(message)))
        self.console.print(table)

    def print_json(self, message: Message) -> None:
        """Print one answer as JSON."""
        click.echo(json.dumps(_as_json(message), indent=2))


def command(handler: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command its session, and turn a failed call into a message and an exit code."""

    @click.pass_obj
    @functools.wraps(handler)
    def run(connection: tuple[str, str], /, *args: Any, **kwargs: Any) -> Any:
        session = Session(*connection)
        try:
            return handler(session, *args, **kwargs)
        except grpc.RpcError as error:
            _fail(session, error)

    return run


def pages(call: Callable[[Any], Any], request: Message, field: str) -> list[Any]:
    """Collect every page of a list."""
    rows: list[Any] = []
    while True:
        response = call(request)
        rows.extend(getattr(response, field))
        if not response.next_page_token:
            return rows
        request.page_token = response.next_page_token  # type: ignore[attr-defined]


def label(value: int, enum: Any) -> str:
    """Name an enum value for people: ``TRANSACTION_STATE_RUNNING`` is ``running``."""
    name: str = enum.Name(value)
    prefix = enum.DESCRIPTOR.values[0].name.removesuffix("UNSPECIFIED")
    return name.removeprefix(prefix).lower().replace("unspecified", "-")


def _as_json(message: Message) -> dict[str, Any]:
    return MessageToDict(message, preserving_proto_field_name=True)


def _fail(session: Session, error: grpc.RpcError) -> NoReturn:
    """Say what went wrong, every violation on a line of its own, and exit."""
    code = error.code()
    click.echo(f"Error: {error.details()} ({code.name})", err=True)
    for line in _detail_lines(error):
        click.echo(f"  {line}", err=True)
    if code is grpc.StatusCode.UNAVAILABLE:
        click.echo(
            f"  Is a planner running at {session.server}? Start one: planner serve", err=True
        )
        sys.exit(UNREACHABLE)
    sys.exit(FAILED)


def _detail_lines(error: grpc.RpcError) -> Iterable[str]:
    trailers = {item.key: item.value for item in error.trailing_metadata() or ()}
    status = status_pb2.Status.FromString(trailers.get("grpc-status-details-bin", b""))
    for detail in status.details:
        info = error_details_pb2.ErrorInfo()
        bad = error_details_pb2.BadRequest()
        if detail.Unpack(info):
            yield f"reason: {info.reason}"
            yield from (f"{key}: {value}" for key, value in sorted(info.metadata.items()))
        elif detail.Unpack(bad):
            yield from (f"{v.field}: {v.description}" for v in bad.field_violations)

"""A page token belongs to its list and its filters, and cannot be made up."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import grpc
import pytest

from planner.rpc.paging import page_of
from planner.v1 import inventory_service_pb2 as pb
from planner.v1 import transaction_service_pb2 as transaction_pb
from tests.planner.rpc.door import Door, Refused
from tests.planner.rpc.scene import DOCUMENT, create_cluster, import_release, register

if TYPE_CHECKING:
    from collections.abc import Callable

    from planner.storage.unit_of_work import SqlStore

HUGE = [2**63 - 1, -(2**63) + 1, 2**63, -(2**63), 2**64, 10**30, -1, 0]


def forge(request: Any, *key: Any) -> str:
    """Make a token as the service would, with a key of one's own."""
    kinds = tuple(type(part) for part in key)
    return page_of(request, default=1, largest=1, key=kinds).token(*key)


def forge_text(text: str) -> str:
    """Make a token of any text."""
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "token",
    [
        "x",
        "é",
        "=",
        "\x00",
        "////",
        "a" * 10_000,
        forge_text("null"),
        forge_text("[]"),
        forge_text("[1, 2]"),
        forge_text('{"a": 1, "b": 2}'),
        forge_text("[" * 20_000),
        forge_text("9" * 5000),
    ],
)
def test_a_text_that_is_no_token_is_refused(door: Door, token: str) -> None:
    """Whatever it decodes to."""
    with pytest.raises(Refused) as refused:
        door.call("ListNodes", pb.ListNodesRequest(page_token=token))

    assert refused.value.code is grpc.StatusCode.INVALID_ARGUMENT
    assert refused.value.fields == [("BAD_PAGE_TOKEN", "page_token")]


def test_a_token_of_another_query_is_refused(door: Door) -> None:
    """Other filters, or another list: the pages would not follow each other."""
    import_release(door)
    create_cluster(door)
    register(door, "01", "02")
    token = door.call("ListNodes", pb.ListNodesRequest(page_size=1)).next_page_token

    for method, request in (
        ("ListNodes", pb.ListNodesRequest(page_token=token, cluster="demo")),
        ("ListNodes", pb.ListNodesRequest(page_token=token, status=1)),  # type: ignore[arg-type]
        ("ListClusters", pb.ListClustersRequest(page_token=token)),
        ("ListTransactions", transaction_pb.ListTransactionsRequest(page_token=token)),
    ):
        with pytest.raises(Refused) as refused:
            door.call(method, request)
        assert refused.value.fields == [("BAD_PAGE_TOKEN", "page_token")]


def test_a_page_may_have_another_size_than_the_one_before(door: Door) -> None:
    """The size is no filter."""
    register(door, "01", "02", "03")
    token = door.call("ListNodes", pb.ListNodesRequest(page_size=1)).next_page_token

    rest = door.call("ListNodes", pb.ListNodesRequest(page_size=1000, page_token=token))

    assert len(rest.nodes) == 2


@pytest.mark.parametrize("size", [1001, 2**32 - 1])
def test_a_page_that_is_too_large_is_refused(door: Door, size: int) -> None:
    """The limit is named; a bad token beside it as well."""
    request = pb.ListNodesRequest(page_size=size)
    request.page_token = "x"

    with pytest.raises(Refused) as refused:
        door.call("ListNodes", request)

    assert refused.value.fields == [
        ("OUT_OF_RANGE", "page_size"),
        ("BAD_PAGE_TOKEN", "page_token"),
    ]


@pytest.mark.parametrize("figure", HUGE)
def test_figures_in_a_forged_token_do_no_harm(
    database_url: str, open_store: Callable[[str], SqlStore], figure: int
) -> None:
    """Refused, or a position like any other; never an error of the database."""
    door = Door(open_store(database_url))
    door.call("ImportRelease", pb.ImportReleaseRequest(release="cloud", document=DOCUMENT))

    for method, request, key in (
        ("ListNodes", pb.ListNodesRequest(), (figure,)),
        ("ListClusters", pb.ListClustersRequest(), (figure,)),
        ("ListReleases", pb.ListReleasesRequest(), (figure, "cloud")),
        ("ListTransactions", transaction_pb.ListTransactionsRequest(), (figure,)),
    ):
        request.page_token = forge(request, *key)
        answer = door.ask(method, request)
        if isinstance(answer, Refused):
            assert answer.fields == [("BAD_PAGE_TOKEN", "page_token")]


def test_text_that_postgresql_cannot_hold_is_refused(
    postgres_url: str, open_store: Callable[[str], SqlStore]
) -> None:
    """A NUL in a filter or a token is the client's mistake, not the database's."""
    store = open_store(postgres_url)
    door = Door(store)
    request = pb.ListReleasesRequest()
    request.page_token = forge(request, 1, "a\x00b")

    refused = door.ask("ListReleases", request)

    assert refused.code is grpc.StatusCode.INVALID_ARGUMENT
    assert refused.reason == "INVALID_INPUT"

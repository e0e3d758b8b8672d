"""What the tests of the doors share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from grpc_testing._server import _rpc

from tests.planner.rpc.door import Door

if TYPE_CHECKING:
    from planner.storage.unit_of_work import SqlStore


@pytest.fixture(autouse=True)
def _aborted_calls_keep_their_trailers(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server sends trailing metadata with an aborted call; grpcio-testing drops them."""

    def abort(rpc: Any, code: Any, details: str) -> None:
        rpc._terminate(rpc._pending_trailing_metadata or (), code, details)

    monkeypatch.setattr(_rpc.Rpc, "_abort", abort)


@pytest.fixture
def door(store: SqlStore) -> Door:
    """The planner's unary RPCs over an empty store."""
    return Door(store)

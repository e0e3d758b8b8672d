"""What the orchestrator's tests share: a service in this process, and a client for it."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import grpc
import pytest

from orchestrator.app import Orchestrator
from orchestrator.settings import Settings
from tests.orchestrator.client import Client

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from tests.orchestrator.client import Serving


@pytest.fixture
def serving(tmp_path: Path) -> Serving:
    """Return a way to run the service on one journal, several times in a row."""

    @asynccontextmanager
    async def run(scenario: str = "", **settings: Any) -> AsyncIterator[Client]:
        path = tmp_path / "scenario.yaml"
        path.write_text(scenario)
        chosen = Settings(
            listen="127.0.0.1:0",
            data_dir=tmp_path / "data",
            scenario=path,
            grace_seconds=1,
            **settings,
        )
        async with (
            Orchestrator(chosen) as service,
            grpc.aio.insecure_channel(f"127.0.0.1:{service.port}") as channel,
        ):
            yield Client(channel, service)

    return run


@pytest.fixture
async def client(serving: Serving) -> AsyncIterator[Client]:
    """A client of a service with the default scenario."""
    async with serving() as connected:
        yield connected

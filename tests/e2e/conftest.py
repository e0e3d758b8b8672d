"""What end-to-end tests share: one pair of processes for those that do not disturb it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.processes import running_pair

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.processes import Pair


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    """A planner and an orchestrator as two processes, on SQLite."""
    with running_pair(tmp_path_factory.mktemp("pair")) as started:
        yield started

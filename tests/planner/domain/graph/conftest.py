"""Small tasks, nodes and requests to build cases from."""

from __future__ import annotations

from typing import Any, Protocol

import pytest

from planner.domain.graph.node_set import RunNode
from planner.domain.graph.request import Engine, PlanRequest
from planner.domain.graph.state import NEVER_RAN, ExpectedState, OldState
from planner.domain.graph.stored_form import stored_form
from planner.domain.graph.task import read_task


class RequestBuilder(Protocol):
    """Builds a request from tasks as an author writes them and tags by uid."""

    def __call__(
        self, tasks: list[dict[str, Any]], nodes: dict[str, list[str]], **options: Any
    ) -> PlanRequest:
        """Build it; ``common`` and ``data`` are the new state, ``old`` the old one."""
        ...


def build_request(
    tasks: list[dict[str, Any]],
    nodes: dict[str, list[str]],
    *,
    common: dict[str, Any] | None = None,
    data: dict[str, dict[str, Any]] | None = None,
    old: OldState = NEVER_RAN,
    engine: Engine = Engine.LCM,
    **options: Any,
) -> PlanRequest:
    """Build a request; every node has a state, and so has the master."""
    parts = {uid: {"uid": uid, "roles": sorted(tags)} for uid, tags in nodes.items()}
    parts["master"] = {"uid": "master", "roles": ["master"]}
    parts |= {uid: {**parts.get(uid, {}), **more} for uid, more in (data or {}).items()}
    return PlanRequest(
        engine=engine,
        tasks=tuple(read_task(stored_form({"version": "2.1.0", **task})) for task in tasks),
        nodes=tuple(RunNode(uid, frozenset(tags)) for uid, tags in nodes.items()),
        state=ExpectedState(common or {}, parts),
        old_state=old,
        **options,
    )


@pytest.fixture
def a_request() -> RequestBuilder:
    """Return the builder of requests."""
    return build_request

"""How does a recorded case become a request?"""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any, Final

from planner.domain.graph.errors import GraphError
from planner.domain.graph.node_set import RunNode
from planner.domain.graph.request import Engine, PlanRequest
from planner.domain.graph.state import NEVER_RAN, ExpectedState, OldState, OldStateBuilder
from planner.domain.graph.stored_form import stored_form
from planner.domain.graph.task import read_task

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_SHOWN: Final = 80
"""Longest part of a wrong value that an error shows."""


def read_request(given: Mapping[str, Any]) -> PlanRequest:
    """Read the ``input`` of a case for the engines that plan (golden README).

    Tasks make the round trip to the stored form here unless ``normalized`` is set (decision 2).
    Raises GraphError for anything that is not of the shape a case has.
    """
    tasks = _list(given, "tasks")
    if not given.get("normalized"):
        tasks = [stored_form(task) for task in tasks]
    context = _mapping(given, "context")
    return PlanRequest(
        engine=Engine(given["engine"]),
        tasks=tuple(read_task(task) for task in tasks),
        nodes=_nodes(given, "nodes"),
        state=_state(_mapping(context, "new")),
        old_state=_old_state(_mapping(context, "old")),
        selected_tasks=frozenset(_words(given, "selected_tasks")),
        affected_nodes=_nodes(given, "affected_nodes"),
        events=frozenset(_words(given, "events")),
        adapts_legacy=bool(given.get("adapt_legacy")),
        plugin_tasks=tuple(_list(given, "legacy_plugin_tasks")),
        cluster=_mapping(given, "cluster"),
        settings=_mapping(given, "settings"),
    )


def read_node_filter(given: Mapping[str, Any]) -> tuple[str | None, list[dict[str, Any]]]:
    """Read the ``input`` of a case that asks for the nodes of a graph; raises GraphError."""
    text = given.get("node_filter")
    if text is not None and not isinstance(text, str):
        raise GraphError(f"node_filter is no text: {_short(text)}", field="node_filter")
    return text, _list(given, "nodes")


def _nodes(given: Mapping[str, Any], field: str) -> tuple[RunNode, ...]:
    nodes = []
    for node in _list(given, field):
        tags = _words(node, "tags")
        if "uid" not in node:
            raise GraphError(f"a node of {field} has no uid: {node!r}", field=field)
        nodes.append(RunNode(str(node["uid"]), frozenset(tags)))
    return tuple(nodes)


def _state(given: Mapping[str, Any]) -> ExpectedState:
    nodes = _mapping(given, "nodes")
    return ExpectedState(_mapping(given, "common"), {u: _mapping(nodes, u) for u in nodes})


def _old_state(given: Mapping[str, Any]) -> OldState:
    if not given:
        return NEVER_RAN
    states = {task: _state(_mapping(given, task)) for task in given}
    builder = OldStateBuilder(sorted({uid for state in states.values() for uid in state.nodes}))
    for task, state in states.items():
        common = builder.document(state.common)
        for uid, data in state.nodes.items():
            builder.succeeded(task, uid, common, builder.document(data))
    return builder.build()


def _mapping(given: Mapping[str, Any], field: str) -> Mapping[str, Any]:
    value = given.get(field)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise GraphError(f"{field} is no object: {_short(value)}", field=field)
    return value


def _list(given: Mapping[str, Any], field: str) -> list[dict[str, Any]]:
    value = given.get(field)
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise GraphError(f"{field} is no list of objects: {_short(value)}", field=field)
    return value


def _words(given: Mapping[str, Any], field: str) -> list[str]:
    value = given.get(field)
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise GraphError(f"{field} is no list of words: {_short(value)}", field=field)
    return value


def _short(value: Any) -> str:
    return textwrap.shorten(repr(value), MAX_SHOWN, placeholder="…")

"""Graphs of release, plugins and cluster are merged as dossier 6.2 and 9.4 say."""

from __future__ import annotations

import pytest

from planner.domain.errors import AlreadyExists
from planner.domain.graph.graph_merge import GraphDocument, merge_graphs


def tasks(**owners: str) -> list[dict[str, str]]:
    """Build tasks by id, marked with their owner."""
    return [{"id": task_id, "owner": owner} for task_id, owner in owners.items()]


def test_cluster_wins_over_plugins_over_release() -> None:
    """By id; the order is cluster, plugins, release."""
    merged = merge_graphs(
        GraphDocument(tasks(a="release", b="release", c="release")),
        {"p": GraphDocument(tasks(b="p", c="p"))},
        GraphDocument(tasks(c="cluster")),
    )
    assert [(t["id"], t["owner"]) for t in merged.tasks] == [
        ("c", "cluster"),
        ("b", "p"),
        ("a", "release"),
    ]


def test_two_plugins_with_one_task_are_refused() -> None:
    """Neither could be preferred."""
    with pytest.raises(AlreadyExists):
        merge_graphs(
            GraphDocument(), {"p": GraphDocument(tasks(a="p")), "q": GraphDocument(tasks(a="q"))}
        )


def test_metadata_merge_deeply() -> None:
    """The more specific owner wins key by key."""
    merged = merge_graphs(
        GraphDocument(metadata={"on_error": {"node_attributes": {"status": "error", "x": 1}}}),
        {"p": GraphDocument(metadata={"node_filter": "$.a"})},
        GraphDocument(metadata={"on_error": {"node_attributes": {"status": "stopped"}}}),
    )
    assert merged.node_filter == "$.a"
    assert merged.attributes("on_error") == {"status": "stopped", "x": 1}


def test_defaults_of_metadata() -> None:
    """Missing means the default, an empty object means no change."""
    graph = GraphDocument(metadata={"on_stop": {"node_attributes": {}}, "on_error": {}})
    assert graph.attributes("on_success") == {"status": "ready"}
    assert graph.attributes("on_error") == {"status": "error"}
    assert graph.attributes("on_stop") == {}
    assert graph.node_filter is None

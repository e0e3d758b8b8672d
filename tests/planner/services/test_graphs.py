"""Graphs put beside those of a release: merged as they will run, checked as merged."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from planner.domain.errors import AlreadyExists, Conflict, InvalidInput, NotFound
from planner.domain.graph_layers import GraphKey
from planner.services.changes import Change, preview_changes
from planner.services.graphs import delete_graph, get_graph, list_graphs, put_graph
from tests.planner.builders import NOW, a_cluster, a_node, a_release, a_task

if TYPE_CHECKING:
    from planner.storage.unit_of_work import SqlStore

CLUSTER = GraphKey("clusters/demo", "", "default")
RELEASE = GraphKey("releases/cloud", "", "default")
PLUGIN = GraphKey("releases/cloud", "monitoring", "default")


@pytest.fixture
def inventory(any_store: SqlStore) -> SqlStore:
    """A release, a cluster and one node of it."""
    with any_store.write() as work:
        work.releases.put(a_release(), NOW)
        work.clusters.add(a_cluster())
        work.nodes.add([a_node("1", pending_roles=("controller",), pending_addition=True)])
    return any_store


def _put(store: SqlStore, key: GraphKey, *tasks: dict[str, Any], **metadata: Any) -> None:
    document = json.dumps({"tasks": list(tasks), **metadata})
    put_graph(store, key, document, etag="", request=None, now=NOW)


def _planned(store: SqlStore) -> dict[str, str]:
    """Map each task that the cluster would run on its node to its type."""
    plan = preview_changes(store, Change(cluster="demo"))
    return {group.task: group.type for group in plan.task_groups(uid="1")}


def test_a_plugin_adds_tasks(inventory: SqlStore) -> None:
    """Its tasks run beside those of the release, and may require them."""
    _put(inventory, PLUGIN, a_task("agent", requires=["api"]))

    assert set(_planned(inventory)) == {"hosts", "api", "agent"}


def test_a_cluster_wins_over_plugins_and_they_over_the_release(inventory: SqlStore) -> None:
    """The same task id in several layers: the highest one counts (dossier 6.2)."""
    _put(inventory, PLUGIN, a_task("hosts", type="shell", parameters={"cmd": "x"}))
    assert _planned(inventory)["hosts"] == "shell"

    _put(inventory, CLUSTER, a_task("hosts", type="reboot", parameters={}))

    assert _planned(inventory)["hosts"] == "reboot"


def test_a_removed_graph_lets_the_one_below_show_again(inventory: SqlStore) -> None:
    """What the release's document says is never lost."""
    _put(inventory, RELEASE, a_task("only"))
    assert set(_planned(inventory)) == {"only"}

    delete_graph(inventory, RELEASE, etag="", request=None, now=NOW)

    assert set(_planned(inventory)) == {"hosts", "api"}
    with pytest.raises(NotFound):
        delete_graph(inventory, RELEASE, etag="", request=None, now=NOW)


def test_names_are_looked_up_in_what_it_is_merged_with(inventory: SqlStore) -> None:
    """A task that no layer has is dangling, and nothing is stored."""
    with pytest.raises(InvalidInput, match="no task 'nowhere'"):
        _put(inventory, CLUSTER, a_task("more", requires=["hosts", "nowhere"]))

    assert [graph.key for graph in list_graphs(inventory, "clusters/demo")] == []


def test_graphs_of_the_document_are_listed_beside_those_that_were_put(
    inventory: SqlStore,
) -> None:
    """A reader need not know where a graph comes from."""
    _put(inventory, PLUGIN, a_task("agent"))

    keys = [graph.key for graph in list_graphs(inventory, "releases/cloud")]

    assert keys == [RELEASE, PLUGIN]
    assert len(get_graph(inventory, RELEASE).document["tasks"]) == 2


def test_a_graph_changes_what_a_preview_named(inventory: SqlStore) -> None:
    """The cluster's revision rises, so that no plan of before is committed."""
    with inventory.read() as work:
        before = work.clusters.get("demo").revision

    _put(inventory, RELEASE, a_task("only"))

    with inventory.read() as work:
        assert work.clusters.get("demo").revision > before


def test_an_etag_must_match(inventory: SqlStore) -> None:
    """Somebody else's graph is not overwritten."""
    _put(inventory, CLUSTER, a_task("one"))

    with pytest.raises(Conflict):
        put_graph(inventory, CLUSTER, '{"tasks": []}', etag="0" * 64, request=None, now=NOW)


def test_two_plugins_must_not_define_the_same_task(inventory: SqlStore) -> None:
    """The clash is an error on the way in (dossier 6.2)."""
    _put(inventory, PLUGIN, a_task("agent"))
    rival = PLUGIN._replace(plugin="other")

    with pytest.raises(AlreadyExists, match="both define the task 'agent'"):
        _put(inventory, rival, a_task("agent"))


def test_an_unknown_owner_has_no_graphs(inventory: SqlStore) -> None:
    """NotFound, whether put or listed."""
    with pytest.raises(NotFound):
        _put(inventory, GraphKey("clusters/none", "", "default"), a_task("a"))
    with pytest.raises(NotFound):
        list_graphs(inventory, "releases/none")

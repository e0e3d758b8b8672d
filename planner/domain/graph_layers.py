"""Which graphs do release, plugins and cluster define together (dossier 6.2)?"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from planner.domain.graph.graph_merge import GraphDocument, merge_graphs
from planner.domain.graph.stored_form import stored_form
from planner.domain.release import DEFAULT_GRAPH

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from planner.domain.cluster import Cluster
    from planner.domain.release import Release

LEGACY_TASKS: Final = "legacy_tasks"
"""Tasks of old plugins, which only name a stage (dossier 6.8, point 6)."""


class GraphKey(NamedTuple):
    """Whose graph it is: an owner's own (``plugin`` empty), or what a plugin adds to it.

    ``owner`` is ``releases/ID`` or ``clusters/ID``.
    """

    owner: str
    plugin: str
    type: str

    @property
    def name(self) -> str:
        """The resource name."""
        plugin = f"/plugins/{self.plugin}" if self.plugin else ""
        return f"{self.owner}{plugin}/graphs/{self.type}"


@dataclass(frozen=True, slots=True)
class GraphLayers:
    """Graphs as their authors wrote them, by layer and type: cluster over plugins over release."""

    release: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    plugins: Mapping[str, Mapping[str, Mapping[str, Any]]] = field(default_factory=dict)
    cluster: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def laid_over(self, graphs: Iterable[tuple[GraphKey, Mapping[str, Any]]]) -> GraphLayers:
        """Return these layers with graphs that were put one by one; the later one wins."""
        layers = self
        for key, document in graphs:
            if key.plugin:
                mine = {**layers.plugins.get(key.plugin, {}), key.type: document}
                layers = replace(layers, plugins={**layers.plugins, key.plugin: mine})
            elif key.owner.startswith("clusters/"):
                layers = replace(layers, cluster={**layers.cluster, key.type: document})
            else:
                layers = replace(layers, release={**layers.release, key.type: document})
        return layers

    @property
    def types(self) -> frozenset[str]:
        """All graph types that some layer defines."""
        return frozenset(self.release).union(self.cluster, *self.plugins.values())

    def graph(self, kind: str) -> GraphDocument:
        """Return a graph by type; one that nobody defines has no tasks.

        Raises AlreadyExists where two plugins define the same task.
        """
        return merge_graphs(
            _read(self.release.get(kind, {})),
            {name: _read(graphs.get(kind, {})) for name, graphs in self.plugins.items()},
            _read(self.cluster.get(kind, {})),
        )

    def legacy_tasks(self, kind: str) -> tuple[Mapping[str, Any], ...]:
        """Return the tasks of old plugins; they take part in the default graph only (9.3)."""
        if kind != DEFAULT_GRAPH:
            return ()
        return tuple(
            task
            for name in sorted(self.plugins)
            for task in self.plugins[name].get(kind, {}).get(LEGACY_TASKS, ())
        )


def owners_of(cluster: Cluster) -> tuple[str, str]:
    """Name whose graphs run on a cluster: its release's and its own."""
    return f"releases/{cluster.release}", f"clusters/{cluster.id}"


def release_layers(release: Release) -> GraphLayers:
    """Return the layers that a release's document defines."""
    plugins = {name: plugin.get("graphs", {}) for name, plugin in release.plugins.items()}
    return GraphLayers(release.graphs, plugins)


def _read(document: Mapping[str, Any]) -> GraphDocument:
    tasks = [stored_form(task) for task in document.get("tasks", ())]
    metadata = {key: value for key, value in document.items() if key not in {"tasks", LEGACY_TASKS}}
    return GraphDocument(tasks, metadata)

"""How are graphs put beside those of a release's document, read and removed?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.domain.errors import Conflict, NotFound
from planner.domain.graph_document import parse_graph
from planner.domain.graph_layers import GraphKey, owners_of, release_layers
from planner.services.idempotency import RequestKey, remember, replayed
from planner.services.ports import StoredGraph

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from planner.domain.graph_layers import GraphLayers
    from planner.domain.release import Release
    from planner.services.ports import Store, Work

RELEASES, CLUSTERS = "releases/", "clusters/"


def put_graph(
    store: Store,
    key: GraphKey,
    document: str,
    *,
    etag: str,
    request: RequestKey | None,
    now: datetime,
) -> StoredGraph:
    """Put a graph, replacing what was there. Commits.

    It is checked as it will run, merged with the graphs it meets. Raises InvalidInput with every
    violation, AlreadyExists for a task of another plugin, NotFound for an unknown owner.
    """
    with store.write() as work:
        release = _release_of(work, key)
        if replayed(work, request) is not None:
            return _get(work, key)
        _check_etag(work, key, etag)
        parsed, warnings = parse_graph(key, document, _layers(work, key, release), release)
        stored = work.graphs.put(key, parsed, warnings, now)
        _touch(work, key)
        remember(work, request, key.name, now)
        return stored


def get_graph(store: Store, key: GraphKey) -> StoredGraph:
    """Return a graph; one of a release's document too. Raises NotFound."""
    with store.read() as work:
        return _get(work, key)


def list_graphs(store: Store, owner: str) -> Sequence[StoredGraph]:
    """List the graphs of an owner by plugin and type, those of a release's document too."""
    with store.read() as work:
        found = {graph.key: graph for graph in _documented(work, owner)}
        found.update({graph.key: graph for graph in work.graphs.of_owners([owner])})
        return [found[key] for key in sorted(found)]


def delete_graph(
    store: Store, key: GraphKey, *, etag: str, request: RequestKey | None, now: datetime
) -> None:
    """Remove a graph that was put; what a release's document defines shows again. Commits."""
    with store.write() as work:
        if replayed(work, request) is not None:
            return
        _check_etag(work, key, etag)
        work.graphs.delete(key)
        _touch(work, key)
        remember(work, request, key.name, now)


def _get(work: Work, key: GraphKey) -> StoredGraph:
    found = work.graphs.find(key)
    if found is not None:
        return found
    for graph in _documented(work, key.owner):
        if graph.key == key:
            return graph
    raise NotFound("graph", key.name)


def _documented(work: Work, owner: str) -> Sequence[StoredGraph]:
    """Return the graphs of a release's document; a cluster has none. Raises NotFound."""
    if owner.startswith(CLUSTERS):
        work.clusters.get(owner.removeprefix(CLUSTERS))
        return []
    stored = work.releases.get(owner.removeprefix(RELEASES))
    layers = release_layers(stored.release)
    named = [("", layers.release), *sorted(layers.plugins.items())]
    return [
        StoredGraph(GraphKey(owner, plugin, kind), graph, (), stored.digest, stored.updated_at)
        for plugin, graphs in named
        for kind, graph in sorted(graphs.items())
    ]


def _release_of(work: Work, key: GraphKey) -> Release:
    if key.owner.startswith(CLUSTERS):
        cluster = work.clusters.lock(key.owner.removeprefix(CLUSTERS))
        return work.releases.get(cluster.release).release
    return work.releases.get(key.owner.removeprefix(RELEASES)).release


def _layers(work: Work, key: GraphKey, release: Release) -> GraphLayers:
    """Return what a graph of this owner meets: a cluster's also the graphs of its release."""
    owners: Sequence[str] = [key.owner]
    if key.owner.startswith(CLUSTERS):
        owners = owners_of(work.clusters.get(key.owner.removeprefix(CLUSTERS)))
    put = [(graph.key, graph.document) for graph in work.graphs.of_owners(owners)]
    return release_layers(release).laid_over(put)


def _check_etag(work: Work, key: GraphKey, etag: str) -> None:
    if etag:
        found = work.graphs.find(key)
        if found is None or found.digest != etag:
            raise Conflict("ETAG_MISMATCH", f"{key.name} has changed", {"graph": key.name})


def _touch(work: Work, key: GraphKey) -> None:
    """Raise the revision of every cluster whose plan the graph may change."""
    if key.owner.startswith(CLUSTERS):
        clusters: Sequence[str] = [key.owner.removeprefix(CLUSTERS)]
    else:
        clusters = work.clusters.of_release(key.owner.removeprefix(RELEASES))
    for cluster in clusters:
        work.clusters.save(work.clusters.lock(cluster))

"""How is it kept what a transaction was accepted over (decision 5)?"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sqlalchemy import select

from planner.domain.graph_layers import GraphKey, owners_of
from planner.domain.release import Release
from planner.services.ports import SnapshotContent
from planner.storage.tables import clusters, nodes, releases

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from planner.domain.cluster import Cluster
    from planner.storage.documents import DocumentRows
    from planner.storage.graphs import GraphRows
    from planner.storage.nodes import NodeRows


class SnapshotRows:
    """Snapshots within one unit of work.

    A snapshot names documents by their digests; nothing large is copied, and what it names
    cannot change.
    """

    def __init__(
        self,
        connection: Connection,
        documents: DocumentRows,
        node_rows: NodeRows,
        graph_rows: GraphRows,
    ) -> None:
        self._connection = connection
        self._documents = documents
        self._nodes = node_rows
        self._graphs = graph_rows

    def take(self, cluster: Cluster) -> str:
        """Keep what a plan of the cluster depends on, as it is now; return its digest."""
        documents = self._connection.execute(
            select(releases.c.document, clusters.c.settings)
            .join(releases, releases.c.id == clusters.c.release)
            .where(clusters.c.id == cluster.id)
        ).one()
        c = nodes.c
        query = select(c.uid, c.attributes, c.meta).where(c.cluster == cluster.id)
        members = {
            str(uid): [attributes, meta]
            for uid, attributes, meta in self._connection.execute(query)
        }
        content = {
            "release": [cluster.release, documents.document],
            "settings": documents.settings,
            "nodes": members,
            "graphs": [
                [*graph.key, graph.digest] for graph in self._graphs.of_owners(owners_of(cluster))
            ],
            "revision": cluster.revision,
        }
        return self._documents.put([content])[0]

    def load(self, snapshot: str, cluster: Cluster) -> SnapshotContent:
        """Return what was kept: release, settings, and the nodes that are still there.

        What nodes have become since (status, roles, progress) is as it is now; what was said of
        them (attributes, discovered facts) is as it was.
        """
        content = self._documents.get([snapshot])[snapshot]
        release_id, document = content["release"]
        digests = {digest for pair in content["nodes"].values() for digest in pair}
        digests.update(graph[-1] for graph in content["graphs"])
        texts = self._documents.get({document, content["settings"], *digests})
        present = self._nodes.of_cluster(cluster.id)
        kept = [
            replace(node, attributes=texts[attributes], meta=texts[meta])
            for node in present
            if node.uid in content["nodes"]
            for attributes, meta in (content["nodes"][node.uid],)
        ]
        return SnapshotContent(
            release=Release(release_id, texts[document]),
            cluster=replace(cluster, settings=texts[content["settings"]]),
            nodes=kept,
            graphs=[(GraphKey(*key), texts[digest]) for *key, digest in content["graphs"]],
            revision=content["revision"],
        )

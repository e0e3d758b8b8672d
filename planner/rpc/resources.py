"""How are releases, clusters and nodes written as proto?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from google.protobuf.timestamp_pb2 import Timestamp

from planner.domain.documents import canonical
from planner.rpc.enums import CLUSTER_STATUS, NODE_ERROR, NODE_STATUS
from planner.services.clusters import ClusterView, cluster_etag
from planner.services.nodes import node_etag
from planner.v1 import cluster_pb2, graph_pb2, node_pb2, release_pb2

if TYPE_CHECKING:
    from datetime import datetime

    from planner.domain.node import Node
    from planner.services.ports import StoredGraph, StoredRelease


def timestamp(moment: datetime | None) -> Timestamp | None:
    """Write a point in time; None stays unset."""
    if moment is None:
        return None
    stamp = Timestamp()
    stamp.FromDatetime(moment)
    return stamp


def write_release(stored: StoredRelease) -> release_pb2.Release:
    """Write a release without the tasks of its graphs."""
    release = stored.release
    return release_pb2.Release(
        name=f"releases/{release.id}",
        title=release.title,
        version=release.version,
        operating_system=release.operating_system,
        modes=release.modes,
        roles=sorted(release.roles),
        tags=sorted(release.tags),
        graphs=[
            release_pb2.GraphSummary(type=kind, task_count=len(graph["tasks"]))
            for kind, graph in sorted(release.graphs.items())
        ],
        sequences=[
            release_pb2.GraphSequence(name=name, graph_types=kinds)
            for name, kinds in sorted(release.sequences.items())
        ],
        warnings=release.warnings,
        etag=stored.digest,
        create_time=timestamp(stored.created_at),
        update_time=timestamp(stored.updated_at),
    )


def write_graph(stored: StoredGraph, *, full: bool = True) -> graph_pb2.Graph:
    """Write a graph, in lists without its document."""
    key = stored.key
    return graph_pb2.Graph(
        name=key.name,
        parent=key.owner,
        plugin=key.plugin,
        type=key.type,
        document_json=canonical(stored.document) if full else "",
        task_count=len(stored.document.get("tasks", ())),
        warnings=stored.warnings,
        etag=stored.digest,
        update_time=timestamp(stored.updated_at),
    )


def write_cluster(view: ClusterView, *, full: bool = True) -> cluster_pb2.Cluster:
    """Write a cluster, in lists without its settings."""
    cluster = view.cluster
    active = view.active_transaction
    return cluster_pb2.Cluster(
        name=f"clusters/{cluster.id}",
        release=f"releases/{cluster.release}",
        mode=cluster.mode,
        status=CLUSTER_STATUS.write(cluster.status),
        settings_json=canonical(cluster.settings) if full else "",
        pending_changes=sorted(cluster.pending_changes),
        deployed_before=cluster.deployed_before,
        node_count=view.node_count,
        active_transaction=f"transactions/{active}" if active else "",
        etag=cluster_etag(cluster),
        create_time=timestamp(cluster.created_at),
        update_time=timestamp(cluster.updated_at),
    )


def write_node(node: Node, *, full: bool = True) -> node_pb2.Node:
    """Write a node, in lists without attributes and discovered facts."""
    return node_pb2.Node(
        name=f"nodes/{node.uid}",
        uid=node.uid,
        mac=node.mac,
        hostname=node.hostname,
        ip=node.ip,
        cluster=f"clusters/{node.cluster}" if node.cluster else "",
        status=NODE_STATUS.write(node.shown_status),
        online=node.online,
        roles=node.roles,
        pending_roles=node.pending_roles,
        primary_tags=node.primary_tags,
        pending_addition=node.pending_addition,
        pending_deletion=node.pending_deletion,
        progress_percent=node.progress,
        error_type=NODE_ERROR.write(node.error_type),
        error_message=node.error_message,
        attributes_json=canonical(node.attributes) if full else "",
        meta_json=canonical(node.meta) if full else "",
        etag=node_etag(node),
        create_time=timestamp(node.created_at),
        update_time=timestamp(node.updated_at),
    )

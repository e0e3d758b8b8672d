"""The RPCs of clusters and of who belongs to them: one RPC, one use case."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Final

from planner.rpc.errors import unary
from planner.rpc.names import Fields, one_resource
from planner.rpc.paging import LARGEST_PAGE, PAGE, page_of
from planner.rpc.resources import write_cluster
from planner.services import assignment, clusters
from planner.v1 import inventory_service_pb2 as pb

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    import grpc

    from planner.services.ports import Store

    Context = grpc.ServicerContext

MAX_ASSIGNED: Final = 10_000
"""Most nodes that one call gives to a cluster."""


class ClusterRpcs:
    """Creates, reads and changes clusters; gives them nodes and takes them away."""

    _store: Store
    _now: Callable[[], datetime]

    @unary
    def CreateCluster(
        self, request: pb.CreateClusterRequest, context: Context
    ) -> pb.CreateClusterResponse:
        fields = Fields()
        cluster = (
            fields.resource("clusters", request.cluster, "cluster")
            if request.cluster
            else f"cluster-{uuid.uuid4().hex[:12]}"
        )
        release = fields.resource("releases", request.release, "release")
        settings = fields.object(request.settings_json, "settings_json")
        key = fields.request_key(request, "CreateCluster")
        fields.check()
        new = clusters.NewCluster(cluster, release, request.mode, settings)
        view = clusters.create_cluster(self._store, new, key=key, now=self._now())
        return pb.CreateClusterResponse(cluster=write_cluster(view))

    @unary
    def GetCluster(self, request: pb.GetClusterRequest, context: Context) -> pb.GetClusterResponse:
        cluster = one_resource("clusters", request.cluster, "cluster")
        return pb.GetClusterResponse(
            cluster=write_cluster(clusters.get_cluster(self._store, cluster))
        )

    @unary
    def ListClusters(
        self, request: pb.ListClustersRequest, context: Context
    ) -> pb.ListClustersResponse:
        page = page_of(request, default=PAGE, largest=LARGEST_PAGE, key=(int,))
        rows, more = page.cut(clusters.list_clusters(self._store, page.fetch))
        return pb.ListClustersResponse(
            clusters=[write_cluster(row, full=False) for row in rows],
            next_page_token=page.token(rows[-1].cluster.number) if more else "",
        )

    @unary
    def UpdateCluster(
        self, request: pb.UpdateClusterRequest, context: Context
    ) -> pb.UpdateClusterResponse:
        fields = Fields()
        cluster = fields.resource("clusters", request.cluster.name, "cluster.name")
        fields.mask(request.update_mask, {"settings_json"})
        settings = fields.object(request.cluster.settings_json, "cluster.settings_json")
        key = fields.request_key(request, "UpdateCluster")
        fields.check()
        view = clusters.update_cluster_settings(
            self._store,
            cluster,
            settings,
            etag=request.cluster.etag,
            key=key,
            now=self._now(),
        )
        return pb.UpdateClusterResponse(cluster=write_cluster(view))

    @unary
    def AssignNodes(
        self, request: pb.AssignNodesRequest, context: Context
    ) -> pb.AssignNodesResponse:
        fields = Fields()
        cluster = fields.resource("clusters", request.cluster, "cluster")
        fields.count(request.assignments, MAX_ASSIGNED, "assignments")
        assignments = [
            assignment.Assignment(
                fields.resource("nodes", item.node, f"assignments[{index}].node"),
                tuple(item.roles),
            )
            for index, item in enumerate(request.assignments[:MAX_ASSIGNED])
        ]
        key = fields.request_key(request, "AssignNodes")
        fields.check()
        view = assignment.assign_nodes(self._store, cluster, assignments, key=key, now=self._now())
        return pb.AssignNodesResponse(cluster=write_cluster(view))

    @unary
    def UnassignNodes(
        self, request: pb.UnassignNodesRequest, context: Context
    ) -> pb.UnassignNodesResponse:
        fields = Fields()
        cluster = fields.resource("clusters", request.cluster, "cluster")
        fields.count(request.nodes, MAX_ASSIGNED, "nodes")
        uids = [
            fields.resource("nodes", uid, f"nodes[{index}]")
            for index, uid in enumerate(request.nodes[:MAX_ASSIGNED])
        ]
        key = fields.request_key(request, "UnassignNodes")
        fields.check()
        view = assignment.unassign_nodes(self._store, cluster, uids, key=key, now=self._now())
        return pb.UnassignNodesResponse(cluster=write_cluster(view))

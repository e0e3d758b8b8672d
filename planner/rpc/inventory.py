"""InventoryService: one RPC, one use case."""

from __future__ import annotations

import ipaddress
import uuid
from typing import TYPE_CHECKING

from planner.domain.documents import parse_object
from planner.domain.errors import InvalidInput
from planner.rpc.enums import NODE_STATUS
from planner.rpc.errors import unary
from planner.rpc.names import Fields
from planner.rpc.paging import page_of
from planner.rpc.resources import write_cluster, write_node, write_release
from planner.services import assignment, clusters, nodes, releases
from planner.v1 import inventory_service_pb2 as pb
from planner.v1.inventory_service_pb2_grpc import InventoryServiceServicer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime
    from typing import Any

    import grpc
    from google.protobuf.field_mask_pb2 import FieldMask

    from planner.services.ports import Store

    Context = grpc.ServicerContext

PAGE, LARGEST_PAGE = 50, 1000
MAX_REGISTERED, MAX_ASSIGNED = 1000, 10_000


class InventoryServicer(InventoryServiceServicer):
    """Turns requests into commands and records into responses."""

    def __init__(self, store: Store, now: Callable[[], datetime]) -> None:
        self._store = store
        self._now = now

    @unary
    def ImportRelease(
        self, request: pb.ImportReleaseRequest, context: Context
    ) -> pb.ImportReleaseResponse:
        fields = Fields()
        release = fields.resource("releases", request.release, "release")
        if not request.document.strip():
            fields.violate("MISSING", "document", "is needed")
        key = fields.request_key(request, "ImportRelease")
        fields.check()
        stored = releases.import_release(
            self._store,
            release,
            request.document,
            replace_existing=request.replace_existing,
            key=key,
            now=self._now(),
        )
        return pb.ImportReleaseResponse(release=write_release(stored))

    @unary
    def GetRelease(self, request: pb.GetReleaseRequest, context: Context) -> pb.GetReleaseResponse:
        release = _resource("releases", request.release, "release")
        return pb.GetReleaseResponse(
            release=write_release(releases.get_release(self._store, release))
        )

    @unary
    def ListReleases(
        self, request: pb.ListReleasesRequest, context: Context
    ) -> pb.ListReleasesResponse:
        page = page_of(request, default=PAGE, largest=LARGEST_PAGE, key=(int, str))
        rows, more = page.cut(releases.list_releases(self._store, page.fetch))
        last = rows[-1] if more else None
        return pb.ListReleasesResponse(
            releases=[write_release(row) for row in rows],
            next_page_token=page.token(_ms(last.created_at), last.release.id) if last else "",
        )

    @unary
    def DeleteRelease(
        self, request: pb.DeleteReleaseRequest, context: Context
    ) -> pb.DeleteReleaseResponse:
        fields = Fields()
        release = fields.resource("releases", request.release, "release")
        key = fields.request_key(request, "DeleteRelease")
        fields.check()
        releases.delete_release(self._store, release, etag=request.etag, key=key, now=self._now())
        return pb.DeleteReleaseResponse()

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
        settings = _object(request.settings_json, "settings_json", fields)
        key = fields.request_key(request, "CreateCluster")
        fields.check()
        new = clusters.NewCluster(cluster, release, request.mode, settings)
        view = clusters.create_cluster(self._store, new, key=key, now=self._now())
        return pb.CreateClusterResponse(cluster=write_cluster(view))

    @unary
    def GetCluster(self, request: pb.GetClusterRequest, context: Context) -> pb.GetClusterResponse:
        cluster = _resource("clusters", request.cluster, "cluster")
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
            clusters=[write_cluster(row) for row in rows],
            next_page_token=page.token(rows[-1].cluster.number) if more else "",
        )

    @unary
    def UpdateCluster(
        self, request: pb.UpdateClusterRequest, context: Context
    ) -> pb.UpdateClusterResponse:
        fields = Fields()
        cluster = fields.resource("clusters", request.cluster.name, "cluster.name")
        _check_mask(request.update_mask, {"settings_json"}, fields)
        settings = _object(request.cluster.settings_json, "cluster.settings_json", fields)
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
    def RegisterNodes(
        self, request: pb.RegisterNodesRequest, context: Context
    ) -> pb.RegisterNodesResponse:
        fields = Fields()
        _check_count(request.nodes, MAX_REGISTERED, "nodes", fields)
        found = [
            _discovered(item, f"nodes[{index}]", fields)
            for index, item in enumerate(request.nodes[:MAX_REGISTERED])
        ]
        key = fields.request_key(request, "RegisterNodes")
        try:
            nodes.check_report(found)
        except InvalidInput as error:
            fields.collect(error)
        fields.check()
        registered = nodes.register_nodes(self._store, found, key=key, now=self._now())
        return pb.RegisterNodesResponse(nodes=[write_node(node) for node in registered])

    @unary
    def GetNode(self, request: pb.GetNodeRequest, context: Context) -> pb.GetNodeResponse:
        uid = _resource("nodes", request.node, "node")
        return pb.GetNodeResponse(node=write_node(nodes.get_node(self._store, uid)))

    @unary
    def ListNodes(self, request: pb.ListNodesRequest, context: Context) -> pb.ListNodesResponse:
        fields = Fields()
        cluster = fields.optional("clusters", request.cluster, "cluster")
        status = NODE_STATUS.read(request.status, "status", fields)
        fields.check()
        page = page_of(request, default=PAGE, largest=LARGEST_PAGE, key=(int,))
        rows, more = page.cut(nodes.list_nodes(self._store, page.fetch, cluster, status))
        return pb.ListNodesResponse(
            nodes=[write_node(row, full=False) for row in rows],
            next_page_token=page.token(int(rows[-1].uid)) if more else "",
        )

    @unary
    def UpdateNode(self, request: pb.UpdateNodeRequest, context: Context) -> pb.UpdateNodeResponse:
        fields = Fields()
        uid = fields.resource("nodes", request.node.name, "node.name")
        mask = _check_mask(
            request.update_mask,
            {"hostname", "attributes_json", "online", "pending_deletion"},
            fields,
        )
        attributes = _object(request.node.attributes_json, "node.attributes_json", fields)
        key = fields.request_key(request, "UpdateNode")
        fields.check()
        change = nodes.NodeChange(
            hostname=request.node.hostname if "hostname" in mask else None,
            attributes=attributes if "attributes_json" in mask else None,
            online=request.node.online if "online" in mask else None,
            pending_deletion=request.node.pending_deletion if "pending_deletion" in mask else None,
        )
        node = nodes.update_node(
            self._store, uid, change, etag=request.node.etag, key=key, now=self._now()
        )
        return pb.UpdateNodeResponse(node=write_node(node))

    @unary
    def AssignNodes(
        self, request: pb.AssignNodesRequest, context: Context
    ) -> pb.AssignNodesResponse:
        fields = Fields()
        cluster = fields.resource("clusters", request.cluster, "cluster")
        _check_count(request.assignments, MAX_ASSIGNED, "assignments", fields)
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
        _check_count(request.nodes, MAX_ASSIGNED, "nodes", fields)
        uids = [
            fields.resource("nodes", uid, f"nodes[{index}]")
            for index, uid in enumerate(request.nodes[:MAX_ASSIGNED])
        ]
        key = fields.request_key(request, "UnassignNodes")
        fields.check()
        view = assignment.unassign_nodes(self._store, cluster, uids, key=key, now=self._now())
        return pb.UnassignNodesResponse(cluster=write_cluster(view))


def _resource(kind: str, value: str, field: str) -> str:
    fields = Fields()
    resource = fields.resource(kind, value, field)
    fields.check()
    return resource


def _object(text: str, field: str, fields: Fields) -> dict[str, Any]:
    try:
        return parse_object(text, field)
    except InvalidInput as error:
        fields.collect(error)
        return {}


def _discovered(item: pb.NodeRegistration, path: str, fields: Fields) -> nodes.Discovered:
    attributes = _object(item.attributes_json, f"{path}.attributes_json", fields)
    return nodes.Discovered(
        mac=item.mac.lower(),
        hostname=item.hostname,
        ip=_address(item.ip, f"{path}.ip", fields),
        meta=_object(item.meta_json, f"{path}.meta_json", fields),
        attributes=attributes if item.attributes_json else None,
    )


def _address(text: str, field: str, fields: Fields) -> str:
    if text:
        try:
            return str(ipaddress.ip_address(text))
        except ValueError:
            fields.violate("BAD_ADDRESS", field, f"{text[:80]!r} is no IP address")
    return ""


def _check_count(items: Any, most: int, field: str, fields: Fields) -> None:
    if not items:
        fields.violate("MISSING", field, "at least one is needed")
    elif len(items) > most:
        fields.violate("TOO_MANY", field, f"{len(items)} are more than {most}")


def _check_mask(mask: FieldMask, allowed: set[str], fields: Fields) -> Iterable[str]:
    names = ", ".join(sorted(allowed))
    if not mask.paths:
        fields.violate("MISSING", "update_mask", f"names no field; it may name {names}")
    for path in mask.paths:
        if path not in allowed:
            fields.violate("BAD_MASK", "update_mask", f"{path!r} is none of {names}")
    return set(mask.paths)


def _ms(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)

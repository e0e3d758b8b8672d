"""The RPCs of nodes: one RPC, one use case."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from planner.domain.errors import InvalidInput
from planner.rpc.enums import NODE_STATUS
from planner.rpc.errors import unary
from planner.rpc.names import Fields, one_resource
from planner.rpc.paging import LARGEST_PAGE, PAGE, page_of
from planner.rpc.resources import write_node
from planner.services import nodes
from planner.v1 import inventory_service_pb2 as pb

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    import grpc

    from planner.services.ports import Store

    Context = grpc.ServicerContext

MAX_REGISTERED: Final = 1000
"""Most nodes of one discovery report."""


class NodeRpcs:
    """Registers, reads and changes nodes."""

    _store: Store
    _now: Callable[[], datetime]

    @unary
    def RegisterNodes(
        self, request: pb.RegisterNodesRequest, context: Context
    ) -> pb.RegisterNodesResponse:
        fields = Fields()
        fields.count(request.nodes, MAX_REGISTERED, "nodes")
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
        return pb.RegisterNodesResponse(nodes=[write_node(node, full=False) for node in registered])

    @unary
    def GetNode(self, request: pb.GetNodeRequest, context: Context) -> pb.GetNodeResponse:
        uid = one_resource("nodes", request.node, "node")
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
        mask = fields.mask(
            request.update_mask, {"hostname", "attributes_json", "online", "pending_deletion"}
        )
        attributes = fields.object(request.node.attributes_json, "node.attributes_json")
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


def _discovered(item: pb.NodeRegistration, path: str, fields: Fields) -> nodes.Discovered:
    attributes = fields.object(item.attributes_json, f"{path}.attributes_json")
    return nodes.Discovered(
        mac=item.mac.lower(),
        hostname=item.hostname,
        ip=fields.address(item.ip, f"{path}.ip"),
        meta=fields.object(item.meta_json, f"{path}.meta_json"),
        attributes=attributes if item.attributes_json else None,
    )

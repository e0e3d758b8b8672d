"""The RPCs of graphs: one RPC, one use case."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.domain.graph_layers import GraphKey
from planner.rpc.errors import unary
from planner.rpc.names import Fields
from planner.rpc.resources import write_graph
from planner.services import graphs
from planner.v1 import inventory_service_pb2 as pb

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    import grpc

    from planner.services.ports import Store

    Context = grpc.ServicerContext


class GraphRpcs:
    """Puts, reads and deletes graphs beside those of release documents."""

    _store: Store
    _now: Callable[[], datetime]

    @unary
    def PutGraph(self, request: pb.PutGraphRequest, context: Context) -> pb.PutGraphResponse:
        fields = Fields()
        graph = GraphKey(
            owner=fields.owner(request.parent, "parent"),
            plugin=fields.optional("plugins", request.plugin, "plugin") or "",
            type=fields.resource("graphs", request.type, "type"),
        )
        key = fields.request_key(request, "PutGraph")
        fields.check()
        stored = graphs.put_graph(
            self._store,
            graph,
            request.document,
            etag=request.etag,
            request=key,
            now=self._now(),
        )
        return pb.PutGraphResponse(graph=write_graph(stored))

    @unary
    def GetGraph(self, request: pb.GetGraphRequest, context: Context) -> pb.GetGraphResponse:
        fields = Fields()
        graph = fields.graph(request.graph, "graph")
        fields.check()
        return pb.GetGraphResponse(graph=write_graph(graphs.get_graph(self._store, graph)))

    @unary
    def ListGraphs(self, request: pb.ListGraphsRequest, context: Context) -> pb.ListGraphsResponse:
        fields = Fields()
        owner = fields.owner(request.parent, "parent")
        fields.check()
        found = graphs.list_graphs(self._store, owner)
        return pb.ListGraphsResponse(graphs=[write_graph(graph, full=False) for graph in found])

    @unary
    def DeleteGraph(
        self, request: pb.DeleteGraphRequest, context: Context
    ) -> pb.DeleteGraphResponse:
        fields = Fields()
        graph = fields.graph(request.graph, "graph")
        key = fields.request_key(request, "DeleteGraph")
        fields.check()
        graphs.delete_graph(self._store, graph, etag=request.etag, request=key, now=self._now())
        return pb.DeleteGraphResponse()

"""InventoryService: releases, graphs, clusters and nodes behind one door."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.rpc.cluster_rpcs import ClusterRpcs
from planner.rpc.graph_rpcs import GraphRpcs
from planner.rpc.node_rpcs import NodeRpcs
from planner.rpc.release_rpcs import ReleaseRpcs
from planner.v1.inventory_service_pb2_grpc import InventoryServiceServicer

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from planner.services.ports import Store


class InventoryServicer(ReleaseRpcs, GraphRpcs, ClusterRpcs, NodeRpcs, InventoryServiceServicer):
    """Turns requests into commands and records into responses."""

    def __init__(self, store: Store, now: Callable[[], datetime]) -> None:
        self._store = store
        self._now = now

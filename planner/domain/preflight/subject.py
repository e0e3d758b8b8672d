"""What do checks look at before anything is sent?"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from planner.domain.addresses import Addressing, propose_addresses
from planner.domain.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from planner.domain.cluster import Cluster
    from planner.domain.networks import NetworkPlan
    from planner.domain.node import Node
    from planner.domain.node_selection import NodeChoice
    from planner.domain.release import Release


@dataclass(frozen=True)
class Subject:
    """A cluster with all its nodes, and what a change would do to them."""

    release: Release
    cluster: Cluster
    all_nodes: Sequence[Node]
    choice: NodeChoice

    @cached_property
    def nodes(self) -> Sequence[Node]:
        """The nodes that stay: those that are pending deletion break no rule."""
        return [node for node in self.all_nodes if not node.pending_deletion]

    @cached_property
    def settings(self) -> Settings:
        """The settings of the cluster, its release's defaults included."""
        return Settings(self.release, self.cluster)

    @cached_property
    def addressing(self) -> Addressing:
        """The addresses that nodes and virtual services would have."""
        return propose_addresses(self.release, self.cluster, self.all_nodes, self.settings)

    @property
    def networks(self) -> NetworkPlan:
        """The networks of the cluster."""
        return self.addressing.networks

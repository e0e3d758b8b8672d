"""What is a cluster?"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from planner.domain.states import ClusterStatus, check_cluster

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """A set of nodes that one release is deployed on.

    ``revision`` rises with every change that a plan could depend on: settings, status, the
    nodes it has and what they are. ``number`` is its id towards deployment data.
    ``vips`` are the virtual addresses that plans gave it, by name.
    """

    id: str
    number: int
    release: str
    mode: str
    settings: Mapping[str, Any]
    created_at: datetime
    updated_at: datetime
    status: ClusterStatus = ClusterStatus.NEW
    pending_changes: frozenset[str] = frozenset()
    deployed_before: bool = False
    vips: Mapping[str, str] = field(default_factory=dict)
    revision: int = 1

    def become(self, status: ClusterStatus) -> Cluster:
        """Return the cluster in another status; raises IllegalTransition for an unlisted one."""
        check_cluster(self.id, self.status, status)
        return replace(self, status=status)

    @property
    def is_ha(self) -> bool:
        """Tell whether tags elect primaries (dossier 1)."""
        return self.mode.startswith("ha_")

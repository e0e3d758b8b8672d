"""What is a cluster?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from planner.domain.states import ClusterStatus

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """A set of nodes that one release is deployed on.

    ``revision`` rises with every change that a plan could depend on: settings, status, the
    nodes it has and what they are. ``number`` is its id towards deployment data.
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
    revision: int = 1

    @property
    def is_ha(self) -> bool:
        """Tell whether tags elect primaries (dossier 1)."""
        return self.mode.startswith("ha_")

"""What is a node, and what do its fields imply?"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from planner.domain.states import NodeErrorType, NodeStatus

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

MAC_ADDRESS: Final = re.compile(r"[0-9a-f]{2}(:[0-9a-f]{2}){5}\Z")
DONE: Final = 100
"""Progress at the end, in percent."""

HOSTNAME: Final = re.compile(
    r"(?=.{1,253}\Z)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9-]{1,63})*\Z"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A machine that discovery has found.

    ``uid`` is its number as text: what messages and reports call it. ``addresses`` are those that
    plans gave it, by network; the one that it is installed over is ``ip``.
    """

    uid: str
    mac: str
    hostname: str
    created_at: datetime
    updated_at: datetime
    ip: str = ""
    cluster: str | None = None
    status: NodeStatus = NodeStatus.DISCOVER
    online: bool = True
    roles: tuple[str, ...] = ()
    pending_roles: tuple[str, ...] = ()
    primary_tags: tuple[str, ...] = ()
    pending_addition: bool = False
    pending_deletion: bool = False
    progress: int = 0
    error_type: NodeErrorType | None = None
    error_message: str = ""
    attributes: Mapping[str, Any]
    meta: Mapping[str, Any]
    addresses: Mapping[str, str] = field(default_factory=dict)
    revision: int = 1

    @property
    def all_roles(self) -> tuple[str, ...]:
        """Deployed and pending roles, sorted."""
        return tuple(sorted({*self.roles, *self.pending_roles}))

    @property
    def needs_reprovision(self) -> bool:
        """Provisioning failed and shall be tried again (dossier 0.2)."""
        return self._failed(NodeErrorType.PROVISION) and not self.pending_deletion

    @property
    def needs_redeploy(self) -> bool:
        """Something is left to deploy (dossier 0.2)."""
        unfinished = self.status in (NodeStatus.ERROR, NodeStatus.PROVISIONED, NodeStatus.STOPPED)
        return (unfinished or bool(self.pending_roles)) and not self.pending_deletion

    @property
    def needs_redeletion(self) -> bool:
        """Deletion failed and shall be tried again (dossier 0.2)."""
        return self._failed(NodeErrorType.DELETION)

    @property
    def is_provisioned(self) -> bool:
        """Its system is installed (dossier 0.2)."""
        return self.status in (
            NodeStatus.DEPLOYING,
            NodeStatus.READY,
            NodeStatus.PROVISIONED,
            NodeStatus.STOPPED,
        ) or self._failed(NodeErrorType.DEPLOY)

    @property
    def remembers(self) -> bool:
        """Tell whether earlier runs count: a node to be redeployed forgets them (dossier 8.3)."""
        redone = (NodeStatus.DISCOVER, NodeStatus.ERROR, NodeStatus.PROVISIONED, NodeStatus.STOPPED)
        return not self.pending_addition and self.error_type is None and self.status not in redone

    @property
    def shown_status(self) -> NodeStatus:
        """The status for people: a node in the middle of something shows it (dossier 0.2)."""
        passing = (NodeStatus.DEPLOYING, NodeStatus.PROVISIONING, NodeStatus.REMOVING)
        if self.status in passing or not 0 < self.progress < DONE:
            return self.status
        if self.pending_deletion:
            return NodeStatus.REMOVING
        return NodeStatus.PROVISIONING if self.pending_addition else NodeStatus.DEPLOYING

    def _failed(self, kind: NodeErrorType) -> bool:
        return self.status is NodeStatus.ERROR and self.error_type is kind

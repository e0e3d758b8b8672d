"""Which rules must hold before anything is sent (dossier 5)?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.domain.errors import Violation
from planner.domain.states import NodeStatus

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from planner.domain.node import Node
    from planner.domain.node_selection import NodeChoice
    from planner.domain.release import Release


def check(release: Release, nodes: Sequence[Node], choice: NodeChoice) -> tuple[Violation, ...]:
    """Return every violated rule, in the order of the rules and then of the nodes."""
    staying = [node for node in nodes if not node.pending_deletion]
    taking_part = {*choice.provision, *choice.deploy}
    return (*_offline(staying, taking_part), *_roles(release, staying))


def _offline(nodes: Sequence[Node], taking_part: Collection[str]) -> Iterator[Violation]:
    """An offline node that would take part is refused, never dropped silently (decision 4)."""
    for node in nodes:
        if not node.online and (node.uid in taking_part or node.status is not NodeStatus.READY):
            text = f"node {node.uid} ({node.hostname}) is offline"
            yield Violation("NODE_OFFLINE", f"nodes/{node.uid}", text)


def _roles(release: Release, nodes: Sequence[Node]) -> Iterator[Violation]:
    for node in nodes:
        roles = node.all_roles
        for role in roles:
            if role not in release.roles:
                text = f"node {node.uid} has the role {role!r}, which the release lacks"
                yield Violation("UNKNOWN_ROLE", f"nodes/{node.uid}", text)
        for known in (release.roles[role] for role in roles if role in release.roles):
            for other in roles:
                if known.conflicts_with(other):
                    text = f"node {node.uid}: role {known.name!r} excludes {other!r}"
                    yield Violation("ROLE_CONFLICT", f"nodes/{node.uid}", text)

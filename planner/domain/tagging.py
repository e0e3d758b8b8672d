"""Which tags do nodes have, and who is the primary of each (dossier 6.4)?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from planner.domain.allocation import AllocatedField, Allocation
from planner.domain.graph.node_set import RunNode, uid_order
from planner.domain.states import NodeStatus

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from planner.domain.cluster import Cluster
    from planner.domain.node import Node
    from planner.domain.release import Release

PRIMARY: Final = "primary-"


@dataclass(frozen=True, slots=True)
class Tagging:
    """Tags by uid, primary ones included, and what has to be stored for that."""

    tags: Mapping[str, frozenset[str]]
    allocations: tuple[Allocation, ...]

    @property
    def run_nodes(self) -> tuple[RunNode, ...]:
        """The nodes as planning a graph wants them."""
        return tuple(RunNode(uid, tags) for uid, tags in self.tags.items())


def tag_nodes(
    release: Release,
    cluster: Cluster,
    nodes: Sequence[Node],
    candidates: Iterable[str] | None = None,
) -> Tagging:
    """Tag the nodes of a cluster and elect a primary for each tag that wants one.

    ``candidates`` narrows who can be elected: nobody becomes primary who is not deployed.

    A primary that stays is kept. Otherwise it is the lowest ready node with the tag, or else
    the lowest; nodes that are pending deletion are not elected. Only HA modes elect.
    """
    plain = {node.uid: _plain_tags(release, node) for node in nodes}
    chosen = {node.uid for node in nodes} if candidates is None else set(candidates)
    primaries = _primaries(release, cluster, nodes, plain, chosen)
    tags = {
        uid: frozenset(f"{PRIMARY}{tag}" if primaries.get(tag) == uid else tag for tag in node_tags)
        for uid, node_tags in plain.items()
    }
    allocations = []
    for node in nodes:
        wanted = tuple(sorted(_offices(node, primaries)))
        if wanted != node.primary_tags:
            allocations.append(Allocation(f"nodes/{node.uid}", AllocatedField.PRIMARY_TAGS, wanted))
    return Tagging(tags, tuple(allocations))


def _offices(node: Node, primaries: Mapping[str, str]) -> set[str]:
    """Return the tags that a node is primary for; one that leaves keeps what nobody takes over."""
    elected = {tag for tag, uid in primaries.items() if uid == node.uid}
    return elected | (set(node.primary_tags) - set(primaries) if node.pending_deletion else set())


def _plain_tags(release: Release, node: Node) -> frozenset[str]:
    """Return the tags that a node's roles carry; before 9.0 roles are the tags (dossier 0.4)."""
    if not release.has_lcm:
        return frozenset(name for name in node.all_roles if name in release.roles)
    roles = (release.roles[name] for name in node.all_roles if name in release.roles)
    return frozenset[str]().union(*(role.tags for role in roles))


def _primaries(
    release: Release,
    cluster: Cluster,
    nodes: Sequence[Node],
    plain: Mapping[str, frozenset[str]],
    chosen: Collection[str],
) -> Mapping[str, str]:
    """Elect one node for each tag that has a primary; tags nobody has elect nobody."""
    if not cluster.is_ha:
        return {}
    elected: dict[str, str] = {}
    for tag, metadata in sorted(release.tags_metadata.items()):
        candidates = [
            node
            for node in nodes
            if tag in plain[node.uid]
            and not node.pending_deletion
            and (node.uid in chosen or tag in node.primary_tags)
        ]
        if metadata.get("has_primary") and candidates:
            elected[tag] = min(candidates, key=lambda node: _seniority(node, tag)).uid
    return elected


def _seniority(node: Node, tag: str) -> tuple[bool, bool, tuple[int, int, str]]:
    return tag not in node.primary_tags, node.status is not NodeStatus.READY, uid_order(node.uid)

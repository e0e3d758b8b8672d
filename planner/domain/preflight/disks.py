"""Are the disks big enough for what roles need (dossier 5.3, row 1)?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from planner.domain.disks import lay_out_disks
from planner.domain.errors import Violation
from planner.domain.states import NodeErrorType, NodeStatus

if TYPE_CHECKING:
    from collections.abc import Iterator

    from planner.domain.node import Node
    from planner.domain.preflight.subject import Subject

INSTALLED: Final = (NodeStatus.READY, NodeStatus.DEPLOYING, NodeStatus.PROVISIONED)


def check(subject: Subject) -> Iterator[Violation]:
    """Check nodes that are going to be partitioned; one violation a node.

    Looks at what is deployed, or at all nodes where nothing is (dossier 5.3). A node whose
    discovery said nothing of disks cannot be judged; one that has none is too small.
    """
    metadata = subject.release.volumes_metadata
    chosen = {*subject.choice.checked, *subject.choice.provision}
    for node in subject.nodes:
        if (chosen and node.uid not in chosen) or _is_partitioned(node):
            continue
        if "disks" not in node.meta:
            continue
        missing = lay_out_disks(metadata, node.all_roles, node.meta).missing
        if missing:
            needs = ", ".join(f"{size} MB for {name}" for name, size in sorted(missing.items()))
            text = f"the disks of node {node.uid} ({node.hostname}) are too small: {needs} missing"
            yield Violation("NOT_ENOUGH_SPACE", f"nodes/{node.uid}", text)


def _is_partitioned(node: Node) -> bool:
    """Tell whether a node keeps the disks it has."""
    failed_later = node.error_type not in (None, NodeErrorType.PROVISION)
    return node.status in INSTALLED or (node.status is NodeStatus.ERROR and failed_later)

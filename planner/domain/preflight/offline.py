"""Is every node there that would take part (dossier 5.3, row 2)?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.domain.errors import Violation
from planner.domain.states import NodeStatus

if TYPE_CHECKING:
    from collections.abc import Iterator

    from planner.domain.preflight.subject import Subject


def check(subject: Subject) -> Iterator[Violation]:
    """Refuse an offline node that would take part; it is never dropped silently (decision 4)."""
    taking_part = {*subject.choice.provision, *subject.choice.deploy}
    for node in subject.nodes:
        if not node.online and (node.uid in taking_part or node.status is not NodeStatus.READY):
            text = f"node {node.uid} ({node.hostname}) is offline; remove it or bring it back"
            yield Violation("NODE_OFFLINE", f"nodes/{node.uid}", text)

"""Does telemetry have exactly one kind of database (dossier 5.3, row 8)?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from planner.domain.errors import Violation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from planner.domain.preflight.subject import Subject

CHECKED_FROM: Final = (6, 1)
"""First environment version with a database of its own outside."""

ROLE: Final = "mongo"


def check(subject: Subject) -> Iterator[Violation]:
    """Check that there are database nodes exactly where there is no database outside."""
    settings = subject.settings
    is_used = settings.is_on("additional_components.ceilometer")
    if not is_used or subject.release.environment_version < CHECKED_FROM:
        return
    nodes = [node for node in subject.nodes if ROLE in node.all_roles]
    if settings.is_on("additional_components.mongo"):
        for node in nodes:
            text = f"node {node.uid} has the role {ROLE}, but an external database is set up"
            yield Violation("EXTERNAL_MONGO_EXCLUDES_NODES", f"nodes/{node.uid}", text)
    elif not nodes:
        text = f"telemetry needs a node with the role {ROLE} or an external database"
        yield Violation("NO_MONGO_NODE", "settings/additional_components.ceilometer", text)

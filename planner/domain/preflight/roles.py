"""May nodes have the roles they have (dossier 5.3, row 3)?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.domain.errors import Violation
from planner.domain.free_content import mapping, mappings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from planner.domain.node import Node
    from planner.domain.preflight.subject import Subject


def check(subject: Subject) -> Iterator[Violation]:
    """Check that roles are known, exclude no other role of their node, and are allowed."""
    for rule in (_unknown, _conflicts, _restrictions):
        for node in subject.nodes:
            yield from rule(subject, node)


def _unknown(subject: Subject, node: Node) -> Iterator[Violation]:
    for role in node.all_roles:
        if role not in subject.release.roles:
            text = f"node {node.uid} has the role {role!r}, which the release lacks"
            yield Violation("UNKNOWN_ROLE", f"nodes/{node.uid}", text)


def _conflicts(subject: Subject, node: Node) -> Iterator[Violation]:
    known = subject.release.roles
    for role in node.all_roles:
        for other in node.all_roles:
            if role in known and known[role].conflicts_with(other):
                text = f"node {node.uid}: role {role!r} excludes {other!r}"
                yield Violation("ROLE_CONFLICT", f"nodes/{node.uid}", text)


def _restrictions(subject: Subject, node: Node) -> Iterator[Violation]:
    """Refuse a role whose restriction holds; one that only hides it from people does not count."""
    for role in node.all_roles:
        metadata = mapping(subject.release.roles_metadata.get(role))
        for restriction in mappings(metadata.get("restrictions")):
            condition = restriction.get("condition")
            if restriction.get("action") == "hide" or not isinstance(condition, str):
                continue
            if subject.settings.is_met(condition):
                text = restriction.get("message") or f"because {condition}"
                yield Violation(
                    "ROLE_RESTRICTED",
                    f"nodes/{node.uid}",
                    f"node {node.uid} cannot have the role {role!r}: {text}",
                )

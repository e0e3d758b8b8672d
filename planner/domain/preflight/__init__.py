"""Which rules must hold before anything is sent (dossier 5)? One module a subject."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from planner.domain.preflight import (
    addresses,
    ceph,
    disks,
    interfaces,
    mongo,
    networks,
    nfv,
    nova_network,
    offline,
    roles,
    templates,
)
from planner.domain.preflight.subject import Subject

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from planner.domain.cluster import Cluster
    from planner.domain.errors import Violation
    from planner.domain.node import Node
    from planner.domain.node_selection import NodeChoice
    from planner.domain.release import Release

CHECKS: Final[tuple[Callable[[Subject], Iterator[Violation]], ...]] = (
    addresses.check_virtual_addresses,
    networks.check,
    nova_network.check,
    interfaces.check,
    disks.check,
    offline.check,
    roles.check,
    ceph.check,
    addresses.check,
    templates.check,
    nfv.check,
    mongo.check,
)
"""In the order of the reference (dossier 5.1-5.3)."""


def check(
    release: Release, cluster: Cluster, nodes: Sequence[Node], choice: NodeChoice
) -> tuple[Violation, ...]:
    """Return every violated rule at once, in the order of the rules and then of what they name.

    Pure and deterministic. ``nodes`` are all nodes of the cluster. Raises GraphError for a
    restriction of the release that is no condition.
    """
    subject = Subject(release, cluster, nodes, choice)
    return tuple(violation for rule in CHECKS for violation in rule(subject))


def warnings(
    release: Release, cluster: Cluster, nodes: Sequence[Node], choice: NodeChoice
) -> tuple[str, ...]:
    """Return what looks wrong but does not stop a change (dossier 5.2, bonds)."""
    return tuple(interfaces.warn(Subject(release, cluster, nodes, choice)))

"""Does a network template cover everything that is assigned (dossier 5.3, row 6)?

The setting ``network_template`` maps a node group to what the reference's templates hold:
``network_assignments`` (endpoint by network), ``templates_for_node_role`` (names by role) and
``network_scheme`` (by name: ``endpoints``, ``roles`` with the endpoint of each network role,
``transformations``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from planner.domain.errors import Violation
from planner.domain.free_content import follow, mapping, mappings, words
from planner.domain.networks import ADMIN, group_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from planner.domain.preflight.subject import Subject

PRIVATE_ROLE: Final = "neutron/private"
DPDK: Final = "dpdkovs"


def check(subject: Subject) -> Iterator[Violation]:
    """Check each node group's part of the template, where there is a template."""
    template = subject.settings.group("network_template")
    if not template:
        return
    groups = {group_of(node) for node in subject.nodes}
    for group in sorted(groups):
        part = mapping(template.get(group))
        if not part:
            text = f"the template says nothing of the node group {group!r}"
            yield Violation("TEMPLATE_LACKS_GROUP", f"network_template/{group}", text)
            continue
        yield from _networks(subject, group, part)
        yield from _roles(subject, group, part)
        for name, scheme in sorted(mapping(part.get("network_scheme")).items()):
            yield from _dpdk(group, name, mapping(scheme))


def _networks(subject: Subject, group: str, part: Mapping[str, Any]) -> Iterator[Violation]:
    """Each network that the template assigns exists in the group."""
    for name in sorted(mapping(part.get("network_assignments"))):
        if name != ADMIN and subject.networks.of(group, name) is None:
            text = f"the template assigns the network {name!r}, which {group!r} does not have"
            yield Violation("TEMPLATE_NETWORK_MISSING", f"network_template/{group}", text)


def _roles(subject: Subject, group: str, part: Mapping[str, Any]) -> Iterator[Violation]:
    """Each role that a node of the group has is in the template."""
    covered = mapping(part.get("templates_for_node_role"))
    nodes = [node for node in subject.nodes if group_of(node) == group]
    for role in sorted({role for node in nodes for role in node.all_roles} - set(covered)):
        text = f"the template of {group!r} does not say how {role!r} is connected"
        yield Violation("TEMPLATE_LACKS_ROLE", f"network_template/{group}", text)


def _dpdk(group: str, name: str, scheme: Mapping[str, Any]) -> Iterator[Violation]:
    """A scheme has one fast endpoint at most, and it carries nothing but private networks."""
    parts = mappings(scheme.get("transformations"))
    fast = {
        bridge
        for part in parts
        if part.get("provider") == DPDK
        for bridge in words(part.get("bridge") or part.get("name"))
    }
    fast &= {*words(scheme.get("endpoints")), *mapping(scheme.get("endpoints"))}
    subject = f"network_template/{group}/{name}"
    if len(fast) > 1:
        text = f"{', '.join(sorted(fast))} are all DPDK endpoints; there may be one"
        yield Violation("DPDK_ENDPOINT_NOT_UNIQUE", subject, text)
    for role, endpoint in sorted(mapping(follow(scheme, "roles")).items()):
        if endpoint in fast and role != PRIVATE_ROLE:
            text = f"{role!r} is on the DPDK endpoint {endpoint!r}, which is for {PRIVATE_ROLE!r}"
            yield Violation("DPDK_ENDPOINT_SHARED", subject, text)

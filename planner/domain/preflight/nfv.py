"""Can nodes give network functions the processors and memory they ask for (dossier 5.3, row 7)?

The attribute ``interfaces`` of a node switches ``sriov`` and ``dpdk`` on; ``cpu_pinning`` and
``hugepages`` say how many processors and how much memory ``nova`` and ``dpdk`` get.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from planner.domain.errors import Violation
from planner.domain.free_content import follow, integer, mapping, mappings
from planner.domain.preflight.interfaces import has_feature
from planner.domain.release import LCM_VERSION

if TYPE_CHECKING:
    from collections.abc import Iterator

    from planner.domain.node import Node
    from planner.domain.preflight.subject import Subject

HYPERVISOR: Final = "libvirt_type"
SHARERS: Final = ("nova", "dpdk")


def check(subject: Subject) -> Iterator[Violation]:
    """Check the nodes that use SR-IOV or DPDK; releases before 9.0 know neither."""
    if subject.release.environment_version < LCM_VERSION:
        return
    has_kvm = subject.settings.get(f"common.{HYPERVISOR}") == "kvm"
    for node in subject.nodes:
        interfaces = mappings(node.attributes.get("interfaces"))
        for feature in ("sriov", "dpdk"):
            if not has_kvm and any(has_feature(item, feature) for item in interfaces):
                text = f"node {node.uid} uses {feature}, which needs KVM as the hypervisor"
                yield Violation("NFV_NEEDS_KVM", f"nodes/{node.uid}", text)
        if any(has_feature(item, "dpdk") for item in interfaces):
            yield from _processors(node)
            yield from _memory(node)


def _processors(node: Node) -> Iterator[Violation]:
    """Some processors are given away, and at least one is left for the system."""
    pinned = mapping(node.attributes.get("cpu_pinning"))
    given = sum(integer(_written(pinned.get(name))) for name in SHARERS)
    total = integer(follow(node.meta, "cpu", "total"))
    if not integer(_written(pinned.get("dpdk"))):
        text = f"node {node.uid} uses dpdk, but gives it no processor"
        yield Violation("DPDK_NEEDS_PROCESSORS", f"nodes/{node.uid}", text)
    elif given >= total:
        text = f"node {node.uid} gives away {given} of its {total} processors; one must be left"
        yield Violation("NOT_ENOUGH_PROCESSORS", f"nodes/{node.uid}", text)


def _memory(node: Node) -> Iterator[Violation]:
    """Both sharers have huge pages."""
    pages = mapping(node.attributes.get("hugepages"))
    for name in SHARERS:
        written = _written(pages.get(name))
        sizes = written.values() if isinstance(written, dict) else (written,)
        if not any(integer(size) for size in sizes):
            text = f"node {node.uid} uses dpdk, but has no huge pages for {name}"
            yield Violation("DPDK_NEEDS_HUGEPAGES", f"nodes/{node.uid}", text)


def _written(value: object) -> object:
    """Read an attribute written plainly or as an object with a value."""
    return value["value"] if isinstance(value, dict) and "value" in value else value

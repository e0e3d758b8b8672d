"""What does a plan propose that only Apply stores (decision 9)?"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from planner.domain.node import Node


class AllocatedField(StrEnum):
    """What is allocated: a field of a node or, for virtual addresses, of the cluster."""

    PRIMARY_TAGS = "primary_tags"
    ADDRESSES = "addresses"
    VIPS = "vips"


@dataclass(frozen=True, slots=True)
class Allocation:
    """A proposed value of a field of ``nodes/UID`` or ``clusters/ID``."""

    resource: str
    field: AllocatedField
    value: Any


def allocate(nodes: Mapping[str, Node], allocations: Iterable[Allocation]) -> dict[str, Node]:
    """Return the nodes, by uid, as they are with what was allocated to them."""
    after = dict(nodes)
    for allocation in allocations:
        kind, _, uid = allocation.resource.partition("/")
        if kind == "nodes" and uid in after:
            after[uid] = replace(after[uid], **{allocation.field.value: allocation.value})
    return after

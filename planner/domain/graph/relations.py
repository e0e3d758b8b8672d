"""Which other tasks does a task name, on which nodes, and in which direction?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from planner.domain.graph.errors import PatternError, TaskInvalid
from planner.domain.graph.name_pattern import matcher
from planner.domain.graph.node_set import ALL_NODES

if TYPE_CHECKING:
    from collections.abc import Mapping

SELF_ROLE: Final = "self"
"""The role of a relation that means the task's own node."""

ANY_POLICY: Final = "any"
"""The policy that takes one of the nodes; everything else takes all (dossier 6.4)."""

RELATION_FIELDS: Final = ("requires", "required_for", "cross_depends", "cross_depended_by")
"""The four fields that become edges; the second and the last point the other way."""


@dataclass(frozen=True, slots=True)
class CrossRelation:
    """A relation to a task on other nodes; ``role`` is as written, None meaning the sync node."""

    name: str
    role: str | tuple[str, ...] | None
    takes_any: bool

    @property
    def is_self(self) -> bool:
        """Tell whether it stays on the own node, where it may reach the task itself."""
        return self.role == SELF_ROLE


@dataclass(frozen=True, slots=True)
class Relations:
    """All relations of a task instance; equal for instances that have equal edges to draw."""

    requires: tuple[str, ...] = ()
    required_for: tuple[str, ...] = ()
    cross_depends: tuple[CrossRelation, ...] = ()
    cross_depended_by: tuple[CrossRelation, ...] = ()


def read_relations(fields: Mapping[str, Any], task: str, node: str | None = None) -> Relations:
    """Read the relations of a filled-in document; false ones and false list items are ignored.

    Raises TaskInvalid for what is no list, for items of another shape and for refused patterns.
    """
    return Relations(
        requires=_read_names(fields, "requires", task, node),
        required_for=_read_names(fields, "required_for", task, node),
        cross_depends=_read_cross(fields, "cross_depends", task, node),
        cross_depended_by=_read_cross(fields, "cross_depended_by", task, node),
    )


def _read_names(
    fields: Mapping[str, Any], field: str, task: str, node: str | None
) -> tuple[str, ...]:
    items = _items(fields.get(field), task, node, field)
    return tuple(_usable_name(item, task, node, field) for item in items)


def _read_cross(
    fields: Mapping[str, Any], field: str, task: str, node: str | None
) -> tuple[CrossRelation, ...]:
    found = []
    for item in _items(fields.get(field), task, node, field):
        if not item:
            continue
        if not isinstance(item, dict) or "name" not in item:
            message = f"{field} of {task!r} has an item without a name: {item!r}"
            raise TaskInvalid(message, task=task, node=node, field=field)
        name = _usable_name(item["name"], task, node, field)
        role = item.get("tags", item.get("role", ALL_NODES))
        if isinstance(role, list):
            role = tuple(role)
        elif role is not None and not isinstance(role, str):
            role = ()
        found.append(CrossRelation(name, role, item.get("policy") == ANY_POLICY))
    return tuple(found)


def _items(value: Any, task: str, node: str | None, field: str) -> list[Any]:
    if not value:
        return []
    if not isinstance(value, list):
        message = f"{field} of {task!r} is no list: {value!r}"
        raise TaskInvalid(message, task=task, node=node, field=field)
    return value


def _usable_name(name: Any, task: str, node: str | None, field: str) -> str:
    try:
        if isinstance(name, str):
            matcher(name)
            return name
        cause = f"{name!r} is no name"
    except PatternError as error:
        cause = str(error)
    raise TaskInvalid(f"{field} of {task!r}: {cause}", task=task, node=node, field=field)

"""Do the names in a list of tasks lead somewhere, and not in circles?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from planner.domain.graph.name_pattern import is_pattern
from planner.domain.graph.node_set import ALL_NODES
from planner.domain.graph.relations import SELF_ROLE
from planner.domain.graph.strict import CYCLE, DANGLING
from planner.domain.graph.task_graph import MASTER_NODE
from planner.domain.graph.task_shape import CROSS_FIELDS, TARGET_FIELDS, is_expression

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from planner.domain.graph.findings import FindingList

SPECIAL_ROLES: Final = frozenset({ALL_NODES, MASTER_NODE, SELF_ROLE})
PRIMARY: Final = "primary-"
_END: Final = ""
_STRICT_FIELDS: Final = frozenset({"requires", "cross-depends", "cross_depends"})


def check_targets(
    task: Mapping[str, Any], known: frozenset[str], subject: str, found: FindingList
) -> None:
    """Note roles and tags that nobody can have; patterns and special roles stand for themselves."""
    for field in TARGET_FIELDS:
        for role in _words(task.get(field)):
            if not _is_known(role, known):
                found.violate("UNKNOWN_ROLE", f"{subject}.{field}", f"there is no role {role!r}")
    for field in CROSS_FIELDS:
        for relation in _relations(task.get(field)):
            for role in _words(relation.get("tags", relation.get("role"))):
                if not _is_known(role, known):
                    message = f"there is no role {role!r}"
                    found.violate("UNKNOWN_ROLE", f"{subject}.{field}", message)


def check_task_names(
    task: Mapping[str, Any], known: frozenset[str], subject: str, found: FindingList
) -> None:
    """Note exact names that no task has: an error where the task waits for it (decision 1)."""
    for field, name in _named(task):
        if name not in known and not is_pattern(name):
            note = found.violate if field in _STRICT_FIELDS else found.warn
            note(DANGLING, f"{subject}.{field}", f"there is no task {name!r}")
    for name in _words(task.get("tasks")):
        if name not in known:
            message = f"the group names a task that is not there: {name!r}"
            found.violate("GROUP_MEMBER_UNKNOWN", f"{subject}.tasks", message)


def check_cycle(tasks: Sequence[Mapping[str, Any]], found: FindingList) -> None:
    """Note one cycle among requires and required_for of the plain list, named along its path."""
    waits: dict[str, list[str]] = {task["id"]: [] for task in tasks}
    for task in tasks:
        for name in _words(task.get("requires")):
            if name in waits:
                waits[task["id"]].append(name)
        for name in _words(task.get("required_for")):
            if name in waits:
                waits[name].append(task["id"])
    cycle = _find_cycle(waits)
    if cycle:
        path = " waits for ".join([*cycle, cycle[0]])
        found.violate(CYCLE, f"tasks/{cycle[0]}", path)


def _find_cycle(waits: Mapping[str, Sequence[str]]) -> list[str]:
    """Walk in depth with a stack of our own; deep chains must not end in a RecursionError."""
    done: set[str] = set()
    for start in waits:
        path: dict[str, None] = {}
        pending = [iter([start])]
        while pending:
            name = next(pending[-1], _END)
            if name == _END:
                pending.pop()
                if path:
                    done.add(path.popitem()[0])
            elif name in path:
                names = list(path)
                return names[names.index(name) :]
            elif name not in done:
                path[name] = None
                pending.append(iter(waits[name]))
    return []


def _named(task: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for field in ("requires", "required_for"):
        for name in _words(task.get(field)):
            yield field, name
    for field in CROSS_FIELDS:
        for relation in _relations(task.get(field)):
            wanted = relation.get("name")
            if isinstance(wanted, str):
                yield field, wanted


def _relations(value: Any) -> list[Mapping[str, Any]]:
    if not isinstance(value, list):
        return []
    return [item for item in value if isinstance(item, dict) and not is_expression(item)]


def _words(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def _is_known(role: str, known: frozenset[str]) -> bool:
    if is_pattern(role) or role in SPECIAL_ROLES:
        return True
    return role in known or role.removeprefix(PRIMARY) in known

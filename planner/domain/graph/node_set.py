"""Which nodes take part in a run, grouped by equal tags, and which of them has a role?"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from planner.domain.graph.errors import PatternError, TaskInvalid
from planner.domain.graph.name_pattern import matcher
from planner.domain.graph.task_graph import MASTER_NODE, SYNC_NODE

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

ALL_NODES: Final = "*"
"""Every node of the run; never the master node (dossier 6.4)."""

MAX_DIGITS: Final = 18
"""Longest uid that is read as a number."""


@dataclass(frozen=True, slots=True)
class RunNode:
    """A node of the run and its tags, ``primary-`` ones included."""

    uid: str
    tags: frozenset[str]


@dataclass(frozen=True, slots=True)
class NodeGroup:
    """Nodes with equal tags; ``positions`` point into the sorted uids and rise."""

    tags: frozenset[str]
    positions: NDArray[np.int64]


def uid_order(uid: str) -> tuple[bool, int, str]:
    """Return the sort key of uids: by number, then words."""
    is_number = uid.isdecimal() and uid.isascii() and len(uid) <= MAX_DIGITS
    return (not is_number, int(uid) if is_number else 0, uid)


class NodeSet:
    """The nodes of one run in groups of equal tags, the master and the sync node among them.

    ``groups`` are in the order of their first node. The special two have a group of their own:
    nodes with equal tags get equal tasks, and these two get tasks by other rules.
    """

    def __init__(self, nodes: Iterable[RunNode]) -> None:
        tags: dict[str, frozenset[str]] = {}
        for node in nodes:
            tags[node.uid] = tags.get(node.uid, frozenset()) | node.tags
        tags.pop(SYNC_NODE, None)
        tags.pop(MASTER_NODE, None)
        self.uids: tuple[str, ...] = tuple(sorted((*tags, MASTER_NODE, SYNC_NODE), key=uid_order))
        by_tags: dict[frozenset[str] | str, list[int]] = {}
        for position, uid in enumerate(self.uids):
            by_tags.setdefault(tags.get(uid, uid), []).append(position)
        self.groups: tuple[NodeGroup, ...] = tuple(
            NodeGroup(
                key if isinstance(key, frozenset) else frozenset(), np.array(found, dtype=np.int64)
            )
            for key, found in by_tags.items()
        )
        special = {key: index for index, key in enumerate(by_tags) if isinstance(key, str)}
        self.master: int = special[MASTER_NODE]
        self.sync: int = special[SYNC_NODE]
        self._resolved: dict[tuple[str, ...] | str, tuple[int, ...]] = {}

    @cached_property
    def tags(self) -> frozenset[str]:
        """All tags that a node of the run has."""
        return frozenset[str]().union(*(group.tags for group in self.groups))

    @cached_property
    def ordinary(self) -> tuple[int, ...]:
        """The groups of real nodes: neither the master nor the sync node."""
        return tuple(i for i in range(len(self.groups)) if i not in {self.master, self.sync})

    def resolve(self, roles: Any, task_id: str | None = None) -> tuple[int, ...]:
        """Return the groups that a written role reaches (dossier 6.4).

        ``*`` alone is every node but the master; a word or a list names tags, exactly or by
        pattern, and ``master``. Anything else, null included, reaches nobody.
        Raises TaskInvalid for list items that are no text and for refused patterns.
        """
        if isinstance(roles, str):
            words: tuple[str, ...] | str = roles if roles == ALL_NODES else (roles,)
        elif isinstance(roles, list | tuple):
            words = tuple(roles)
        else:
            return ()
        try:
            found = self._resolved.get(words)
            if found is None:
                found = self._resolved[words] = self._find(words)
        except (PatternError, AttributeError, TypeError) as error:
            message = f"role {roles!r} cannot be used: {error}"
            raise TaskInvalid(message, task=task_id, field="roles") from None
        return found

    def lowest(self, groups: Sequence[int]) -> int | None:
        """Return the position of the lowest uid in these groups: policy any (decision 11)."""
        return min((int(self.groups[g].positions[0]) for g in groups), default=None)

    def positions(self, groups: Sequence[int]) -> NDArray[np.int64]:
        """Return all positions of these groups, rising."""
        found = [self.groups[g].positions for g in groups]
        return np.sort(np.concatenate(found)) if found else np.zeros(0, dtype=np.int64)

    def _find(self, words: tuple[str, ...] | str) -> tuple[int, ...]:
        if isinstance(words, str):
            return self.ordinary
        tests = [matcher(word) for word in words]
        found = [
            g for g in self.ordinary if any(t(tag) for tag in self.groups[g].tags for t in tests)
        ]
        return (*found, self.master) if MASTER_NODE in words else tuple(found)

"""Which rule of a scenario speaks of which task: the first that matches, for whole columns."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from orchestrator.simulate.scenario import Match

_RANGE: Final = re.compile(r"([0-9]{1,9})-([0-9]{1,9})")
NO_RULE: Final = -1


@dataclass(frozen=True, slots=True)
class RunContext:
    """What rules can know of an execution beside its tasks."""

    task_uuid: str = ""
    batch_id: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TaskColumns:
    """The tasks of an execution in columns: tables of names and, per instance, indices.

    `types` has one entry a content. `roles` says which uids have a role.
    """

    uids: Sequence[str]
    task_ids: Sequence[str]
    types: Sequence[str]
    node: NDArray[np.int64]
    task: NDArray[np.int64]
    content: NDArray[np.int64]
    roles: Mapping[str, frozenset[str]] = field(default_factory=dict)


class Matcher:
    """Matches rules against the tasks and nodes of one execution."""

    def __init__(self, columns: TaskColumns, context: RunContext) -> None:
        self._columns = columns
        self._context = context

    def first_rule(self, matches: Iterable[Match]) -> NDArray[np.int64]:
        """Return per instance the index of the first of `matches` that speaks of it."""
        columns = self._columns
        rule = np.full(len(columns.node), NO_RULE)
        for index, match in enumerate(matches):
            if not self._is_in_context(match):
                continue
            is_match = self.nodes(match)[columns.node]
            if match.tasks:
                is_match &= _matched(columns.task_ids, match.tasks)[columns.task]
            if match.types:
                is_match &= _matched(columns.types, match.types)[columns.content]
            rule[is_match & (rule == NO_RULE)] = index
        return rule

    def first_node_rule(self, matches: Iterable[Match]) -> list[int]:
        """Return per node the index of the first of `matches` that speaks of it."""
        rule = np.full(len(self._columns.uids), NO_RULE)
        for index, match in enumerate(matches):
            if self._is_in_context(match):
                rule[self.nodes(match) & (rule == NO_RULE)] = index
        return rule.tolist()

    def nodes(self, match: Match) -> NDArray[np.bool_]:
        """Return per node whether a rule speaks of it."""
        columns = self._columns
        is_match = np.ones(len(columns.uids), dtype=np.bool_)
        if match.nodes:
            is_match &= _matched(columns.uids, match.nodes)
        if match.roles:
            members: set[str] = set()
            for role, uids in columns.roles.items():
                if any(fnmatchcase(role, pattern) for pattern in match.roles):
                    members |= uids
            is_match &= np.array([uid in members for uid in columns.uids], dtype=np.bool_)
        return is_match

    def _is_in_context(self, match: Match) -> bool:
        context = self._context
        ids = (context.task_uuid, context.batch_id, context.labels.get("transaction", ""))
        if match.transactions and not any(
            fnmatchcase(known, pattern) for known in ids for pattern in match.transactions
        ):
            return False
        return all(context.labels.get(name) == value for name, value in match.labels)


def matches_uid(uid: str, patterns: Iterable[str]) -> bool:
    """Tell whether a uid is listed: by itself, in a range ``4-9``, or by a shell pattern."""
    for pattern in patterns:
        bounds = _RANGE.fullmatch(pattern)
        if bounds is not None:
            if uid.isdecimal() and int(bounds[1]) <= int(uid) <= int(bounds[2]):
                return True
        elif fnmatchcase(uid, pattern):
            return True
    return False


def _matched(names: Sequence[str], patterns: tuple[str, ...]) -> NDArray[np.bool_]:
    exact = frozenset(patterns)
    loose = [
        pattern for pattern in patterns if _RANGE.fullmatch(pattern) or set(pattern) & set("*?[")
    ]
    return np.array([name in exact or matches_uid(name, loose) for name in names], dtype=np.bool_)

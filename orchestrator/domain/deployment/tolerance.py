"""How many nodes may still fail before the run is stopped (dossier 7)?"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from orchestrator.domain.message import FaultToleranceGroup


class Tolerance:
    """The ledger of tolerance groups; a node in no group forms one that tolerates nothing.

    The sync node is in a group only where the message puts it there.
    """

    __slots__ = ("_charged", "_critical", "_groups_of", "_remaining", "is_exceeded")

    def __init__(
        self, uids: Sequence[str], sync_node: int, groups: Sequence[FaultToleranceGroup]
    ) -> None:
        self._remaining = [group.fault_tolerance for group in groups]
        self._groups_of: list[list[int]] = [[] for _ in uids]
        self._critical: set[int] = set()
        self._charged: set[int] = set()
        self.is_exceeded = False
        number_of = {uid: number for number, uid in enumerate(uids)}
        for index, group in enumerate(groups):
            members = sorted({number_of[uid] for uid in group.uids if uid in number_of})
            for node in members:
                self._groups_of[node].append(index)
            if group.fault_tolerance == 0:
                self._critical.update(members)
        for node, groups_of in enumerate(self._groups_of):
            if not groups_of and node != sync_node:
                self._critical.add(node)

    def is_critical(self, node: int) -> bool:
        """Tell whether the failure of this node alone ends the run."""
        return node in self._critical

    def charge(self, node: int) -> bool:
        """Charge a failed node to its groups, once; tell whether any tolerance is exceeded."""
        if node in self._charged:
            return self.is_exceeded
        self._charged.add(node)
        for group in self._groups_of[node]:
            self._remaining[group] -= 1
            if self._remaining[group] < 0:
                self.is_exceeded = True
        if node in self._critical:
            self.is_exceeded = True
        return self.is_exceeded

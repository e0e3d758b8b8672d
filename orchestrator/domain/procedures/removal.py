"""How are nodes taken out of an environment, or back to discovery (dossier 12)?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from orchestrator.domain.canonical import json_object
from orchestrator.domain.procedures.procedure import Ending, pause
from orchestrator.domain.states import ExecutionState

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from orchestrator.domain.message import NodeEntry
    from orchestrator.domain.procedures.procedure import Journaled, Nodes, Steps

SLICE_INTERVAL_MS: Final = 10_000
RETRY_INTERVAL_MS: Final = 1_000
RETRIES: Final = 10


class Removal:
    """Erases nodes in slices of `max_nodes`; `steps` is the procedure.

    A node that does not answer is inaccessible, one that cannot be erased is an error node; both
    are tried again. Inaccessible nodes are no error: they are gone from the environment too.
    `gone` are the attributes of a node that is removed.
    """

    def __init__(
        self,
        nodes: Sequence[NodeEntry],
        *,
        max_nodes: int,
        check_ceph: bool,
        gone: dict[str, Any],
    ) -> None:
        self._entries = nodes
        self._max_nodes = max_nodes or max(len(nodes), 1)
        self._check_ceph = check_ceph
        self._gone = gone
        self._erased: list[str] = []
        self._silent: list[str] = []
        self._failed: list[str] = []

    def steps(self, nodes: Nodes, reports: Journaled) -> Steps:
        """Remove; ends READY, ERROR where a node could not be erased, or STOPPED."""
        reports.state(ExecutionState.RUNNING)
        if self._check_ceph and (holding := self._holding_data(nodes)):
            error = f"storage daemons hold data on nodes: {', '.join(holding)}"
            reply = {"error_nodes": [{"uid": uid} for uid in holding], "error": error}
            return Ending(ExecutionState.ERROR, error, reply)
        left = [entry.uid for entry in self._entries]
        for attempt in range(RETRIES + 1):
            if attempt and (yield from pause(RETRY_INTERVAL_MS, reports)):
                return self._ending(ExecutionState.STOPPED)
            if (yield from self._try(left, nodes, reports)):
                return self._ending(ExecutionState.STOPPED)
            left = [*self._silent, *self._failed]
            if not left:
                break
        for uid in self._silent:
            reports.node(uid, 100, **self._gone)
        for uid in self._failed:
            error = "the node could not be erased"
            reports.node(uid, 100, status="error", error_type="deletion", error=error)
        state = ExecutionState.ERROR if self._failed else ExecutionState.READY
        return self._ending(state)

    def _try(self, uids: list[str], nodes: Nodes, reports: Journaled) -> Generator[int, bool, bool]:
        """Ask each node to erase itself, in slices; return True when stopped."""
        self._silent, self._failed = [], []
        for at in range(0, len(uids), self._max_nodes):
            chosen = uids[at : at + self._max_nodes]
            if at and (yield from pause(SLICE_INTERVAL_MS, reports)):
                return True
            longest = max(nodes.duration_ms(uid, "erase_node", "erase_node") for uid in chosen)
            if (yield from pause(longest, reports)):
                return True
            for uid in chosen:
                self._note(uid, nodes, reports)
        return False

    def _note(self, uid: str, nodes: Nodes, reports: Journaled) -> None:
        how = nodes.fact(uid, "erase", "done")
        if self._is_asked(uid) and (how == "silent" or not nodes.answers(uid, reports.now_ms)):
            self._silent.append(uid)
        elif self._is_asked(uid) and (
            how == "error" or nodes.failure(uid, "erase_node", "erase_node") is not None
        ):
            self._failed.append(uid)
        else:
            self._erased.append(uid)
            reports.node(uid, 100, **self._gone)

    def _is_asked(self, uid: str) -> bool:
        entry = next(entry for entry in self._entries if entry.uid == uid)
        return bool((json_object(entry.attributes) or {}).get("mclient_remove", True))

    def _holding_data(self, nodes: Nodes) -> list[str]:
        return [e.uid for e in self._entries if nodes.fact(e.uid, "ceph_data", default=False)]

    def _ending(self, state: ExecutionState) -> Ending:
        reply: dict[str, Any] = {"nodes": [{"uid": uid} for uid in self._erased]}
        if self._silent:
            reply["inaccessible_nodes"] = [{"uid": uid} for uid in self._silent]
        error = ""
        if self._failed:
            reply["error_nodes"] = [{"uid": uid} for uid in self._failed]
            error = f"nodes could not be erased: {', '.join(self._failed)}"
        return Ending(state, error if state is ExecutionState.ERROR else "", reply)

"""Which scope does each (task, node) of a run see?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from planner.domain.graph.errors import StateMissing
from planner.domain.graph.state import NOTHING
from planner.domain.graph.state_view import (
    ContentNumbers,
    EmptyView,
    StateDocument,
    StateView,
    TaskScope,
)
from planner.domain.graph.task_graph import SYNC_NODE
from planner.domain.graph.task_template import NodeContext
from planner.domain.graph.volatile import with_facts_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from planner.domain.graph.request import PlanRequest


class Scopes:
    """Hands out contexts by task and node; documents and views are shared where they are equal."""

    def __init__(self, request: PlanRequest, uids: Sequence[str]) -> None:
        self._request = request
        self._uids = uids
        self._numbers = ContentNumbers()
        self._common = StateDocument(request.state.common, self._numbers)
        self._nothing = EmptyView(self._numbers)
        self._new: dict[int, StateView] = {}
        self._old: dict[tuple[int, int, int], StateView] = {}
        self._old_documents: dict[tuple[int, int], StateDocument] = {}
        self._first_runs: dict[int, NodeContext] = {}
        self._words: dict[tuple[int, ...], Mapping[str, Any]] = {}
        known = {uid: i for i, uid in enumerate(request.old_state.uids) if uid != SYNC_NODE}
        self._old_position = np.array([known.get(uid, NOTHING) for uid in uids], dtype=np.int64)

    def contexts(self, task: str, positions: NDArray[np.int64]) -> list[NodeContext]:
        """Return the contexts of a task on nodes; raises StateMissing (dossier 13.2)."""
        old = self._request.old_state
        if task not in old.node:
            return [self._first_run(task, int(p)) for p in positions]
        where = self._old_position[positions]
        commons = np.where(where == NOTHING, NOTHING, old.common[task][where])
        nodes = np.where(where == NOTHING, NOTHING, old.node[task][where])
        return [
            self._context(task, position, common, node)
            for position, common, node in zip(
                positions.tolist(), commons.tolist(), nodes.tolist(), strict=True
            )
        ]

    def _context(self, task: str, position: int, common: int, node: int) -> NodeContext:
        if node == NOTHING or not self._request.old_state.documents[node]:
            return self._first_run(task, position)
        first = self._first_run(task, position)
        old = self._old.get((position, common, node))
        if old is None:
            new = first.scope.new
            old = StateView(
                self._old_document(common, self._common, -1),
                self._old_document(node, new.node, position),
                self._numbers,
            )
            self._old[position, common, node] = old
        return NodeContext(first.uid, TaskScope(first.scope.new, old), first.words)

    def _old_document(self, index: int, new: StateDocument, position: int) -> StateDocument:
        """Return an old document; the volatile facts in it are made equal to the new ones."""
        if not self._request.volatile:
            position = NOTHING
        found = self._old_documents.get((index, position))
        if found is None:
            data = self._request.old_state.documents[index] if index != NOTHING else {}
            data = with_facts_of(new.data, data, self._request.volatile)
            found = self._old_documents[index, position] = StateDocument(data, self._numbers)
        return found

    def _first_run(self, task: str, position: int) -> NodeContext:
        found = self._first_runs.get(position)
        if found is None:
            new = self._new_view(task, position)
            scope = TaskScope(new, self._nothing)
            found = NodeContext(self._uids[position], scope, self._words_of(new))
            self._first_runs[position] = found
        return found

    def _new_view(self, task: str, position: int) -> StateView:
        uid = self._uids[position]
        data = self._request.state.nodes.get(uid, {} if uid == SYNC_NODE else None)
        if data is None:
            message = f"the expected state has no node {uid!r}, where task {task!r} is to run"
            raise StateMissing(message, task=task, node=uid)
        return StateView(self._common, StateDocument(data, self._numbers), self._numbers)

    def _words_of(self, view: StateView) -> Mapping[str, Any]:
        """Return what placeholders stand for (dossier 8.4); nodes mostly share them."""
        key = view.numbers(("cluster", "openstack_version", "public_ssl"))
        found = self._words.get(key)
        if found is None:
            data = view.data
            found = self._words[key] = {
                "CLUSTER_ID": _part(data, "cluster", "id"),
                "OPENSTACK_VERSION": data.get("openstack_version"),
                "MASTER_IP": self._request.setting("MASTER_IP"),
                "CN_HOSTNAME": _part(data, "public_ssl", "hostname"),
                "SETTINGS": self._request.all_settings,
            }
        return found


def _part(data: Mapping[Any, Any], key: str, part: str) -> Any:
    inner = data.get(key)
    return inner.get(part) if isinstance(inner, Mapping) else None

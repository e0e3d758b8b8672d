"""What task graph does a `tasks_graph` of the reference's JSON spell?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from orchestrator.domain.canonical import canonical_json
from orchestrator.domain.deployment.structure import visit_order
from orchestrator.domain.envelope.fields import Fields
from orchestrator.domain.message import SYNC_NODE, Edges, TaskDefinition, TaskGraph

if TYPE_CHECKING:
    from orchestrator.domain.errors import Violation


def read_task_graph(
    rows: dict[str, Any], directory: dict[str, Any], path: str, violations: list[Violation]
) -> TaskGraph:
    """Turn node → [task] into columns; uids in visit order, tasks in the order of their lists.

    A repeated id and an edge to nowhere are violations (reference cases A09, A12). On any
    violation the graph answered is what could be read.
    """
    return _Reader(rows, path, violations).read(directory)


class _Reader:
    """Reads one graph: first every task, then the edges between them."""

    def __init__(self, rows: dict[str, Any], path: str, violations: list[Violation]) -> None:
        self._violations = violations
        self._path = path
        uids = list(rows)
        self._uids = tuple(uids[index] for index in visit_order(uids))
        self._rows = rows
        self._tasks: dict[str, int] = {}
        self._definitions: dict[TaskDefinition, int] = {}
        self._instances: dict[tuple[str, str], int] = {}
        self._node: list[int] = []
        self._definition: list[int] = []
        self._fields: list[Fields] = []

    def read(self, directory: dict[str, Any]) -> TaskGraph:
        for number, uid in enumerate(self._uids):
            tasks = self._rows[uid]
            if not isinstance(tasks, list):
                Fields(self._rows, self._path, self._violations).refuse(uid, "must be a list")
                continue
            for index, task in enumerate(tasks):
                fields = Fields(task, f"{self._path}.{uid}[{index}]", self._violations)
                self._read_task(number, uid, fields)
        return TaskGraph(
            uids=self._uids,
            task_ids=tuple(self._tasks),
            definitions=tuple(self._definitions),
            node=np.array(self._node, dtype=np.int64),
            task=np.array([self._tasks[task] for _, task in self._instances], dtype=np.int64),
            definition=np.array(self._definition, dtype=np.int64),
            barriers=0,
            requires=self._edges("requires"),
            required_for=self._edges("required_for"),
            directory=tuple(
                (task_id, canonical_json(entry)) for task_id, entry in sorted(directory.items())
            ),
        )

    def _read_task(self, number: int, uid: str, fields: Fields) -> None:
        task_id = fields.text("id", is_required=True)
        if (uid, task_id) in self._instances:
            text = f"task {task_id} occurs more than once on node {uid}"
            fields.refuse("id", text, "DUPLICATE_TASK")
            return
        parameters = fields.mapping("parameters") if fields.has("parameters") else None
        definition = TaskDefinition(
            type=fields.text("type"),
            fail_on_error=fields.flag("fail_on_error") if fields.has("fail_on_error") else None,
            parameters=None if parameters is None else canonical_json(parameters),
        )
        self._instances[uid, task_id] = len(self._instances)
        self._tasks.setdefault(task_id, len(self._tasks))
        self._node.append(number)
        self._definition.append(self._definitions.setdefault(definition, len(self._definitions)))
        self._fields.append(fields)

    def _edges(self, key: str) -> Edges:
        starts, targets = [0], []
        for fields in self._fields:
            for entry in fields.items(key):
                target = self._target(key, fields, entry)
                if target is not None:
                    targets.append(target)
            starts.append(len(targets))
        return Edges(np.array(starts, dtype=np.int64), np.array(targets, dtype=np.int64))

    def _target(self, key: str, fields: Fields, entry: Any) -> int | None:
        if not isinstance(entry, dict) or not isinstance(entry.get("name"), str):
            fields.refuse(key, "must be a list of objects with name and node_id")
            return None
        uid = entry.get("node_id")
        uid = SYNC_NODE if uid is None else str(uid)
        found = self._instances.get((uid, entry["name"]))
        if found is None:
            owner = fields.text("id")
            text = f"task {owner} names {uid}/{entry['name']}, which is not in the graph"
            fields.refuse(key, text, "UNKNOWN_DEPENDENCY")
        return found

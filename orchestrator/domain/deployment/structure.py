"""Do the columns of a task graph fit together: lengths, index ranges, rows, repeats?

Checked before anything else reads them, in whole-array operations, so that the checks cost little
beside the work they protect.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from orchestrator.domain.errors import Violation
from orchestrator.domain.message import SYNC_NODE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from orchestrator.domain.message import Edges, TaskGraph

MAX_NAME_LENGTH: Final = 4096
MAX_VERTICES: Final = 20_000_000
LONGEST_NUMBER: Final = 18
"""Digits of a uid that is still taken for a number."""


def structural_violations(graph: TaskGraph) -> list[Violation]:
    """Return what is wrong with the shape of `graph`; empty means every index can be followed."""
    violations = [
        *_name_violations("graph.uids", graph.uids),
        *_name_violations("graph.task_ids", graph.task_ids),
        *_instance_violations(graph),
    ]
    if violations:
        return violations
    return [
        *_repeat_violations(graph),
        *_edge_violations("graph.requires", graph, graph.requires),
        *_edge_violations("graph.required_for", graph, graph.required_for),
    ]


def _name_violations(field: str, names: Sequence[str]) -> list[Violation]:
    violations = []
    if len(set(names)) != len(names):
        seen: set[str] = set()
        repeated = sorted({name for name in names if name in seen or seen.add(name)})  # type: ignore[func-returns-value]
        violations.append(_invalid(field, f"names must be distinct; repeated: {repeated[:10]}"))
    if any(not name or len(name) > MAX_NAME_LENGTH for name in names):
        violations.append(_invalid(field, f"a name has 1 to {MAX_NAME_LENGTH} characters"))
    return violations


def _instance_violations(graph: TaskGraph) -> list[Violation]:
    if not graph.uids:
        return [Violation("EMPTY_GRAPH", "graph.uids", "a deployment needs a graph with nodes")]
    if graph.vertices > MAX_VERTICES:
        return [_invalid("graph", f"{graph.vertices} vertices; at most {MAX_VERTICES}")]
    edges = len(graph.requires.targets) + len(graph.required_for.targets)
    if graph.barriers > edges:
        return [_invalid("graph.barriers", f"{graph.barriers} barriers have only {edges} edges")]
    violations = []
    for column, values, table in (
        ("node", graph.node, graph.uids),
        ("task", graph.task, graph.task_ids),
        ("definition", graph.definition, graph.definitions),
    ):
        if len(values) != graph.instances:
            text = f"{len(values)} entries for {graph.instances} instances"
            violations.append(_invalid(f"graph.{column}", text))
        elif len(values) and (values.min() < 0 or values.max() >= len(table)):
            at = int(np.argmax((values < 0) | (values >= len(table))))
            text = f"entry {at} is {values[at]}, the table has {len(table)} rows"
            violations.append(_invalid(f"graph.{column}", text))
    return violations


def _repeat_violations(graph: TaskGraph) -> list[Violation]:
    """Refuse two tasks with one id on one node (the original lets the later one win, A09)."""
    keys = np.sort(graph.node * len(graph.task_ids) + graph.task)
    repeated = np.unique(keys[1:][keys[1:] == keys[:-1]])
    return [
        Violation(
            "DUPLICATE_TASK",
            "graph.task",
            f"task {graph.task_ids[key % len(graph.task_ids)]} occurs more than once on node "
            f"{graph.uids[key // len(graph.task_ids)]}",
        )
        for key in repeated[:100].tolist()
    ]


def _edge_violations(field: str, graph: TaskGraph, edges: Edges) -> list[Violation]:
    starts, targets = edges.starts, edges.targets
    if not len(starts) and not len(targets):
        return []  # an unset side has no edges
    if len(starts) != graph.vertices + 1:
        text = f"{len(starts)} entries; {graph.vertices} vertices need {graph.vertices + 1}"
        return [_invalid(f"{field}.starts", text)]
    if starts[0] != 0 or starts[-1] != len(targets) or np.any(starts[1:] < starts[:-1]):
        text = f"must rise from 0 to the number of targets, {len(targets)}"
        return [_invalid(f"{field}.starts", text)]
    if len(targets) and (targets.min() < 0 or targets.max() >= graph.vertices):
        at = int(np.argmax((targets < 0) | (targets >= graph.vertices)))
        text = f"entry {at} is {targets[at]}; there are {graph.vertices} vertices"
        return [_invalid(f"{field}.targets", text)]
    return _nested_barriers(field, graph, starts, targets)


def _nested_barriers(
    field: str, graph: TaskGraph, starts: NDArray[np.int64], targets: NDArray[np.int64]
) -> list[Violation]:
    """Refuse an edge between two barriers: each stands for one product of two sets."""
    of_barriers = targets[starts[graph.instances] :]
    if np.any(of_barriers >= graph.instances):
        return [_invalid(f"{field}.targets", "a barrier stands between instances only")]
    return []


def _invalid(field: str, description: str) -> Violation:
    return Violation("INVALID_MESSAGE", field, description)


def visit_order(uids: Sequence[str]) -> list[int]:
    """Return the numbers of `uids` in the order in which nodes are visited.

    Numbers rise, words follow, the sync node is last; so the order does not depend on how the
    message spelled the graph.
    """

    def key(index: int) -> tuple[int, int, str]:
        uid = uids[index]
        if uid == SYNC_NODE:
            return (2, 0, uid)
        is_number = uid.isdecimal() and uid.isascii() and len(uid) <= LONGEST_NUMBER
        return (0, int(uid), uid) if is_number else (1, 0, uid)

    return sorted(range(len(uids)), key=key)

"""Which short name does a planned graph have that changes exactly when the graph does?"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from planner.domain.graph.task_graph import TaskGraph


def digest(graph: TaskGraph) -> str:
    """Return 64 hexadecimal digits over everything a graph holds, its reasons included.

    Names and tables go in as canonical JSON, arrays as little-endian integers, each part
    preceded by its length, so no two graphs run into the same bytes.
    """
    tables = [
        graph.uids,
        graph.task_ids,
        [[d.type, d.fail_on_error, d.parameters] for d in graph.definitions],
        [[r.code, r.text] for r in graph.reasons],
        [[g.name, g.uids, g.fault_tolerance] for g in graph.fault_tolerance_groups],
        graph.directory,
        graph.barriers,
    ]
    arrays = (
        graph.node,
        graph.task,
        graph.definition,
        graph.reason,
        graph.requires.starts,
        graph.requires.targets,
        graph.required_for.starts,
        graph.required_for.targets,
    )
    parts = [json.dumps(tables, separators=(",", ":")).encode()]
    parts += [np.ascontiguousarray(array, dtype="<i8").tobytes() for array in arrays]
    content = hashlib.sha256()
    for part in parts:
        content.update(len(part).to_bytes(8, "little"))
        content.update(part)
    return content.hexdigest()

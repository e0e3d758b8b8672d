"""Node selection answers as the original was recorded to answer."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from planner.domain.node_selection import choose_nodes
from planner.domain.states import NodeErrorType, NodeStatus
from tests.planner.builders import a_cluster, a_node, a_release

if TYPE_CHECKING:
    from pathlib import Path

    from planner.domain.node import Node


def the_varied_node(recorded: dict[str, Any]) -> Node:
    """Build node 1, which differs from row to row."""
    error = recorded["error_type"]
    return a_node(
        "1",
        status=NodeStatus(recorded["status"]),
        error_type=NodeErrorType(error) if error else None,
        pending_addition=recorded["pending_addition"],
        pending_deletion=recorded["pending_deletion"],
        roles=tuple(recorded["roles"]),
        pending_roles=tuple(recorded["pending_roles"]),
    )


def the_fixed_nodes() -> list[Node]:
    """Build nodes 2 to 4, which are the same in every row."""
    roles = {"2": "controller", "3": "compute", "4": "cinder"}
    return [a_node(uid, status=NodeStatus.READY, roles=(role,)) for uid, role in roles.items()]


def choose(case: dict[str, Any], row: dict[str, Any]) -> dict[str, list[int]]:
    """Choose as a recorded row asks, in the words of the recording."""
    config = case["configs"][row["config"]]
    release = a_release(config["release"]["version"], roles_metadata=config["roles_metadata"])
    choice = choose_nodes(
        release,
        a_cluster(mode=config["mode"]),
        [the_varied_node(row["node"]), *the_fixed_nodes()],
        explicit=map(str, row.get("explicit_ids") or ()),
        force=row["force"],
    )
    return {
        "nodes_to_delete": [int(uid) for uid in choice.delete],
        "nodes_to_provision": [int(uid) for uid in choice.provision],
        "nodes_to_deploy": [int(uid) for uid in choice.deploy],
    }


def is_left_over(node: dict[str, Any]) -> bool:
    """Tell whether decision 14 departs from the recording: nothing works on such a node."""
    left_over = ("discover", "provisioning", "deploying")
    is_marked = node["pending_deletion"] or node["pending_addition"]
    return node["status"] in left_over and not is_marked


def test_selection_equals_every_recorded_row(shared: Path) -> None:
    """Where the recording marks a bug of the original, its recommendation is the rule."""
    case = json.loads((shared / "golden/flow/4-node-selection.json").read_text())
    rows = [row for row in case["rows"] if not is_left_over(row["node"])]
    asked = ("nodes_to_delete", "nodes_to_provision", "nodes_to_deploy")

    chosen = [choose(case, row) for row in rows]

    expected = [{key: (row | row.get("recommended", {}))[key] for key in asked} for row in rows]
    assert expected == chosen

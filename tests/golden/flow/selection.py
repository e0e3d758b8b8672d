"""Group 4: which nodes does a change delete, provision, deploy and affect?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from planner.domain.node_selection import affected_nodes, choose_nodes
from planner.domain.states import NodeErrorType, NodeStatus
from tests.golden.flow.verdict import Difference
from tests.planner.builders import a_cluster, a_node, a_release

if TYPE_CHECKING:
    from planner.domain.node import Node
    from tests.golden.flow.recording import Recording

ASKED = (
    "nodes_to_delete",
    "nodes_to_provision",
    "nodes_to_deploy",
    "affected_if_cluster_operational",
    "ensure_nodes_changed",
)
NOTHING_TO_DO = "WrongNodeStatus"


def differences(recording: Recording) -> list[Difference]:
    """Compare every row with our choice, as recorded or as recommended in its place."""
    configs = recording.document["configs"]
    found = []
    for index, row in enumerate(recording.rows):
        ours = choose(configs[row["config"]], row)
        recorded = {key: row[key] for key in ASKED}
        recorded["ensure_nodes_changed"] = _kind(row["ensure_nodes_changed"])
        found += [
            Difference(f"rows[{index}].{key}", recorded[key], ours[key])
            for key in ASKED
            if recorded[key] != ours[key]
        ]
    return found


def choose(config: dict[str, Any], row: dict[str, Any]) -> dict[str, Any]:
    """Choose as a row asks, in the words of the recording."""
    release = a_release(config["release"]["version"], roles_metadata=config["roles_metadata"])
    nodes = [_varied(row["node"]), *_fixed(config["fixed_nodes"])]
    explicit = [str(number) for number in row.get("explicit_ids") or ()]
    choice = choose_nodes(
        release, a_cluster(mode=config["mode"]), nodes, explicit=explicit, force=row["force"]
    )
    is_refused = choice.is_empty and not release.has_lcm
    return {
        "nodes_to_delete": _numbers(choice.delete),
        "nodes_to_provision": _numbers(choice.provision),
        "nodes_to_deploy": _numbers(choice.deploy),
        "affected_if_cluster_operational": _numbers(affected_nodes(nodes, choice)),
        "ensure_nodes_changed": NOTHING_TO_DO if is_refused else "ok",
    }


def _varied(recorded: dict[str, Any]) -> Node:
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


def _fixed(recorded: dict[str, str]) -> list[Node]:
    """Build the nodes that are the same in every row, told as "ready controller"."""
    told = {uid: words.split() for uid, words in recorded.items()}
    return [
        a_node(uid, status=NodeStatus(status), roles=(role,))
        for uid, (status, role) in told.items()
    ]


def _numbers(uids: tuple[str, ...]) -> list[int]:
    return [int(uid) for uid in uids]


def _kind(text: str) -> str:
    return text.partition(":")[0]

"""What happens to a node by its status: the rule in the original's own words (decision 14)."""

from __future__ import annotations

from typing import Any, Final

import pytest

from planner.domain.classic_plan import plan_classic
from planner.domain.planned import Snapshot
from planner.domain.states import NodeErrorType, NodeStatus, RunMode
from planner.domain.transaction import Selection
from tests.planner.builders import a_cluster, a_node, a_release

TABLE: Final = """
 status       | error     | flags              | from 9.0 on        | before
 discover     |           | new                | provision, deploy  | provision, deploy
 discover     |           |                    | provision, deploy  | provision, deploy
 provisioning |           |                    | provision, deploy  | provision, deploy
 provisioned  |           |                    | deploy             | deploy
 deploying    |           |                    | deploy             | deploy
 stopped      |           |                    | deploy             | deploy
 ready        |           |                    | deploy             | leave
 ready        |           | new role           | deploy             | deploy
 error        | provision |                    | provision, deploy  | provision, deploy
 error        | deploy    |                    | deploy             | deploy
 error        | deletion  |                    | delete             | delete
 ready        |           | leaving            | delete             | delete
 error        | provision | leaving            | delete             | delete
 discover     |           | new, leaving       | delete             | delete
 discover     |           | new, offline       | refused            | refused
 error        | deploy    | offline            | refused            | refused
 ready        |           | offline            | refused            | leave
 ready        |           | leaving, offline   | delete             | delete
"""
"""One use case a line: what a node is, and what a change then does to it.

``refused`` is a violation of pre-flight. From 9.0 on every node that stays is part of the plan, and
conditions decide task by task.
"""

FLAGS: Final[dict[str, dict[str, Any]]] = {
    "": {},
    "new": {"roles": (), "pending_addition": True, "pending_roles": ("compute",)},
    "new role": {"pending_roles": ("storage",)},
    "leaving": {"pending_deletion": True},
    "offline": {"online": False},
}


def use_cases() -> list[list[str]]:
    """Read the table."""
    return [[cell.strip() for cell in line.split("|")] for line in TABLE.strip().splitlines()[1:]]


def what_happens(version: str, status: str, error: str, flags: str) -> str:
    """Plan a change of a cluster with this node; return what happens to it."""
    fields: dict[str, Any] = {"roles": ("compute",), "status": NodeStatus(status)}
    if error:
        fields["error_type"] = NodeErrorType(error)
    for flag in flags.split(", "):
        fields |= FLAGS[flag]
    snapshot = Snapshot(a_release(version), a_cluster(), [a_node("1", **fields)])

    made = plan_classic(snapshot, Selection(), RunMode.NORMAL)

    return "refused" if made.violations else ", ".join(made.nodes[0].actions)


@pytest.mark.parametrize(("status", "error", "flags", "lcm", "older"), use_cases())
def test_use_case(status: str, error: str, flags: str, lcm: str, older: str) -> None:
    """What is left over is taken up again; what is to be deleted is never deployed."""
    assert what_happens("cloud-9.0", status, error, flags) == lcm
    assert what_happens("cloud-8.0", status, error, flags) == older

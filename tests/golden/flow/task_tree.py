"""Group 2: the envelope, an attempt to build a message, and how steps make up a transaction."""

from __future__ import annotations

import json
import tempfile
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from unittest.mock import patch

from planner.domain.graph.errors import GraphError
from planner.domain.messages import ExecuteTasksMessage
from planner.domain.outcome import end, is_over
from planner.domain.plan import plan
from planner.domain.planned import Plan
from planner.domain.recording import overall_progress
from planner.domain.states import ClusterStatus, NodeStatus, StepState, TransactionState
from planner.domain.transaction import Failure, StepKind
from planner.services.bell import LocalBell
from planner.services.changes import Change, apply_changes
from planner.services.planning import Planning, plan_transaction
from planner.services.progress import fail_transaction
from tests.golden.flow.loading import CLUSTER, NOW, scene
from tests.golden.flow.projection import STEP_ENDS, TRANSACTION_ENDS, UNFINISHED
from tests.golden.flow.verdict import Difference, compare
from tests.planner.builders import a_cluster, a_node, a_step, a_transaction

if TYPE_CHECKING:
    from planner.domain.transaction import Transaction
    from tests.golden.flow.loading import Scene
    from tests.golden.flow.recording import Recording

ATTEMPT: Final = "TaskManager._call_silently"
ENVELOPE: Final = "make_astute_message"

SUCCEEDS: Final = "ok"
"""What a worker does that hands its value on."""

FINISHES: Final = ("nochanges", "sets-ready")
"""What a worker does that finds nothing to send: a plan without steps."""

STEP_STATES: Final = {
    "pending": StepState.PENDING,
    "running": StepState.RUNNING,
    "ready": StepState.SUCCEEDED,
    "error": StepState.FAILED,
}


def envelope_differences(recording: Recording) -> list[Difference]:
    """Compare what stands around a message's arguments, and that it is kept with its operation."""
    (step,) = recording.steps
    recorded = step["returned"]["returned"]
    with tempfile.TemporaryDirectory() as folder, scene(recording, Path(folder)) as loaded:
        message = ExecuteTasksMessage([], respond_to=recorded["respond_to"])
        kept = loaded.codec.encode(message, recorded["args"]["task_uuid"])
        ours = json.loads("".join(loaded.codec.reference_json(kept, include_secrets=True)))
    told = ("api_version", "respond_to")
    return compare(
        "envelope",
        {**{key: recorded[key] for key in told}, "keys": sorted(recorded), "id": "u1"},
        {
            **{key: ours[key] for key in told},
            "keys": sorted(ours),
            "id": ours["args"]["task_uuid"],
        },
    )


def attempt_differences(recording: Recording) -> list[Difference]:
    """Let planning do what the recorded worker did, and compare what is left."""
    (step,) = recording.steps
    with tempfile.TemporaryDirectory() as folder, scene(recording, Path(folder)) as loaded:
        calls, attempted = _attempt(loaded, step["given"]["worker_does"], recording.name)
        with loaded.store.read() as work:
            status = work.clusters.get(CLUSTER).status.value
            names = [node.hostname for node in work.nodes.of_cluster(CLUSTER)]
    state = step["state"]
    task = next(task for task in state["tasks"] if task["parent_id"] is not None)
    recorded: dict[str, Any] = {
        "calls": len(step["returned"]["worker_calls"]),
        "state": _word(task["status"]),
        "names": [node["name"] for node in state["nodes"]],
    }
    ours: dict[str, Any] = {
        "calls": calls,
        "state": TRANSACTION_ENDS.get(attempted.state, UNFINISHED),
        "names": names,
    }
    if step["given"]["worker_does"] != SUCCEEDS:
        # What a success leads to is not part of the recorded attempt.
        recorded["has_text"] = task["status"] == "error"
        ours["has_text"] = attempted.failure is not None
        recorded["cluster"], ours["cluster"] = state["clusters"][0]["status"], status
    return compare("attempt", recorded, ours)


def _attempt(loaded: Scene, worker_does: str, case: str) -> tuple[int, Transaction]:
    """Accept a change, plan it as the worker would; return the calls and the transaction."""
    name, bell, new_id = str(uuid.uuid4()), LocalBell(), lambda: str(uuid.uuid4())
    apply_changes(loaded.store, bell, Change(cluster=CLUSTER), transaction=name, key=None, now=NOW)
    if case.endswith("task-in-error"):
        fail_transaction(loaded.store, bell, name, Failure("TOLD", "failed before"), NOW)
    planning = Planning(loaded.store, loaded.codec, bell, new_id, lambda: NOW)
    with patch("planner.services.planning.plan", **_effect(worker_does)) as worker:
        planned = plan_transaction(planning, name)
        return worker.call_count, planned


def _effect(worker_does: str) -> dict[str, Any]:
    """Tell what planning does in the worker's place."""
    if worker_does == SUCCEEDS:
        return {"side_effect": plan}
    if worker_does in FINISHES:
        return {"return_value": Plan(nodes=())}
    return {"side_effect": GraphError(worker_does)}


def parent_differences(recording: Recording) -> list[Difference]:
    """Compare how the states of two steps make up that of their transaction."""
    found = []
    for index, row in enumerate(recording.rows):
        parent, sibling, _ = row["after"]
        recorded = {
            "state": _word(parent["status"]),
            "progress": parent["progress"],
            "sibling": _word(sibling["status"]),
            "cluster": row["cluster_after"],
        }
        found += compare(f"rows[{index}]", recorded, _parent(row))
    return found


def _parent(row: dict[str, Any]) -> dict[str, Any]:
    first, second, before = (
        row["first_child"],
        row["update_of_second_child"],
        row["parent_before"],
    )
    steps = [
        a_step(
            position=0,
            kind=StepKind.PROVISION,
            weight=first["weight"],
            state=STEP_STATES[first["status"]],
            progress=first["progress"],
        ),
        a_step(
            position=1,
            weight=second["weight"],
            state=STEP_STATES[second["status"]],
            progress=second["progress"],
        ),
    ]
    running = a_transaction(state=TransactionState.RUNNING, progress=overall_progress(steps))
    cluster = a_cluster(status=ClusterStatus.DEPLOYMENT)
    if _word(before) != UNFINISHED:
        # What has ended stays as it ended, whatever is told of it later.
        return {"state": before, "progress": None, "sibling": None, "cluster": None}
    if not is_over(running, steps):
        return {
            "state": UNFINISHED,
            "progress": running.progress,
            "sibling": STEP_ENDS.get(steps[0].state, UNFINISHED),
            "cluster": cluster.status.value,
        }
    ended = end(running, steps, cluster, [a_node("1", status=NodeStatus.READY)])
    return {
        "state": TRANSACTION_ENDS[ended.transaction.state],
        "progress": ended.transaction.progress,
        "sibling": STEP_ENDS.get(ended.steps[0].state, UNFINISHED),
        "cluster": ended.cluster.status.value,
    }


def _word(status: str) -> str:
    return status if status in ("ready", "error") else UNFINISHED

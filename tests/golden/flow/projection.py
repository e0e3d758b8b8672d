"""What do the recording and our planner hold, said in the same words?"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from planner.domain.states import StepState, TaskState, TransactionState
from planner.domain.transaction import StepKind
from tests.golden.flow.loading import CLUSTER
from tests.golden.flow.messages import normal, without_commands

if TYPE_CHECKING:
    from planner.domain.node import Node
    from planner.domain.transaction import Step, Transaction
    from planner.services.ports import Work
    from tests.golden.flow.loading import Scene

UNFINISHED: Final = "unfinished"
CHECKS: Final = ("check_networks", "check_before_deployment")

KINDS: Final = {StepKind.DELETION: "node_deletion"}
TRANSACTION_ENDS: Final = {
    TransactionState.SUCCEEDED: "ready",
    TransactionState.FAILED: "error",
    TransactionState.STOPPED: "stopped",
}
STEP_ENDS: Final = {
    StepState.SUCCEEDED: "ready",
    StepState.FAILED: "error",
    StepState.ABORTED: "error",
    StepState.STOPPED: "stopped",
}

REASONS: Final = {
    "DeploymentAlreadyStarted": "TRANSACTION_IN_PROGRESS",
    "TaskAlreadyRunning": "TRANSACTION_IN_PROGRESS",
    "WrongNodeStatus": "NOTHING_TO_DEPLOY",
}
"""What the original raised, and our reason for it."""


def recorded_outcome(step: dict[str, Any]) -> dict[str, Any]:
    """Tell what a recorded step left behind."""
    state = step["state"]
    tasks = [task for task in state["tasks"] if not task["deleted"]]
    kept = {task["id"] for task in tasks}
    return {
        "refusal": _recorded_refusal(step, tasks),
        "batches": [
            [message["body"] and message["body"]["method"] for message in cast["messages"]]
            for cast in step["casts"]
        ],
        "messages": [
            without_commands(normal(message["body"]))
            for cast in step["casts"]
            for message in cast["messages"]
        ],
        "nodes": {str(node["id"]): _recorded_node(node) for node in state["nodes"]},
        "cluster": _recorded_cluster(state["clusters"][0]) if state["clusters"] else None,
        "operations": [
            _recorded_operation(task, tasks) for task in tasks if task["parent_id"] is None
        ],
        "history": sorted(
            f"{row['node_id'] or 'null'}/{row['task_name']}: {row['status']}"
            for row in state["deployment_history"]
            if row["task_id"] in kept
        ),
        "log": sorted(
            (
                _recorded_log(row)
                for row in state["action_logs"]
                if row["action_name"] not in CHECKS
            ),
            key=repr,
        ),
        "notifications": [
            [row["topic"], row["cluster_id"] is not None, row["node_id"]]
            for row in state["notifications"]
        ],
    }


def our_outcome(scene: Scene, refusal: str, before: int) -> dict[str, Any]:
    """Tell what a step left behind in our store; ``before`` counts messages of earlier steps."""
    with scene.store.read() as work:
        transactions = list(reversed(work.transactions.page(_ALL, CLUSTER, None)))
        latest = transactions[-1:]
        sent = [
            json.loads("".join(scene.codec.reference_json(envelope.data, include_secrets=True)))
            for transaction in transactions
            for envelope in work.outbox.messages(transaction.number)
        ][before:]
        cluster = work.clusters.get(CLUSTER)
        return {
            "refusal": refusal,
            "batches": [[message["method"] for message in sent]] if sent else [],
            "messages": sent,
            "nodes": {node.uid: _our_node(node) for node in work.nodes.of_cluster(CLUSTER)},
            "cluster": {
                "status": cluster.status.value,
                "changes": sorted(cluster.pending_changes),
                "deployed_before": cluster.deployed_before,
            },
            "operations": [_our_operation(work, transaction) for transaction in latest],
            "history": sorted(
                f"{run.uid}/{run.task}: {_task_word(run.state)}"
                for transaction in latest
                for run in work.history.page(transaction.number, _ALL, "", "", None)
            ),
            "log": sorted(
                [
                    row
                    for transaction in transactions
                    for row in unique(_our_log(work, transaction))
                ],
                key=repr,
            ),
            "notifications": [
                [told.topic.value, bool(told.cluster), int(told.node) if told.node else None]
                for told in reversed(work.notifications.page(_ALL, CLUSTER, None))
            ],
        }


def unique(rows: list[list[Any]]) -> list[list[Any]]:
    """Keep one row of equal ones: an operation is logged once, whatever it sends."""
    return [row for index, row in enumerate(rows) if row not in rows[:index]]


class _All:
    """A page that holds everything."""

    size = 1_000_000
    after = None


_ALL: Any = _All()


def _recorded_refusal(step: dict[str, Any], tasks: list[dict[str, Any]]) -> str:
    if step["raised"]:
        raised = str(step["raised"]["class"])
        return REASONS.get(raised, raised)
    failed = [task for task in tasks if task["status"] == "error" and task["parent_id"] is None]
    if step["casts"] or not failed or step["call"].startswith("NailgunReceiver"):
        return ""
    if any(task["name"] in CHECKS for task in tasks):
        return "CHECKS_FAILED"
    is_dry = "Dry run" in (failed[-1]["message"] or "")
    return "DRY_RUN_NEEDS_LCM" if is_dry else "CANNOT_BUILD"


def _recorded_node(node: dict[str, Any]) -> dict[str, Any]:
    return {
        "status": node["status"],
        "roles": sorted(node["roles"]),
        "pending_roles": sorted(node["pending_roles"]),
        "pending_addition": node["pending_addition"],
        "pending_deletion": node["pending_deletion"],
        "progress": node["progress"],
        "error_type": node["error_type"],
        "has_error_text": bool(node["error_msg"]),
        "primary_tags": sorted(node["primary_tags"]),
    }


def _our_node(node: Node) -> dict[str, Any]:
    return {
        "status": node.status.value,
        "roles": sorted(node.roles),
        "pending_roles": sorted(node.pending_roles),
        "pending_addition": node.pending_addition,
        "pending_deletion": node.pending_deletion,
        "progress": node.progress,
        "error_type": node.error_type.value if node.error_type else None,
        "has_error_text": bool(node.error_message),
        "primary_tags": sorted(node.primary_tags),
    }


def _recorded_cluster(cluster: dict[str, Any]) -> dict[str, Any]:
    return {
        "status": cluster["status"],
        "changes": sorted({kind for kind, _ in cluster["changes"]}),
        "deployed_before": cluster["deployed_before"]["value"],
    }


def _recorded_operation(task: dict[str, Any], tasks: list[dict[str, Any]]) -> dict[str, Any]:
    children = [t for t in tasks if t["parent_id"] == task["id"] and t["name"] not in CHECKS]
    return {
        "kind": task["name"],
        "state": _word(task["status"]),
        "progress": task["progress"],
        "dry_run": task["dry_run"],
        "has_failure_text": task["status"] == "error" and bool(task["message"]),
        "steps": [_recorded_step(child) for child in children],
    }


def _recorded_step(task: dict[str, Any]) -> dict[str, Any]:
    return {
        "kind": task["name"],
        "state": _word(task["status"]),
        "progress": task["progress"],
        "weight": task["weight"],
        "graph_type": task["graph_type"] or "",
        "has_failure_text": task["status"] == "error" and bool(task["message"]),
    }


def _word(status: str) -> str:
    return status if status in ("ready", "error") else UNFINISHED


def _our_operation(work: Work, transaction: Transaction) -> dict[str, Any]:
    steps = work.transactions.steps([transaction.number])[transaction.number]
    return {
        "kind": transaction.kind.value,
        "state": TRANSACTION_ENDS.get(transaction.state, UNFINISHED),
        "progress": transaction.progress,
        "dry_run": not transaction.is_real,
        "has_failure_text": transaction.failure is not None,
        "steps": [_our_step(step) for step in steps],
    }


def _our_step(step: Step) -> dict[str, Any]:
    return {
        "kind": _kind(step),
        "state": STEP_ENDS.get(step.state, UNFINISHED),
        "progress": step.progress,
        "weight": step.weight,
        "graph_type": step.graph_type,
        "has_failure_text": step.failure is not None,
    }


def _kind(step: Step) -> str:
    return KINDS.get(step.kind, step.kind.value)


def _task_word(state: TaskState) -> str:
    return "error" if state is TaskState.DEP_FAILED else state.value


def _recorded_log(row: dict[str, Any]) -> list[Any]:
    ended = row["additional_info"].get("ended_with_status") if row["ended"] else None
    return [row["action_name"], row["ended"], ended and _word(ended)]


def _our_log(work: Work, transaction: Transaction) -> list[list[Any]]:
    """Read the log of actions out of the records: one for the whole, one for each message.

    A message's is ended when it is built, and again, with its last word, when it is answered.
    """
    steps = work.transactions.steps([transaction.number])[transaction.number]
    end = TRANSACTION_ENDS.get(transaction.state)
    whole = [transaction.kind.value, end is not None, end]
    return [whole, *([_kind(s), True, STEP_ENDS.get(s.state, UNFINISHED)] for s in steps)]

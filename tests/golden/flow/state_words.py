"""What do reports leave behind: recorded and ours, said in the same words?

Goes beyond what a change leaves: nodes that left the cluster, the log of operations, the news.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from planner.domain.action_log import STOP
from planner.domain.states import StepState, TaskState, TransactionState
from planner.domain.transaction import StepKind
from planner.services.ports import Page
from tests.golden.flow.hands import CHECKS
from tests.golden.flow.loading import CLUSTER

if TYPE_CHECKING:
    from planner.domain.action_log import ActionLog
    from planner.domain.node import Node
    from planner.domain.transaction import Step, Transaction
    from planner.services.ports import Work
    from tests.golden.flow.loading import Scene

EVERYTHING: Final = Page(100_000)
UNFINISHED: Final = "unfinished"
ENDS: Final = {
    TransactionState.SUCCEEDED: "ready",
    TransactionState.FAILED: "error",
    TransactionState.STOPPED: "stopped",
    StepState.SUCCEEDED: "ready",
    StepState.FAILED: "error",
    StepState.ABORTED: "error",
    StepState.STOPPED: "stopped",
}
FINAL: Final = ("ready", "error")
STEP_KINDS: Final = {StepKind.DELETION: "node_deletion"}
TASK_WORDS: Final = {TaskState.NOT_RUN: "pending", TaskState.DEP_FAILED: "error"}
"""A run that never started is pending for ever in the original."""


def recorded_words(step: dict[str, Any]) -> dict[str, Any]:
    """Say what a recorded step left behind."""
    state = step["state"]
    tops = [t for t in state["tasks"] if t["parent_id"] is None and t["name"] not in CHECKS]
    stops = [top for top in tops if top["name"] == STOP]
    works = [top for top in tops if top["name"] != STOP]
    return {
        "nodes": {str(node["id"]): _recorded_node(node) for node in state["nodes"]},
        "cluster": _recorded_cluster(state["clusters"][0]),
        "work": _recorded_work(works[-1], state["tasks"]) if works and not stops else None,
        "stop": _recorded_end(stops[-1]["status"]) if stops else None,
        "history": _recorded_history(state, works[-1]) if works and not stops else [],
        "log": [
            [row["action_name"] == STOP, _recorded_ending(row)]
            for row in state["action_logs"]
            if row["additional_info"]["parent_task_id"] is None and row["action_name"] not in CHECKS
        ],
        "news": [
            [row["topic"], row["cluster_id"] is not None, row["node_id"]]
            for row in state["notifications"]
        ],
    }


def our_words(scene: Scene, *, is_stop: bool) -> dict[str, Any]:
    """Say what a step left behind in our store; ``is_stop`` where a stop is what was recorded."""
    uids = [str(node["id"]) for node in scene.recording.given["state"]["nodes"]]
    with scene.store.read() as work:
        cluster = work.clusters.get(CLUSTER)
        transactions = work.transactions.page(EVERYTHING, CLUSTER, None)
        latest = transactions[0] if transactions else None
        return {
            "nodes": {uid: _our_node(node) for uid, node in work.nodes.find(uids).items()},
            "cluster": {
                "status": cluster.status.value,
                "changes": sorted(cluster.pending_changes),
                "deployed_before": cluster.deployed_before,
            },
            "work": _our_work(work, latest) if latest and not is_stop else None,
            "stop": _our_stop(latest) if latest and is_stop else None,
            "history": _our_history(work, latest) if latest and not is_stop else [],
            "log": [
                [action.operation == STOP, _our_ending(action)]
                for action in reversed(work.actions.page(EVERYTHING, CLUSTER, None))
            ],
            "news": [
                [told.topic.value, bool(told.cluster), int(told.node) if told.node else None]
                for told in reversed(work.notifications.page(EVERYTHING, CLUSTER, None))
            ],
        }


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
        "is_member": node["cluster_id"] is not None,
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
        "is_member": node.cluster is not None,
    }


def _recorded_cluster(cluster: dict[str, Any]) -> dict[str, Any]:
    return {
        "status": cluster["status"],
        "changes": sorted({kind for kind, _ in cluster["changes"]}),
        "deployed_before": cluster["deployed_before"]["value"],
    }


def _recorded_work(top: dict[str, Any], tasks: list[dict[str, Any]]) -> dict[str, Any]:
    children = [t for t in tasks if t["parent_id"] == top["id"] and t["name"] not in CHECKS]
    return {
        "state": _recorded_end(top["status"]),
        "progress": top["progress"],
        "dry_run": top["dry_run"],
        "has_failure_text": top["status"] == "error" and bool(top["message"]),
        "steps": [_recorded_step(task) for task in children or [top]],
    }


def _recorded_step(task: dict[str, Any]) -> dict[str, Any]:
    return {
        "kind": task["name"],
        "state": _recorded_end(task["status"]),
        "progress": task["progress"],
        "weight": task["weight"],
        "graph_type": task["graph_type"] or "",
        "has_failure_text": task["status"] == "error" and bool(task["message"]),
    }


def _recorded_end(status: str) -> str:
    return status if status in FINAL else UNFINISHED


def _our_work(work: Work, transaction: Transaction) -> dict[str, Any]:
    steps = work.transactions.steps([transaction.number])[transaction.number]
    return {
        "state": ENDS.get(transaction.state, UNFINISHED),
        "progress": transaction.progress,
        "dry_run": not transaction.is_real,
        "has_failure_text": transaction.failure is not None,
        "steps": [_our_step(step) for step in steps],
    }


def _our_step(step: Step) -> dict[str, Any]:
    return {
        "kind": STEP_KINDS.get(step.kind, step.kind.value),
        "state": ENDS.get(step.state, UNFINISHED),
        "progress": step.progress,
        "weight": step.weight,
        "graph_type": step.graph_type,
        "has_failure_text": step.failure is not None,
    }


def _our_stop(transaction: Transaction) -> str:
    if not transaction.state.is_final:
        return UNFINISHED
    return "ready" if transaction.failure is None else "error"


def _recorded_history(state: dict[str, Any], top: dict[str, Any]) -> list[str]:
    steps = [task["id"] for task in state["tasks"] if task["parent_id"] == top["id"]]
    return sorted(
        f"{row['node_id'] or 'null'}/{row['task_name']}: {row['status']}"
        for row in state["deployment_history"]
        if row["task_id"] in steps
    )


def _our_history(work: Work, transaction: Transaction) -> list[str]:
    runs = work.history.page(transaction.number, EVERYTHING, "", "", None)
    return sorted(
        f"{run.uid}/{run.task}: {TASK_WORDS.get(run.state, run.state.value)}" for run in runs
    )


def _recorded_ending(row: dict[str, Any]) -> str:
    return str(row["additional_info"]["ended_with_status"]) if row["ended"] else UNFINISHED


def _our_ending(action: ActionLog) -> str:
    return ENDS[action.ended_with] if action.ended_with is not None else UNFINISHED

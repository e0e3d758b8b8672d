"""Group 8: what do reports of deletion, provisioning, deployment and stop change?

Some flows begin with a change, which is made through our services. Others begin with rows built by
hand; for those a transaction with the same steps is put into the store.
"""

from __future__ import annotations

import tempfile
import uuid
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from planner.domain.action_log import STOP as STOP_OPERATION
from planner.domain.action_log import open_action
from planner.domain.states import RunMode, StepState, TransactionState
from planner.domain.transaction import Step, StepKind, StopRequest, Transaction, TransactionKind
from planner.services.bell import LocalBell
from planner.services.changes import Change, apply_changes
from planner.services.planning import Planning, plan_transaction
from tests.golden.flow.hands import CHECKS, STOP, Hands
from tests.golden.flow.loading import CLUSTER, NOW, scene
from tests.golden.flow.state_words import our_words, recorded_words
from tests.golden.flow.verdict import Difference, compare

if TYPE_CHECKING:
    from tests.golden.flow.loading import Scene
    from tests.golden.flow.recording import Recording

APPLY: Final = "ApplyChangesTaskManager.execute"
STOP_RESPONSE: Final = "NailgunReceiver.stop_deployment_resp"
DELETE: Final = "(mark all tasks deleted)"
REMOVE: Final = "NailgunReceiver.remove_nodes_resp"
REPORTS: Final = frozenset(
    f"NailgunReceiver.{name}_resp" for name in ("provision", "deploy", "remove_nodes")
)
CALLS: Final = REPORTS | {APPLY, STOP_RESPONSE, DELETE}

KINDS: Final = {
    "node_deletion": (StepKind.DELETION, "remove_nodes"),
    "provision": (StepKind.PROVISION, "image_provision"),
    "deployment": (StepKind.DEPLOYMENT, "task_deploy"),
}
STATES: Final = {"pending": StepState.PENDING, "running": StepState.RUNNING}


def can_replay(recording: Recording) -> bool:
    """Tell whether every call of a flow of the receiver is known, and its rows are of our kinds."""
    calls = set(recording.calls)
    if recording.group != 8 or not calls <= CALLS or calls == {REMOVE}:
        return False
    names = {task["name"] for task in recording.given["state"]["tasks"]}
    return names <= {"deploy", STOP, *KINDS}


def differences(recording: Recording) -> list[Difference]:
    """Replay a flow in a store of its own and compare after every report."""
    is_stop = STOP_RESPONSE in recording.calls
    found: list[Difference] = []
    with tempfile.TemporaryDirectory() as folder, scene(recording, Path(folder)) as loaded:
        hands = Hands(loaded)
        _load_by_hand(loaded, recording.given["state"]["tasks"])
        hands.learn(recording.given["state"]["tasks"])
        for index, step in enumerate(recording.steps):
            _replay(loaded, hands, step)
            if step["call"] == APPLY:
                hands.learn(step["state"]["tasks"])
            ours = our_words(loaded, is_stop=is_stop)
            found += compare(f"steps[{index}]", recorded_words(step), ours)
    return found


def _replay(loaded: Scene, hands: Hands, step: dict[str, Any]) -> None:
    if step["call"] == APPLY:
        _apply(loaded, step["given"]["kwargs"])
    elif step["call"] == STOP_RESPONSE:
        hands.stopped(step["given"]["report"])
    elif step["call"] in REPORTS:
        hands.report(step["given"]["report"])


def _apply(loaded: Scene, options: dict[str, Any]) -> None:
    name, bell = str(uuid.uuid4()), LocalBell()
    mode = RunMode.DRY_RUN if options.get("dry_run") else RunMode.NORMAL
    change = Change(cluster=CLUSTER, run_mode=mode)
    apply_changes(loaded.store, bell, change, transaction=name, key=None, now=NOW)
    planning = Planning(
        loaded.store, loaded.codec, bell, new_id=lambda: str(uuid.uuid4()), now=lambda: NOW
    )
    plan_transaction(planning, name)


def _load_by_hand(loaded: Scene, tasks: list[dict[str, Any]]) -> None:
    """Put a transaction with the steps of recorded rows into the store, where there are some."""
    works = [task for task in tasks if task["name"] not in (STOP, *CHECKS)]
    is_stopping = len(works) < len(tasks)
    if not tasks:
        return
    with loaded.store.write() as work:
        present = work.transactions.active(CLUSTER) or work.transactions.add(_transaction())
        uids = tuple(node.uid for node in work.nodes.of_cluster(CLUSTER))
        rows = [task for task in works if task["name"] in KINDS]
        # A stop of ours always has something to stop.
        steps = [_step(at, row, uids) for at, row in enumerate(rows)] or [
            _step(0, {"name": "deployment", "status": "running"}, uids)
        ]
        work.transactions.add_steps(present.number, steps)
        work.actions.open(open_action(present, present.kind, NOW))
        if is_stopping:
            state = TransactionState.STOPPING
            work.transactions.save(replace(present, state=state, stop=StopRequest()))
            work.actions.open(open_action(present, STOP_OPERATION, NOW))


def _transaction() -> Transaction:
    return Transaction(
        id=str(uuid.uuid4()),
        kind=TransactionKind.DEPLOY,
        cluster=CLUSTER,
        state=TransactionState.RUNNING,
        created_at=NOW,
    )


def _step(position: int, row: dict[str, Any], uids: tuple[str, ...]) -> Step:
    kind, method = KINDS[row["name"]]
    return Step(
        position=position,
        kind=kind,
        method=method,
        execution=str(uuid.uuid4()),
        uids=uids,
        weight=row.get("weight", 1.0),
        graph_type=row.get("graph_type") or "",
        state=STATES[row["status"]],
    )

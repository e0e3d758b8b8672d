"""Group 9: how do graphs run one after another, and how do reports carry them on?"""

from __future__ import annotations

import json
import tempfile
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from unittest.mock import patch

from planner.domain.errors import PlannerError
from planner.domain.graph.errors import GraphError
from planner.domain.states import RunMode, TransactionState
from planner.domain.transaction import GraphRun, Selection, Subgraph
from planner.services.bell import LocalBell
from planner.services.changes import Change, run_graphs
from planner.services.planning import Planning, plan_next_step, plan_transaction
from planner.services.transactions import read_messages
from tests.golden.flow.hands import Hands
from tests.golden.flow.loading import CLUSTER, NOW, scene
from tests.golden.flow.messages import normal, trimmed_like
from tests.golden.flow.state_words import EVERYTHING, our_words, recorded_words
from tests.golden.flow.verdict import Difference, compare

if TYPE_CHECKING:
    from tests.golden.flow.loading import Scene
    from tests.golden.flow.recording import Recording

RUN: Final = "TransactionsManager.execute"
REPORT: Final = "NailgunReceiver.transaction_resp"
CALLS: Final = frozenset({RUN, REPORT})

REFUSALS: Final = {"DeploymentAlreadyStarted": "TRANSACTION_IN_PROGRESS"}
"""What the original raised, and our reason for it."""


def can_replay(recording: Recording) -> bool:
    """Tell whether every call of a flow is known."""
    return bool(recording.calls) and set(recording.calls) <= CALLS


def differences(recording: Recording) -> list[Difference]:
    """Replay a flow in a store of its own and compare after every step."""
    with tempfile.TemporaryDirectory() as folder, scene(recording, Path(folder)) as loaded:
        replay = _Replay(loaded)
        return [
            difference
            for index, step in enumerate(recording.steps)
            for difference in replay.differences(f"steps[{index}]", step)
        ]


class _Replay:
    """One flow on its way through our services."""

    def __init__(self, loaded: Scene) -> None:
        self._scene = loaded
        self._hands = Hands(loaded, begin=1)
        self._sent = 0

    def differences(self, place: str, step: dict[str, Any]) -> list[Difference]:
        refusal = self._replay(step)
        recorded_refusal = REFUSALS.get((step.get("raised") or {}).get("class", ""), "")
        if refusal and recorded_refusal:
            # Nothing was written; there is nothing of this operation to compare.
            return compare(f"{place}.refusal", recorded_refusal, refusal)
        recorded, ours = recorded_words(step), our_words(self._scene, is_stop=False)
        recorded["refusal"], ours["refusal"] = recorded_refusal, refusal
        recorded["messages"], ours["messages"] = self._messages(step)
        return compare(place, recorded, ours)

    def _replay(self, step: dict[str, Any]) -> str:
        """Make a recorded call; return the reason why it was refused, or nothing."""
        refusal = ""
        if step["call"] == RUN:
            refusal = self._run(step["given"])
            self._hands.learn(step["state"]["tasks"])
            self._hands.reached.clear()
        else:
            self._hands.report(step["given"]["report"])
            self._plan_next()
        return refusal

    def _run(self, given: dict[str, Any]) -> str:
        name, bell = str(uuid.uuid4()), LocalBell()
        options = given["kwargs"]
        change = Change(
            cluster=CLUSTER, selection=_selection(given["graphs"], options), run_mode=_mode(options)
        )
        try:
            run_graphs(self._scene.store, bell, change, transaction=name, key=None, now=NOW)
        except PlannerError as error:
            return error.reason
        plan_transaction(self._planning(), name)
        return ""

    def _plan_next(self) -> None:
        """Plan the next graph as the dispatcher does, where the recording lets that fail."""
        with self._scene.store.read() as work:
            latest = work.transactions.page(EVERYTHING, CLUSTER, None)[0]
        if latest.state is not TransactionState.RUNNING:
            return
        if self._scene.recording.name == "9-build-fails":
            broken = GraphError("cannot build")
            with patch("planner.services.planning.plan_next_graph", side_effect=broken):
                plan_next_step(self._planning(), latest.id)
        else:
            plan_next_step(self._planning(), latest.id)
        self._hands.reached.clear()

    def _planning(self) -> Planning:
        return Planning(
            self._scene.store,
            self._scene.codec,
            LocalBell(),
            new_id=lambda: str(uuid.uuid4()),
            now=lambda: NOW,
        )

    def _messages(self, step: dict[str, Any]) -> tuple[list[Any], list[Any]]:
        recorded = [
            normal(message["body"]) for cast in step["casts"] for message in cast["messages"]
        ]
        everything = self._all_messages()
        sent, self._sent = everything[self._sent :], len(everything)
        pairs = zip(recorded, sent, strict=False)
        ours = [trimmed_like(theirs, mine) for theirs, mine in pairs]
        return recorded, [*ours, *sent[len(recorded) :]]

    def _all_messages(self) -> list[dict[str, Any]]:
        with self._scene.store.read() as work:
            transactions = reversed(work.transactions.page(EVERYTHING, CLUSTER, None))
        codec = self._scene.codec
        return [
            json.loads("".join(codec.reference_json(envelope.data, include_secrets=True)))
            for transaction in transactions
            for _, envelope in read_messages(self._scene.store, transaction.id)
        ]


def _selection(graphs: list[dict[str, Any]], options: dict[str, Any]) -> Selection:
    return Selection(
        graphs=tuple(
            GraphRun(
                graph["type"],
                tuple(str(number) for number in graph["nodes"]) if "nodes" in graph else None,
                tuple(graph.get("tasks") or ()),
            )
            for graph in graphs
        ),
        force=bool(options.get("force")),
        debug=bool(options.get("debug")),
        subgraphs=tuple(
            Subgraph(tuple(part["start"]), tuple(part["end"]))
            for part in options.get("subgraphs") or ()
        ),
    )


def _mode(options: dict[str, Any]) -> RunMode:
    if options.get("dry_run"):
        return RunMode.DRY_RUN
    return RunMode.NOOP if options.get("noop_run") else RunMode.NORMAL

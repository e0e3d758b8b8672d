"""How does a recorded case of the orchestrator become a message and a scenario?

One poll is one second of virtual time: "finishes at its k-th poll" is a duration of k seconds,
"stopped before pass n" a stop at second n - 1.
"""

from __future__ import annotations

import json
from typing import Any

from orchestrator.domain.envelope.reader import read_envelope
from orchestrator.domain.errors import MessageRefusedError
from orchestrator.domain.message import SYNC_NODE, TaskDeploy
from orchestrator.simulate.offline import RECORDED_SYNC_NODE, simulate
from orchestrator.simulate.scenario_reader import read_scenario

RESULTS = {"never": "hang"}


def answer_to(case: dict[str, Any]) -> dict[str, Any]:
    """Run a case; answer in its own words, with `error` where its message is refused."""
    try:
        message = read_envelope(envelope_of(case))
        assert isinstance(message.work, TaskDeploy)
        return simulate(message, message.work, read_scenario(scenario_text_of(case))).answer
    except MessageRefusedError as error:
        return {"error": {"reason": error.reason, "message": str(error)}, "nodes": {}}


def envelope_of(case: dict[str, Any]) -> dict[str, Any]:
    """Return the task_deploy envelope that a case describes."""
    given = case["input"]
    metadata = {
        name: given[name]
        for name in ("fault_tolerance_groups", "node_statuses_transitions", "subgraphs")
        if name in given
    }
    return {
        "api_version": "1",
        "method": "task_deploy",
        "respond_to": "deploy_resp",
        "args": {
            "task_uuid": f"case-{case['id']}",
            "tasks_graph": given["tasks_graph"],
            "tasks_directory": given.get("tasks_directory", {}),
            "tasks_metadata": metadata,
            "dry_run": given.get("dry_run", False),
            "noop_run": given.get("noop_run", False),
            "debug": given.get("debug", False),
        },
    }


def scenario_text_of(case: dict[str, Any]) -> str:
    """Return the scenario that a case describes; JSON is YAML."""
    given = case["input"]
    outcomes = [_outcome(name, how) for name, how in given.get("outcomes", {}).items()]
    scenario: dict[str, Any] = {
        "limits": {"max_nodes_per_call": given.get("max_nodes_per_call", 50)},
        "outcomes": [*outcomes, {"outcome": "successful", "duration": 1}],
    }
    if given.get("offline"):
        offline = [str(uid) for uid in given["offline"]]
        scenario["nodes"] = [{"match": {"node": offline}, "offline": True}]
    if stop := _stop(given.get("stop")):
        scenario["stop"] = stop
    return json.dumps(scenario)


def _outcome(name: str, how: dict[str, Any]) -> dict[str, Any]:
    node, task = _node_and_task(name)
    result = how.get("result", "successful")
    return {
        "match": {"node": node, "task": task},
        "outcome": RESULTS.get(result, result),
        "duration": how.get("polls", 1),
    }


def _stop(stop: Any) -> dict[str, Any] | None:
    if not stop:
        return None
    if stop == "before_start" or (isinstance(stop, dict) and stop.get("before_start")):
        return {"before_start": True}
    if "after_task" in stop:
        return {"after_task": "/".join(_node_and_task(stop["after_task"]))}
    return {"at": stop["at_pass"] - 1}


def _node_and_task(name: str) -> tuple[str, str]:
    node, _, task = name.partition("/")
    return (SYNC_NODE if node == RECORDED_SYNC_NODE else node), task

"""`orchestrator simulate` and `orchestrator scenario` from a shell."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from click.testing import CliRunner, Result

from orchestrator.cli import main

if TYPE_CHECKING:
    from pathlib import Path

ENVELOPE: dict[str, Any] = {
    "api_version": "1",
    "method": "task_deploy",
    "respond_to": "deploy_resp",
    "args": {
        "task_uuid": "u1",
        "tasks_graph": {
            "1": [
                {"id": "a", "type": "shell", "parameters": {"cmd": "x"}},
                {
                    "id": "b",
                    "type": "shell",
                    "parameters": {"cmd": "x"},
                    "requires": [{"name": "a", "node_id": "1"}],
                },
            ],
            "2": [
                {
                    "id": "c",
                    "type": "shell",
                    "parameters": {"cmd": "x"},
                    "requires": [{"name": "a", "node_id": "1"}],
                },
            ],
            "null": [],
        },
        "tasks_metadata": {},
    },
}


def simulate(tmp_path: Path, *options: str, envelope: dict[str, Any] | None = None) -> Result:
    """Run `orchestrator simulate` on an envelope with tasks of 10 and, c, of 30 seconds."""
    message, scenario = tmp_path / "message.json", tmp_path / "scenario.yaml"
    message.write_text(json.dumps(envelope or ENVELOPE))
    scenario.write_text("durations: [{match: {task: c}, duration: 30}, {duration: 10}]")
    arguments = ["simulate", str(message), "--scenario", str(scenario), *options]
    return CliRunner().invoke(main, arguments)


def test_the_answer_has_everything(tmp_path: Path) -> None:
    """Statuses, order, reports, critical path and makespan, as JSON."""
    done = simulate(tmp_path, "--format", "json")
    assert done.exit_code == 0, done.output
    answer = json.loads(done.output)
    assert set(answer) == {
        *("status", "tasks", "nodes", "start_order", "reports", "critical_path", "makespan_s")
    }
    assert answer["status"] == "ready"
    assert answer["tasks"] == {"1/a": "successful", "1/b": "successful", "2/c": "successful"}
    assert answer["nodes"] == {"1": "ready", "2": "ready"}
    assert answer["start_order"] == ["1/a", "1/b", "2/c"]
    assert answer["critical_path"] == ["1/a", "2/c"]
    assert answer["makespan_s"] == 40
    assert answer["reports"][0] == {
        "nodes": [
            {
                "uid": "1",
                "progress": 0,
                "deployment_graph_task_name": "a",
                "task_status": "running",
                "summary": {},
            }
        ]
    }
    assert answer["reports"][-1] == {"status": "ready", "progress": 100}
    closing = [{"uid": uid, "progress": 100} for uid in ("1", "2", None)]
    assert answer["reports"][-2] == {"nodes": closing}


def test_tasks_can_be_made_to_fail(tmp_path: Path) -> None:
    """The run ends in error, the command ends well: it has told what comes of it."""
    done = simulate(tmp_path, "--format", "json", "--fail", "a/1")
    assert done.exit_code == 0, done.output
    answer = json.loads(done.output)
    assert answer["status"] == "error"
    assert answer["tasks"] == {"1/a": "failed", "1/b": "dep_failed", "2/c": "dep_failed"}


def test_text_is_for_people(tmp_path: Path) -> None:
    """One line a fact."""
    done = simulate(tmp_path)
    assert "status    ready" in done.output
    assert "critical  1/a -> 2/c" in done.output
    assert "task      2/c  successful" in done.output


def test_the_graph_is_drawn_before_and_after(tmp_path: Path) -> None:
    """As DOT, coloured by status."""
    before, after = tmp_path / "before.dot", tmp_path / "after.dot"
    assert simulate(tmp_path, "--fail", "b/1", "--dot", f"{before},{after}").exit_code == 0
    assert "tomato" not in before.read_text()
    assert "tomato" in after.read_text()
    assert "v0 -> v1;" in after.read_text()


def test_a_refused_message_ends_with_1(tmp_path: Path) -> None:
    """And says why."""
    envelope = json.loads(json.dumps(ENVELOPE))
    envelope["args"]["tasks_graph"]["1"][0]["requires"] = [{"name": "b", "node_id": "1"}]
    done = simulate(tmp_path, "--format", "json", envelope=envelope)
    assert done.exit_code == 1
    answer = json.loads(done.output)
    assert answer["error"]["reason"] == "GRAPH_CYCLE"
    assert answer["nodes"] == {}


def test_bad_input_is_no_traceback(tmp_path: Path) -> None:
    """Broken scenarios, other methods and odd options end with a sentence."""
    for options, envelope in (
        (["--fail", "a"], None),
        ([], {"method": "check_dhcp", "args": {"task_uuid": "u"}}),
    ):
        done = simulate(tmp_path, *options, envelope=envelope)
        assert done.exit_code == 2
        assert isinstance(done.exception, SystemExit)
    broken = tmp_path / "broken.yaml"
    broken.write_text("seed: x")
    done = simulate(tmp_path, "--scenario", str(broken))
    assert done.exit_code == 1
    assert "line 1" in done.output


def test_scenarios_are_checked_by_file_and_line(tmp_path: Path) -> None:
    """0 when all are good, else 1 and where it is wrong."""
    good, bad = tmp_path / "good.yaml", tmp_path / "bad.yaml"
    good.write_text("seed: 1")
    bad.write_text("seed: 1\nclok: {}")
    assert CliRunner().invoke(main, ["scenario", "check", str(good)]).exit_code == 0
    done = CliRunner().invoke(main, ["scenario", "check", str(good), str(bad)])
    assert done.exit_code == 1
    assert f"{bad}:2:1: clok" in done.stderr


def test_the_schema_is_printed() -> None:
    """For editors and other validators."""
    done = CliRunner().invoke(main, ["scenario", "schema"])
    assert json.loads(done.output)["title"] == "Scenario"

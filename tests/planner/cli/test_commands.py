"""The command line against a real planner: what people type, what they read, how it fails."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner, Result

from planner.cli import main
from tests.scenes import SAMPLE_ROLES, SAMPLES

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.processes import Pair

Run = Any


@pytest.fixture(scope="module")
def run(pair: Pair) -> Callable[..., Result]:
    """Run a command against the pair."""

    def run_command(*arguments: str, text: str | None = None) -> Result:
        return CliRunner().invoke(main, ["--server", pair.planner.address, *arguments], input=text)

    return run_command


@pytest.fixture(scope="module")
def cluster(run: Run) -> str:
    """The sample cluster, set up by commands alone."""
    assert run("release", "import", "cloud", str(SAMPLES / "release.yaml")).exit_code == 0
    assert run("node", "register", str(SAMPLES / "nodes.yaml")).exit_code == 0
    assert run("cluster", "create", "demo", "--release", "cloud").exit_code == 0
    assignments = [f"{uid}={role}" for uid, role in enumerate(SAMPLE_ROLES, 1)]
    assert run("cluster", "assign", "demo", *assignments).exit_code == 0
    return "demo"


def test_a_preview_shows_nodes_steps_and_tasks(run: Run, cluster: str) -> None:
    """What would happen to each node, by which messages, with which tasks, and why."""
    result = run("preview", cluster)

    assert result.exit_code == 0, result.output
    assert "provision, deploy" in result.output
    assert "it is new in the cluster [PENDING_ADDITION]" in result.output
    assert "deployment by task_deploy: 6 nodes, 119 task runs" in result.output


def test_a_task_is_explained(run: Run, cluster: str) -> None:
    """Why a task runs on a node, or is skipped there, in one line."""
    runs = run("preview", cluster, "--explain", "1/netconfig")
    skipped = run("preview", cluster, "--explain", "1/monitoring_agent")
    absent = run("preview", cluster, "--explain", "1/hypervisor")

    assert runs.output.startswith("1/netconfig runs: ")
    assert skipped.output.startswith("1/monitoring_agent is skipped: ")
    assert "no such task on that node" in absent.output


def test_apply_follows_to_the_end(run: Run, cluster: str) -> None:
    """Plain lines where there is no terminal, then a summary with every node."""
    result = run("apply", cluster, "--watch")

    assert result.exit_code == 0, result.output
    assert "provision: succeeded" in result.output
    assert "deployment: succeeded" in result.output
    assert "transaction: succeeded" in result.output
    for name in ("control-1", "compute-2", "storage-1"):
        assert name in result.output


def test_json_is_json(run: Run, cluster: str) -> None:
    """Every list and every answer can be piped into a program."""
    for arguments in (
        ("cluster", "list"),
        ("node", "list"),
        ("release", "show", "cloud"),
        ("transaction", "list"),
        ("preview", cluster),
    ):
        result = run("--output", "json", *arguments)

        assert json.loads(result.output), arguments


def test_transactions_can_be_read_afterwards(run: Run, cluster: str) -> None:
    """List, show, tasks, messages, watch."""
    (listed,) = json.loads(run("-o", "json", "transaction", "list", "--cluster", cluster).output)
    name = listed["name"]

    assert "succeeded" in run("transaction", "show", name).output
    assert "primary-database" in run("transaction", "tasks", name, "--node", "1").output
    messages = run("transaction", "messages", name).output.splitlines()
    assert [json.loads(line)["method"] for line in messages] == ["image_provision", "task_deploy"]
    explained = run("preview", cluster, "--explain", "1/netconfig").output
    assert f"nothing that it watches changed since {name} [UNCHANGED]" in explained
    assert "succeeded" in run("transaction", "watch", name).output
    assert "succeeded" in run("transaction", "stop", name).output


def test_graphs_can_be_put_and_taken_away(run: Run, cluster: str) -> None:
    """A cluster's own graph shows in its preview until it is deleted."""
    document = "tasks: [{id: extra, type: shell, version: 2.1.0, tags: '*', parameters: {cmd: x}}]"

    put = run("graph", "put", f"clusters/{cluster}", "default", "-", text=document)
    listed = run("graph", "list", f"clusters/{cluster}")
    planned = run("preview", cluster, "--explain", "1/extra")
    deleted = run("graph", "delete", f"clusters/{cluster}/graphs/default")

    assert put.exit_code == 0, put.output
    assert f"clusters/{cluster}/graphs/default" in listed.output
    assert planned.output.startswith("1/extra runs: ")
    assert deleted.exit_code == 0, deleted.output
    assert "no such task" in run("preview", cluster, "--explain", "1/extra").output


def test_errors_name_every_violation(run: Run) -> None:
    """Exit code 1, the reason, and a line for each field that is wrong."""
    result = run("release", "import", "broken", "-", text="release: {version: x}\n")

    assert result.exit_code == 1
    assert "reason: INVALID_INPUT" in result.output
    assert "document.release.version" in result.output
    assert "document.release.modes" in result.output
    assert "document.roles_metadata" in result.output


def test_an_unreachable_planner_has_its_own_exit_code() -> None:
    """Exit code 3, and what to do about it."""
    result = CliRunner().invoke(main, ["--server", "127.0.0.1:1", "cluster", "list"])

    assert result.exit_code == 3
    assert "planner serve" in result.output


def test_graphs_are_run_and_the_activity_is_listed(run: Run, cluster: str) -> None:
    """Nodes after an @ win over the filter; afterwards there is news."""
    ran = run("run", cluster, "default@1,2", "--task", "netconfig", "--watch")
    wrong = run("run", cluster, "default", "--part", "netconfig")

    actions, news = run("actions"), run("-o", "json", "notifications", "--cluster", cluster)

    assert ran.exit_code == 0, ran.output
    assert "transaction: succeeded" in ran.output
    assert (wrong.exit_code, "is not START..END" in wrong.output) == (2, True)
    assert "run_graphs" in actions.output
    assert json.loads(news.output)[0]["message"] == "the run of graphs of cluster demo is done"

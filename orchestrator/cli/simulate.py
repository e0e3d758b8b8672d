"""`orchestrator simulate`: what comes of a message, told without a service?"""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from orchestrator.domain.envelope.reader import parse_envelope, read_envelope
from orchestrator.domain.errors import MessageRefusedError
from orchestrator.domain.message import TaskDeploy
from orchestrator.simulate.dot import dot_lines
from orchestrator.simulate.errors import ScenarioRefusedError
from orchestrator.simulate.offline import simulate as run_offline
from orchestrator.simulate.scenario import Match, Outcome, OutcomeRule, Scenario
from orchestrator.simulate.scenario_reader import read_scenario

if TYPE_CHECKING:
    from orchestrator.simulate.offline import Outcome as RunOutcome

FILE = click.Path(path_type=Path, exists=True, dir_okay=False)


@click.command()
@click.argument("message", type=FILE)
@click.option("--scenario", type=FILE, help="How the fleet behaves.")
@click.option("--fail", multiple=True, metavar="TASK/NODE", help="Let a task fail; repeatable.")
@click.option("--seed", type=click.IntRange(min=0), help="Seed instead of the scenario's.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text")
@click.option("--dot", metavar="BEFORE,AFTER", help="Write the graph before and after the run.")
def simulate(
    message: Path,
    scenario: Path | None,
    fail: tuple[str, ...],
    seed: int | None,
    form: str,
    dot: str | None,
) -> None:
    """Run a task_deploy envelope in virtual time and tell what comes of it.

    Ends with 1 when the message is refused, and with 0 otherwise, however the run ends.
    """
    try:
        behaviour = _scenario(scenario, fail, seed)
        read = read_envelope(parse_envelope(message.read_text("utf-8")))
        if not isinstance(read.work, TaskDeploy):
            raise click.UsageError(f"simulate runs task_deploy, not {read.method}")
        outcome = run_offline(read, read.work, behaviour)
    except ScenarioRefusedError as error:
        raise click.ClickException(f"{scenario}: {error}") from error
    except UnicodeDecodeError as error:
        raise click.ClickException(f"no UTF-8 text: {error}") from error
    except MessageRefusedError as error:
        refusal = {"reason": error.reason, "message": str(error)}
        _print({"error": refusal, "nodes": {}}, form)
        sys.exit(1)
    if dot:
        _write_dot(dot, outcome)
    _print(outcome.answer, form)
    sys.exit(1 if outcome.is_refused else 0)


def _scenario(path: Path | None, fail: tuple[str, ...], seed: int | None) -> Scenario:
    scenario = read_scenario(path.read_text("utf-8") if path else "")
    failures = []
    for name in fail:
        task, separator, node = name.rpartition("/")
        if not separator or not task or not node:
            raise click.BadParameter(f"{name!r} is not TASK/NODE", param_hint="--fail")
        failures.append(OutcomeRule(Match(tasks=(task,), nodes=(node,)), Outcome.FAILED))
    outcomes = (*failures, *scenario.outcomes)
    return replace(scenario, outcomes=outcomes, seed=scenario.seed if seed is None else seed)


def _write_dot(names: str, outcome: RunOutcome) -> None:
    before, _, after = names.partition(",")
    untouched = bytes(outcome.plan.instances)
    for name, status in ((before, untouched), (after, outcome.status)):
        if name:
            text = "\n".join(dot_lines(outcome.plan, status))
            Path(name).write_text(f"{text}\n", "utf-8")


def _print(answer: dict[str, Any], form: str) -> None:
    if form == "json":
        click.echo(json.dumps(answer, indent=2, ensure_ascii=False))
        return
    if "error" in answer:
        click.echo(f"refused: {answer['error']['reason']}: {answer['error']['message']}")
    else:
        click.echo(f"status    {answer['status']}")
        click.echo(f"makespan  {answer['makespan_s']:g} s")
        click.echo(f"critical  {' -> '.join(answer['critical_path'])}")
        for name, status in answer["tasks"].items():
            click.echo(f"task      {name}  {status}")
    for uid, status in answer["nodes"].items():
        click.echo(f"node      {uid}  {status}")

"""`orchestrator scenario`: is this text a scenario, and what may one say?"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from orchestrator.simulate.errors import ScenarioRefusedError
from orchestrator.simulate.scenario_reader import read_scenario, scenario_schema


@click.group()
def scenario() -> None:
    """Check scenarios and show their schema."""


@scenario.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True))
def check(files: tuple[Path, ...]) -> None:
    """Check scenario files; prints FILE:LINE:COLUMN of everything that is wrong."""
    is_good = True
    for path in files:
        try:
            read_scenario(path.read_text("utf-8"))
        except UnicodeDecodeError as error:
            is_good = False
            click.echo(f"{path}: no UTF-8 text: {error}", err=True)
        except ScenarioRefusedError as error:
            is_good = False
            for found in error.findings:
                place = f"{path}:{found.line}:{found.column}"
                click.echo(f"{place}: {found.field}: {found.description}", err=True)
    sys.exit(0 if is_good else 1)


@scenario.command()
def schema() -> None:
    """Print the JSON Schema of scenarios."""
    click.echo(json.dumps(scenario_schema(), indent=2))

"""The command line: `orchestrator serve`, `simulate`, `scenario`."""

from __future__ import annotations

import click

from orchestrator.cli.scenario import scenario
from orchestrator.cli.serve import serve
from orchestrator.cli.simulate import simulate


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Execute deployment messages on a simulated fleet."""


main.add_command(scenario)
main.add_command(serve)
main.add_command(simulate)

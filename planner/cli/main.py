"""Which commands does ``planner`` have?"""

from __future__ import annotations

import importlib
from typing import Final

import click

from planner.cli.options import output_option, server_option

COMMANDS: Final = {
    "serve": "planner.cli.serve:serve",
    "compile": "planner.cli.compile:compile_command",
    "release": "planner.cli.release:release",
    "graph": "planner.cli.graph:graph",
    "cluster": "planner.cli.cluster:cluster",
    "node": "planner.cli.node:node",
    "preview": "planner.cli.change:preview",
    "apply": "planner.cli.change:apply",
    "run": "planner.cli.run:run",
    "transaction": "planner.cli.transaction:transaction",
    "actions": "planner.cli.activity:actions",
    "notifications": "planner.cli.activity:notifications",
}
"""Where each command lives. A command loads only itself: the service takes a second to load,
which nobody who asks for a list should wait for."""


class Commands(click.Group):
    """Loads a command when it is called for."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Name the commands, those that come first in a person's work first."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Load a command; None for a name that is none."""
        if cmd_name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[cmd_name].partition(":")
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command


@click.group(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(package_name="deploy-changes", prog_name="planner")
@server_option
@output_option
@click.pass_context
def main(context: click.Context, server: str, output: str) -> None:
    """Plan and run deployments of clusters.

    Every command but serve and compile talks to a running planner.

    Exit codes: 0 done, 1 the deployment or the call failed, 2 wrong usage, 3 the planner cannot
    be reached.
    """
    context.obj = (server, output)

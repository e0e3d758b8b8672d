"""Which commands does ``planner`` have?"""

from __future__ import annotations

import click

from planner.cli.activity import actions, notifications
from planner.cli.change import apply, preview
from planner.cli.cluster import cluster
from planner.cli.compile import compile_command
from planner.cli.graph import graph
from planner.cli.node import node
from planner.cli.release import release
from planner.cli.run import run
from planner.cli.serve import serve
from planner.cli.session import Session, output_option, server_option
from planner.cli.transaction import transaction


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
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
    context.obj = Session(server, output)


for command in (
    serve,
    compile_command,
    release,
    graph,
    cluster,
    node,
    preview,
    apply,
    run,
    transaction,
    actions,
    notifications,
):
    main.add_command(command)

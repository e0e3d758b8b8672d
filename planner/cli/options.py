"""Which options do all commands share?"""

from __future__ import annotations

from typing import Final

import click

DEFAULT_SERVER: Final = "127.0.0.1:50051"

server_option = click.option(
    "--server",
    envvar="PLANNER_SERVER",
    default=DEFAULT_SERVER,
    show_default=True,
    help="Address of the planner.",
)
output_option = click.option(
    "--output",
    "-o",
    type=click.Choice(["table", "json"]),
    default="table",
    show_default=True,
    help="How to print answers.",
)

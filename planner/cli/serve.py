"""``planner serve``: run the service."""

from __future__ import annotations

import asyncio
import gc
import logging
import signal
import sys
from typing import Any, Final

import click

from planner.app import PortTaken, running
from planner.settings import Settings

COLLECTIONS: Final = (50_000, 20, 50)
"""When garbage is looked for. Plans and windows of events are hundreds of thousands of tuples
without cycles; with Python's defaults half the time of recording goes into looking at them."""


@click.command()
@click.option("--listen", help="Address to listen on; port 0 takes a free one.")
@click.option("--orchestrator", help="Address of the orchestrator.")
@click.option("--data-dir", type=click.Path(), help="Where the default database lives.")
@click.option("--database-url", help="Any SQLAlchemy URL; by default SQLite in the data directory.")
@click.option("--grace-s", type=float, help="Seconds that a shutdown waits for running calls.")
@click.option(
    "--log-level", type=click.Choice(["debug", "info", "warning", "error"]), help="What is logged."
)
def serve(**flags: Any) -> None:
    """Run the planner until SIGTERM or SIGINT.

    Each flag may also be given as an environment variable, PLANNER_LISTEN and so on.
    """
    settings = Settings(**{name: value for name, value in flags.items() if value is not None})
    logging.basicConfig(
        level=settings.log_level.upper(),
        stream=sys.stderr,
        format="%(asctime)s %(levelname)s %(name)s %(message)s",
    )
    # A schema that is brought up to date says so itself.
    logging.getLogger("alembic").setLevel(logging.WARNING)
    gc.set_threshold(*COLLECTIONS)
    try:
        asyncio.run(_serve(settings))
    except PortTaken as error:
        raise click.ClickException(str(error)) from error


async def _serve(settings: Settings) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with running(settings) as planner:
        click.echo(f"planner serving on {planner.address}")
        await stop.wait()

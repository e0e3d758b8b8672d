"""`orchestrator serve`: how is the service started from a shell?"""

from __future__ import annotations

import asyncio
import gc
import logging
from pathlib import Path
from typing import Final

import click

from orchestrator.app import serve as run_service
from orchestrator.domain.errors import OrchestratorError
from orchestrator.settings import read_settings

COLLECTIONS: Final = (50_000, 20, 50)
"""When garbage is looked for: a run holds hundreds of thousands of numbers and no cycles, and
Python's defaults would look at them again and again."""


@click.command()
@click.option(
    "--config",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="YAML file of settings, named as the variables without ORCHESTRATOR_, in small letters.",
)
@click.option("--listen", metavar="HOST:PORT", help="Address; port 0 takes a free one.")
@click.option(
    "--data-dir", type=click.Path(path_type=Path, file_okay=False), help="Where the journal is."
)
@click.option(
    "--scenario",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Scenario of batches that name none.",
)
@click.option("--simulation/--no-simulation", default=None, help="Serve SimulationService.")
@click.option("--log-level", type=click.Choice(["debug", "info", "warning", "error"]))
def serve(config: Path | None, **flags: object) -> None:
    """Serve until SIGTERM or SIGINT; prints one line when calls are welcome.

    Every flag can also be given as a variable ORCHESTRATOR_NAME, or as `name: value` in the file of
    --config; a flag wins over a variable, a variable over the file.
    """
    try:
        given = {name: value for name, value in flags.items() if value is not None}
        settings = read_settings(given, config)
    except (ValueError, OSError) as error:  # pydantic's refusals are ValueErrors
        raise click.ClickException(str(error)) from error
    logging.basicConfig(
        level=settings.log_level.upper(),
        format="%(asctime)s %(levelname)s %(name)s %(message)s",
    )
    gc.set_threshold(*COLLECTIONS)
    try:
        asyncio.run(run_service(settings, click.echo))
    except (OrchestratorError, OSError, RuntimeError) as error:
        raise click.ClickException(str(error)) from error

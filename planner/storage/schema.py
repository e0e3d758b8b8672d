"""How does a database get the present schema?"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

if TYPE_CHECKING:
    from sqlalchemy.engine import Engine


logger = logging.getLogger(__name__)


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Bring a database to a revision; does nothing, and fast, where it is there already."""
    config = _config()
    with engine.begin() as connection:
        present = MigrationContext.configure(connection).get_current_revision()
        if revision == "head" and present == ScriptDirectory.from_config(config).get_current_head():
            return
        logger.info("bringing the schema from %s to %s", present or "nothing", revision)
        config.attributes["connection"] = connection
        command.upgrade(config, revision)


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")))
    # "%" begins an interpolation in this format; a path may contain one.
    config.set_main_option("path_separator", "os")
    return config

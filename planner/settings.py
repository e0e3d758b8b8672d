"""How is the planner configured? Flags win over environment, environment over the file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from platformdirs import user_data_path
from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Settings of ``planner serve``; each is a flag and an environment variable PLANNER_*."""

    model_config = SettingsConfigDict(env_prefix="PLANNER_", env_file=".env", extra="ignore")

    listen: Annotated[str, Field(description="Address to listen on; port 0 takes a free one.")] = (
        "127.0.0.1:50051"
    )
    orchestrator: Annotated[str, Field(description="Address of the orchestrator.")] = (
        "127.0.0.1:50052"
    )
    data_dir: Annotated[Path, Field(description="Where the default database lives.")] = (
        user_data_path("deploy-changes", appauthor=False)
    )
    database_url: Annotated[
        str,
        Field(description="Any SQLAlchemy URL; by default a SQLite file in the data directory."),
    ] = ""
    grace_s: Annotated[
        float, Field(ge=0, description="How long a shutdown waits for running calls, in seconds.")
    ] = 5.0
    log_level: Annotated[
        str, Field(pattern="^(debug|info|warning|error)$", description="What is logged.")
    ] = "info"

    @property
    def url(self) -> str:
        """The database URL, made from the data directory unless given."""
        if self.database_url:
            return self.database_url
        self.data_dir.mkdir(parents=True, exist_ok=True)
        return f"sqlite:///{self.data_dir / 'planner.db'}"

"""How is the orchestrator configured: flags, then ORCHESTRATOR_* variables, then a file?"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from platformdirs import user_data_path
from pydantic import Field
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)


class Settings(BaseSettings):
    """Everything that can be set; a flag wins over the environment, that over the file."""

    model_config = SettingsConfigDict(env_prefix="ORCHESTRATOR_", extra="forbid", frozen=True)

    listen: str = Field("127.0.0.1:50052", description="Address to listen on; port 0 takes any.")
    data_dir: Path = Field(
        default_factory=lambda: user_data_path("deploy-changes") / "orchestrator",
        description="Directory of the journal.",
    )
    scenario: Path | None = Field(None, description="Scenario of batches that name none.")
    simulation: bool = Field(default=True, description="Serve SimulationService.")
    log_level: str = Field("info", description="debug, info, warning or error.")
    grace_seconds: float = Field(5.0, ge=0, description="How long calls may go on at the end.")
    bookmark_seconds: float = Field(10.0, gt=0, description="Silence before a bookmark.")
    max_running: int = Field(64, ge=1, description="Batches worked on at the same time.")
    max_batch_bytes: int = Field(256 << 20, ge=1, description="Largest batch.")
    max_concurrent_rpcs: int = Field(4096, ge=1, description="More calls are refused.")


def read_settings(flags: dict[str, Any], file: Path | None = None) -> Settings:
    """Return the settings that flags, environment and a YAML file of settings give.

    Raises ValidationError for what does not fit, unknown names included, and ValueError for a
    file that holds no settings.
    """
    given = _file_values(file) if file else {}

    class _WithFile(Settings):
        @classmethod
        def settings_customise_sources(
            cls,
            settings_cls: type[BaseSettings],
            init_settings: PydanticBaseSettingsSource,
            env_settings: PydanticBaseSettingsSource,
            dotenv_settings: PydanticBaseSettingsSource,
            file_secret_settings: PydanticBaseSettingsSource,
        ) -> tuple[PydanticBaseSettingsSource, ...]:
            del dotenv_settings, file_secret_settings  # not among the sources promised
            return init_settings, env_settings, InitSettingsSource(settings_cls, given)

    return _WithFile(**flags)


def _file_values(file: Path) -> dict[str, Any]:
    try:
        values = yaml.safe_load(file.read_text("utf-8"))
    except (UnicodeDecodeError, yaml.YAMLError) as error:
        raise ValueError(f"{file}: no YAML: {error}") from error
    if values is None:
        return {}
    if not isinstance(values, dict) or not all(isinstance(name, str) for name in values):
        raise ValueError(f"{file}: must map names of settings to values")
    return values

"""Settings: from flags, environment and file, in this order."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from orchestrator.cli import main
from orchestrator.settings import Settings, read_settings

PAGE = Path(__file__).parents[2] / "docs" / "orchestrator-settings.md"
FILE = """
listen: 127.0.0.1:1
max_running: 7
grace_seconds: 1.5
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return a file of settings."""
    path = tmp_path / "orchestrator.yaml"
    path.write_text(FILE, "utf-8")
    return path


def test_a_flag_wins_over_a_variable_and_that_over_the_file(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What none of them says is as it is by default."""
    monkeypatch.setenv("ORCHESTRATOR_MAX_RUNNING", "8")
    monkeypatch.setenv("ORCHESTRATOR_LISTEN", "127.0.0.1:2")
    settings = read_settings({"listen": "127.0.0.1:3"}, file)
    assert settings.listen == "127.0.0.1:3"
    assert settings.max_running == 8
    assert settings.grace_seconds == 1.5
    assert settings.simulation is True


@pytest.mark.parametrize(
    ("text", "named"),
    [("max_runing: 7", "max_runing"), ("max_running: 0", "max_running"), ("[1]", "map names")],
)
def test_a_file_that_cannot_be_used_is_refused(file: Path, text: str, named: str) -> None:
    """The command ends with what is wrong instead of serving something else."""
    file.write_text(text, "utf-8")
    done = CliRunner().invoke(main, ["serve", "--config", str(file)])
    assert done.exit_code == 1
    assert named in done.output


def test_the_page_lists_every_setting_and_its_example_is_read(file: Path) -> None:
    """What can be set is documented, and nothing else is."""
    page = PAGE.read_text("utf-8")
    assert re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE) == list(Settings.model_fields)
    file.write_text(page.split("```yaml")[1].split("```")[0], "utf-8")
    assert read_settings({}, file).max_running == 16

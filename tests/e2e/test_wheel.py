"""The built wheel in an empty environment: the client alone, then the whole pair."""

from __future__ import annotations

import shutil
import subprocess
import sys
import venv
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(__file__).parents[2]

IMPORT_STUBS = """
import sys
from planner.v1 import inventory_service_pb2, planner_service_pb2_grpc, transaction_service_pb2
from orchestrator.v1 import orchestrator_service_pb2_grpc
loaded = {name.partition(".")[0] for name in sys.modules}
assert not loaded & {"sqlalchemy", "alembic", "numpy", "yaql", "click"}, loaded
"""


def _run(*command: str | Path | Sequence[str], cwd: Path) -> str:
    done = subprocess.run(
        [str(part) for part in command], cwd=cwd, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from a copy of what git tracks."""
    source = tmp_path_factory.mktemp("source")
    tracked = _run("git", "ls-files", "-z", cwd=ROOT).split("\0")
    for name in filter(None, tracked):
        if (ROOT / name).is_file():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, source / name)
    _run(sys.executable, "-m", "build", "--wheel", "--outdir", source / "dist", cwd=source)
    return next((source / "dist").glob("*.whl"))


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of an empty environment."""
    home = tmp_path_factory.mktemp("empty")
    venv.create(home, with_pip=True)
    return home / "bin" / "python"


def test_a_plain_install_is_the_client(wheel: Path, python: Path, tmp_path: Path) -> None:
    """Stubs import without anything that only the services need."""
    constraints = ROOT / "constraints.txt"
    _run(python, "-m", "pip", "install", "-q", "-c", constraints, wheel, cwd=tmp_path)

    _run(python, "-c", IMPORT_STUBS, cwd=tmp_path)

    installed = _run(python, "-m", "pip", "list", "--format", "freeze", cwd=tmp_path).lower()
    assert "sqlalchemy" not in installed


def test_the_server_extra_runs_the_demo(wheel: Path, python: Path, tmp_path: Path) -> None:
    """With [server] both services run from the wheel alone."""
    constraints = ROOT / "constraints.txt"
    _run(python, "-m", "pip", "install", "-q", "-c", constraints, f"{wheel}[server]", cwd=tmp_path)
    samples = shutil.copytree(ROOT / "samples", tmp_path / "samples")

    output = _run(python, samples / "pair.py", "demo", cwd=tmp_path)

    assert "transaction: succeeded" in output
    assert output.count(" ready ") >= 6

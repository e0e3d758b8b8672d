"""Every recorded planning case goes through ``planner compile``; the original's rule judges."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from planner.cli.compile import compile_command

if TYPE_CHECKING:
    from types import ModuleType

GOLDEN = Path(__file__).resolve().parents[3] / "shared" / "golden" / "planner"

pytestmark = pytest.mark.skipif(
    not GOLDEN.is_dir(), reason=f"the recorded cases are not in {GOLDEN}"
)


def shared_module(name: str) -> ModuleType:
    """Import one of the two programs that come with the cases."""
    spec = importlib.util.spec_from_file_location(name, GOLDEN / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def case_files() -> list[str]:
    """List the recorded cases, none where they are not there."""
    if not GOLDEN.is_dir():
        return []
    return [case["file"] for case in json.loads((GOLDEN / "index.json").read_text())]


def compiled(case: dict[str, Any], folder: Path, *options: str) -> tuple[int, dict[str, Any]]:
    """Run a case through the command line and return its exit status and answer."""
    path, out = folder / "case.json", folder / "out.json"
    path.write_text(json.dumps({"input": case["input"]}))
    outcome = CliRunner().invoke(
        compile_command, [str(path), "-o", str(out), *options], catch_exceptions=False
    )
    answer: dict[str, Any] = json.loads(out.read_text())
    return outcome.exit_code, answer


@pytest.mark.parametrize("file", case_files())
def test_case_agrees_with_the_original(file: str, tmp_path: Path) -> None:
    """The answer is the recorded one by compare.py, and an error ends with status 1."""
    case = shared_module("load_case").load_case(file)
    status, answer = compiled(case, tmp_path)
    assert shared_module("compare").compare(case, answer) == []
    assert status == (1 if "error" in answer else 0)


@pytest.mark.parametrize("file", case_files())
def test_stored_form_is_the_recorded_one(file: str) -> None:
    """Tasks written by an author become what the original's tables gave back."""
    from planner.domain.graph.stored_form import stored_form  # noqa: PLC0415

    given = shared_module("load_case").load_case(file)["input"]
    if "tasks_as_stored" not in given:
        pytest.skip("the case does not show the stored form")
    spelled_twice = {"role", "cross-depends", "cross-depended-by"}
    for written, stored in zip(given["tasks"], given["tasks_as_stored"], strict=True):
        expected = {key: value for key, value in stored.items() if key not in spelled_twice}
        assert stored_form(written) == expected

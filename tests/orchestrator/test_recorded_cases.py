"""Every recorded run case, through the offline door and through the machine beneath it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.golden.orchestrator_cases import answer_to
from tests.orchestrator.recorded import CASES, cases, expected

pytestmark = pytest.mark.skipif(not CASES.is_file(), reason=f"no recorded cases at {CASES}")

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("case", cases().values(), ids=cases())
def test_a_recorded_case_ends_as_it_should(case: dict[str, Any]) -> None:
    """Final status of tasks, nodes and run are as recorded, or mended as decided."""
    answer = answer_to(case)
    wanted = expected(case)
    if "error" in wanted:
        assert answer["error"]["reason"] == wanted["error"]
        return
    assert {name: answer[name] for name in wanted} == wanted


@pytest.mark.parametrize(
    "case", [c for c in cases().values() if not c["timing_sensitive"]], ids=lambda c: c["id"]
)
def test_tasks_start_in_the_recorded_order(case: dict[str, Any]) -> None:
    """Where timing does not matter, the order of starts is the recorded one."""
    recorded = case["expected_from_ruby"]
    if recorded["exception"] or case["verdict"] != "keep":
        pytest.skip("the original did not run it, or should not have")
    assert answer_to(case)["start_order"] == recorded["start_order"]


def test_the_golden_door_prints_the_answer(tmp_path: Path) -> None:
    """``python -m tests.golden orchestrator`` prints JSON and ends with 1 for a refusal."""
    known = cases()
    for case_id, code in (("C01", 0), ("D09", 1), ("A10", 1)):
        path = tmp_path / f"{case_id}.json"
        path.write_text(json.dumps(known[case_id]))
        done = subprocess.run(
            [sys.executable, "-m", "tests.golden", "orchestrator", str(path)],
            cwd=ROOT,
            capture_output=True,
            check=False,
            text=True,
        )
        assert done.returncode == code, done.stderr
        answer = json.loads(done.stdout)
        assert answer == answer_to(known[case_id])

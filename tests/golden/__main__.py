"""Runs one recorded case through our doors.

``python -m tests.golden orchestrator CASE.json`` prints our answer to a case of the orchestrator;
``python -m tests.golden flow CASE.json`` judges a recorded flow of the planner.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

USAGE = "usage: python -m tests.golden orchestrator|flow CASE.json"


def main(arguments: list[str]) -> int:
    """Print the answer to a case; 0, or 1 where it is refused or differs."""
    if len(arguments) != 2 or arguments[0] not in DOORS:
        sys.stderr.write(f"{USAGE}\n")
        return 2
    answer, failed = DOORS[arguments[0]](Path(arguments[1]))
    sys.stdout.write(f"{json.dumps(answer, indent=2, ensure_ascii=False)}\n")
    return 1 if failed else 0


# Each door imports only the service it is a door to.


def _orchestrator(path: Path) -> tuple[dict[str, Any], bool]:
    from tests.golden.orchestrator_cases import answer_to  # noqa: PLC0415

    answer = answer_to(json.loads(path.read_text("utf-8")))
    return answer, "error" in answer


def _flow(path: Path) -> tuple[dict[str, Any], bool]:
    from tests.golden.flow.judging import judge_file  # noqa: PLC0415
    from tests.golden.flow.verdict import Result  # noqa: PLC0415

    verdict = judge_file(path)
    return verdict.as_json(), verdict.result is Result.DIFFER


DOORS: Mapping[str, Callable[[Path], tuple[dict[str, Any], bool]]] = {
    "orchestrator": _orchestrator,
    "flow": _flow,
}

sys.exit(main(sys.argv[1:]))

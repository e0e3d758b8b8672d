"""Every recorded flow agrees, or departs from the recording under a name."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.golden.flow.excuses import EXCUSES
from tests.golden.flow.judging import judge_file
from tests.golden.flow.recording import GOLDEN, Recording
from tests.golden.flow.verdict import Difference, Excuse, Result, compare, judge

DEVIATIONS = Path(__file__).parents[2] / "docs" / "deviations.md"
JUDGED = (1, 2, 4, 5, 6)
"""Groups whose recordings are judged; the others differ honestly until they are."""


OPEN = {
    "5-error-deploy-legacy": "known tasks reach ready nodes outside the run in the original",
    "5-error-discover-legacy": "known tasks reach ready nodes outside the run in the original",
    "2-finish-cluster-status": "most operations of the table are not there yet",
    "6-pending-roles-merge": "deploying chosen nodes is no operation of its own yet",
}
"""Recordings that still differ, and what is missing."""


def case_files() -> list[str]:
    """List the recordings of the judged groups, none where they are not there."""
    if not GOLDEN.is_dir():
        return []
    cases = json.loads((GOLDEN / "index.json").read_text("utf-8"))["cases"]
    return [case["file"] for case in cases if case["group"] in JUDGED]


@pytest.mark.parametrize("file", case_files())
def test_recording_does_not_differ(file: str) -> None:
    """Each difference is a mended fault or a named deviation."""
    verdict = judge_file(GOLDEN / file)

    if verdict.case in OPEN:
        pytest.xfail(OPEN[verdict.case])
    assert verdict.result is not Result.DIFFER, verdict.differences[:5]


def test_every_deviation_stands_in_the_page() -> None:
    """A name that the door prints can be looked up."""
    headings = set(re.findall(r"^### `([\w-]+)`", DEVIATIONS.read_text("utf-8"), re.MULTILINE))

    named = {excuse.name for excuse in EXCUSES if not excuse.mends_fault}

    assert named - headings == set()


def recording(*, is_fault: bool) -> Recording:
    """Build a recording, marked as a fault of the original or not."""
    return Recording("9-made-up", 9, {"nailgun_bug": is_fault})


@pytest.mark.parametrize(
    ("mends_fault", "is_fault", "expected"),
    [
        (True, True, Result.MENDED),
        (True, False, Result.DIFFER),
        (False, True, Result.DEVIATION),
        (False, False, Result.DEVIATION),
    ],
)
def test_a_fault_is_mended_only_where_it_is_marked(
    expected: Result, *, mends_fault: bool, is_fault: bool
) -> None:
    """A deviation stands by itself."""
    excuse = Excuse("known", mends_fault, lambda _, difference: difference.place == "there")

    verdict = judge(recording(is_fault=is_fault), [Difference("there", 1, 2)], [excuse])

    assert verdict.result is expected


def test_one_difference_without_excuse_is_enough() -> None:
    """The verdict shows what nothing explains."""
    excuse = Excuse("known", mends_fault=False, covers=lambda _, d: d.place == "there")
    unknown = Difference("elsewhere", 1, 2)

    verdict = judge(recording(is_fault=False), [Difference("there", 1, 2), unknown], [excuse])

    assert (verdict.result, verdict.differences) == (Result.DIFFER, [unknown])


def test_differences_name_the_smallest_place() -> None:
    """A missing key and a list of another length are told whole."""
    recorded = {"a": {"b": 1, "c": [1, 2]}, "d": [1, 2]}

    found = compare("x", recorded, {"a": {"c": [1, 3]}, "d": [1]})

    assert [difference.place for difference in found] == ["x.a.b", "x.a.c[1]", "x.d"]

"""Every recorded report and sequence agrees, or departs from the recording under a name."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.golden.flow import receiver, sequences
from tests.golden.flow.judging import judge_file
from tests.golden.flow.recording import GOLDEN, read_recording
from tests.golden.flow.report_excuses import REPORT_EXCUSES
from tests.golden.flow.verdict import Result

DEVIATIONS = Path(__file__).parents[2] / "docs" / "deviations.md"


def case_files() -> list[str]:
    """List the recordings of groups 8 and 9 that are judged, none where they are not there."""
    return [
        path.name
        for path in sorted(GOLDEN.glob("[89]-*.json"))
        for recording in (read_recording(path),)
        if receiver.can_replay(recording) or sequences.can_replay(recording)
    ]


@pytest.mark.parametrize("file", case_files())
def test_recording_does_not_differ(file: str) -> None:
    """Each difference is a mended fault or a named deviation."""
    verdict = judge_file(GOLDEN / file)

    assert verdict.result is not Result.DIFFER, verdict.differences[:5]


def test_every_deviation_stands_in_the_page() -> None:
    """A name that the door prints can be looked up."""
    headings = set(re.findall(r"^### `([\w-]+)`", DEVIATIONS.read_text("utf-8"), re.MULTILINE))

    named = {excuse.name for excuse in REPORT_EXCUSES if not excuse.mends_fault}

    assert named - headings == set()


def test_most_of_the_recordings_are_judged(shared: Path) -> None:
    """What is left of group 8 belongs to other systems of the workflow."""
    assert shared.is_dir()

    left = {
        read_recording(path).calls[0]
        for path in GOLDEN.glob("[89]-*.json")
        if path.name not in case_files()
    }

    assert not {call for call in left if "transaction" in call or "deploy" in call}

"""Who judges which recording?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.golden.flow import flows, provisioning, receiver, selection, sequences
from tests.golden.flow.excuses import EXCUSES
from tests.golden.flow.recording import read_recording
from tests.golden.flow.report_excuses import REPORT_EXCUSES
from tests.golden.flow.verdict import Difference, Verdict, judge

if TYPE_CHECKING:
    from pathlib import Path

    from tests.golden.flow.recording import Recording


def judge_file(path: Path) -> Verdict:
    """Replay a recorded case through our services and judge the outcome."""
    recording = read_recording(path)
    for module in (sequences, receiver):
        if module.can_replay(recording):
            return judge(recording, module.differences(recording), REPORT_EXCUSES)
    return judge(recording, _differences(recording), EXCUSES)


def _differences(recording: Recording) -> list[Difference]:
    if "configs" in recording.document:
        return selection.differences(recording)
    if recording.name == "1-method-table":
        return provisioning.table_differences(recording)
    if recording.calls == ["ProvisionTask.message"]:
        return provisioning.differences(recording)
    if flows.can_replay(recording):
        return flows.differences(recording)
    return [Difference("", "a recorded case", "nobody judges such a case yet")]

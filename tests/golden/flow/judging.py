"""Who judges which recording?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tests.golden.flow import flows, provisioning, receiver, selection, sequences, task_tree
from tests.golden.flow.excuses import EXCUSES
from tests.golden.flow.recording import read_recording
from tests.golden.flow.report_excuses import REPORT_EXCUSES
from tests.golden.flow.verdict import Difference, Verdict, judge

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from tests.golden.flow.recording import Recording

    Judge = Callable[[Recording], list[Difference]]


def judge_file(path: Path) -> Verdict:
    """Replay a recorded case through our services and judge the outcome."""
    recording = read_recording(path)
    for module in (sequences, receiver):
        if module.can_replay(recording):
            return judge(recording, module.differences(recording), REPORT_EXCUSES)
    return judge(recording, _differences(recording), EXCUSES)


TABLES: Final[Mapping[str, Judge]] = {
    "1-method-table": provisioning.table_differences,
    "2-parent-status": task_tree.parent_differences,
    "4-node-selection": selection.differences,
}
"""Who judges which table."""

CALLS: Final[Mapping[str, Judge]] = {
    "ProvisionTask.message": provisioning.differences,
    task_tree.ENVELOPE: task_tree.envelope_differences,
    task_tree.ATTEMPT: task_tree.attempt_differences,
}
"""Who judges a flow of a single call."""


def _differences(recording: Recording) -> list[Difference]:
    judge_of = TABLES.get(recording.name) or CALLS.get(" ".join(recording.calls))
    if judge_of is None and flows.can_replay(recording):
        judge_of = flows.differences
    if judge_of is None:
        return [Difference("", "a recorded case", "nobody judges such a case yet")]
    return judge_of(recording)

"""How is a recorded flow replayed and compared, step by step?"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from tests.golden.flow.applying import APPLY, REPORT, replay
from tests.golden.flow.loading import scene
from tests.golden.flow.messages import trimmed_like
from tests.golden.flow.projection import our_outcome, recorded_outcome
from tests.golden.flow.verdict import Difference, compare

if TYPE_CHECKING:
    from tests.golden.flow.recording import Recording

CALLS: Final = frozenset({APPLY, REPORT})
"""Calls that can be replayed."""


def can_replay(recording: Recording) -> bool:
    """Tell whether every call of a flow is known, and begins with a change."""
    return bool(recording.calls) and recording.calls[0] == APPLY and set(recording.calls) <= CALLS


def differences(recording: Recording) -> list[Difference]:
    """Replay a flow in a store of its own and compare after every step."""
    found: list[Difference] = []
    sent = 0
    with tempfile.TemporaryDirectory() as folder, scene(recording, Path(folder)) as loaded:
        for index, step in enumerate(recording.steps):
            refusal = replay(loaded, step)
            ours = our_outcome(loaded, refusal, sent)
            sent += len(ours["messages"])
            found += _compare(f"steps[{index}]", recorded_outcome(step), ours)
    return found


def _compare(place: str, recorded: dict[str, Any], ours: dict[str, Any]) -> list[Difference]:
    if recorded["refusal"] and ours["refusal"]:
        # What is left of an operation that was refused is compared as far as it lasts.
        for outcome in (recorded, ours):
            del outcome["log"], outcome["operations"]
    messages = zip(recorded["messages"], ours["messages"], strict=False)
    ours["messages"] = [
        *(trimmed_like(theirs, mine) for theirs, mine in messages),
        *ours["messages"][len(recorded["messages"]) :],
    ]
    return compare(place, recorded, ours)

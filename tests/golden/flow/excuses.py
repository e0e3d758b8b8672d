"""Which differences from the recordings are meant, and under which name?"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from tests.golden.flow.verdict import Excuse

if TYPE_CHECKING:
    from tests.golden.flow.recording import Recording
    from tests.golden.flow.verdict import Difference

ROW: Final = re.compile(r"rows\[(\d+)\]\.(\w+)")


def _row(recording: Recording, difference: Difference) -> tuple[dict[str, Any], str]:
    """Return the row that a difference is in, and the field."""
    match = ROW.match(difference.place)
    return (recording.rows[int(match[1])], match[2]) if match else ({}, "")


def _is_deleted_only(recording: Recording, difference: Difference) -> bool:
    """Group 4: exactly what the row recommends."""
    row, field = _row(recording, difference)
    recommended = row.get("recommended", {})
    return field in recommended and difference.ours == recommended[field]


def _is_left_over(recording: Recording, difference: Difference) -> bool:
    """Group 4: the node stands in the middle of something that nothing works on."""
    row, _ = _row(recording, difference)
    node = row.get("node", {})
    left_over = ("discover", "provisioning", "deploying")
    is_marked = node.get("pending_deletion") or node.get("pending_addition")
    return node.get("status") in left_over and not is_marked


EXCUSES: Final = (
    Excuse("deleted-nodes-only-deleted", mends_fault=True, covers=_is_deleted_only),
    Excuse("left-over-nodes", mends_fault=False, covers=_is_left_over),
)

"""Which differences from the recordings are meant, and under which name?"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from tests.golden.flow.verdict import ABSENT, Excuse

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


def _is_empty_disk(_: Recording, difference: Difference) -> bool:
    """Group 1: a drive of size 0 that ours does not partition."""
    is_disk = ".ks_spaces." in difference.place and isinstance(difference.recorded, dict)
    return is_disk and difference.ours == ABSENT and difference.recorded.get("size") == 0


def _tolerates_pending(_: Recording, difference: Difference) -> bool:
    """Group 1: nodes whose role is still pending belong to those that may fail."""
    is_tolerance = re.search(r"\.fault_tolerance\[\d+\]\.uids$", difference.place) is not None
    return is_tolerance and difference.recorded == [] and bool(difference.ours)


def _absent_is_classic(_: Recording, difference: Difference) -> bool:
    """Group 1: without the setting the message is built all the same."""
    recorded, ours = difference.recorded, difference.ours
    return (difference.place, recorded, ours) == ("raised", "KeyError", "native_provision")


EXCUSES: Final = (
    Excuse("absent-provision-setting", mends_fault=True, covers=_absent_is_classic),
    Excuse("pending-roles-tolerate", mends_fault=True, covers=_tolerates_pending),
    Excuse("pending-roles-tolerate", mends_fault=False, covers=_tolerates_pending),
    Excuse("empty-disks", mends_fault=False, covers=_is_empty_disk),
    Excuse("deleted-nodes-only-deleted", mends_fault=True, covers=_is_deleted_only),
    Excuse("left-over-nodes", mends_fault=False, covers=_is_left_over),
)

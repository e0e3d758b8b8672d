"""Which differences from the recordings are meant, and under which name?"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from tests.golden.flow.messages import TRIMMED_DATA
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


def _kwargs(recording: Recording) -> dict[str, Any]:
    """Return what the change of a flow was asked for."""
    for step in recording.steps:
        if "kwargs" in step["given"]:
            return dict(step["given"]["kwargs"])
    return {}


def _is_trial(recording: Recording) -> bool:
    kwargs = _kwargs(recording)
    return bool(kwargs.get("dry_run") or kwargs.get("noop_run"))


def _recommends(recording: Recording, pattern: str) -> bool:
    """Tell whether a recording's recommendations say something."""
    found = recording.document.get("recommended") or []
    texts = [item["recommended"] for item in found if isinstance(item, dict)]
    return any(re.search(pattern, text) for text in texts)


def _is_refused_instead(recording: Recording, difference: Difference) -> bool:
    """Flows: what was sent and should have been refused; then nothing of it is left."""
    return _recommends(recording, r"^(refuse|fail the) ") and (
        difference.place.startswith("steps[0]")
    )


def _is_left_by_trial(recording: Recording, difference: Difference) -> bool:
    """Flows: a trial run that moved roles or flags, or locked the cluster."""
    return _is_trial(recording) and re.search(r"\.(nodes|cluster)\.", difference.place) is not None


def _is_primary_of_trial(recording: Recording, difference: Difference) -> bool:
    """Flows: a trial run that made a node primary."""
    return _is_trial(recording) and difference.place.endswith(".primary_tags")


def _is_single_mode(recording: Recording, difference: Difference) -> bool:
    """Flows: both ways to try were asked for; a dry run is the stronger one."""
    kwargs = _kwargs(recording)
    is_flag = difference.place.endswith(".args.noop_run") and difference.ours is False
    return bool(kwargs.get("dry_run") and kwargs.get("noop_run")) and is_flag


def _is_undone(recording: Recording, difference: Difference) -> bool:
    """Flows: a message could not be built, and nothing is left of the attempt."""
    if difference.place == "attempt.cluster":
        return bool(difference.recorded == "error")
    if not recording.steps:
        return False
    step = recording.steps[-1]
    has_failed = not step["casts"] and bool(step["state"]["tasks"])
    return has_failed and (
        difference.place.endswith((".refusal", ".cluster.status"))
        or re.search(r"\.nodes\.\d+\.(roles|pending_roles)$", difference.place) is not None
    )


def _is_deleted_first(_: Recording, difference: Difference) -> bool:
    """Flows: one batch of messages, deletion before all others."""
    if not difference.place.endswith(".batches"):
        return False
    recorded = [method for batch in difference.recorded for method in batch]
    ours = [method for batch in difference.ours for method in batch]
    return recorded == ours and "remove_nodes" in recorded


def _is_deleted_again(_: Recording, difference: Difference) -> bool:
    """Flows: a node whose deletion failed is in the message that deletes, and marked for it."""
    recorded, ours = difference.recorded, difference.ours
    if difference.place.endswith(".pending_deletion"):
        return (recorded, ours) == (False, True)
    is_list = re.search(r"\.messages\[0\]\.args\.nodes$", difference.place) is not None
    return is_list and recorded == [] and bool(ours)


def _is_not_deployed(recording: Recording, difference: Difference) -> bool:
    """Flows: a node that is deleted takes no part in the deployment."""
    return _recommends(recording, "^delete only") and (
        re.search(r"\.(batches|history|messages|operations|log)", difference.place) is not None
    )


def _begins_at_zero(_: Recording, difference: Difference) -> bool:
    """Flows: a node that is provisioned again has made no progress yet."""
    is_progress = re.search(r"\.nodes\.\d+\.progress$", difference.place) is not None
    return is_progress and (difference.recorded, difference.ours) == (100, 0)


def _is_named_graph(recording: Recording, difference: Difference) -> bool:
    """Flows: a graph that was named runs as a sequence of one."""
    places = (".respond_to", ".node_statuses_transitions", ".args.debug", ".progress")
    return bool(_kwargs(recording).get("graph_type")) and difference.place.endswith(places)


def _is_shared_data(_: Recording, difference: Difference) -> bool:
    """Flows: what the content of deployment data is, is ours to say."""
    found = re.search(r"\.deployment_info\[\d+\]\.(\w+)", difference.place)
    return found is not None and found[1] not in DECIDED


def _is_rolled_back(_: Recording, difference: Difference) -> bool:
    """Group 2: what a failed worker had changed."""
    return difference.place.startswith("attempt.names")


def _is_nothing_to_do(recording: Recording, difference: Difference) -> bool:
    """Group 2: nothing was found to send, and nothing is known that was not known before."""
    given = [step["given"].get("worker_does") for step in recording.steps]
    is_cluster = difference.place == "attempt.cluster"
    return is_cluster and given[-1] in ("nochanges", "sets-ready")


def _is_out_of_order(recording: Recording, difference: Difference) -> bool:
    """Group 2: the second step is under way although the first has not ended well."""
    row, _ = _row(recording, difference)
    return "first_child" in row and row["first_child"]["status"] != "ready"


def _is_over_already(recording: Recording, difference: Difference) -> bool:
    """Group 2: something is told of an operation that has ended."""
    row, _ = _row(recording, difference)
    return row.get("parent_before") in ("ready", "error")


def _is_computed_at_once(recording: Recording, difference: Difference) -> bool:
    """Group 2: progress that the original would work out one report later."""
    row, field = _row(recording, difference)
    return row.get("parent_before") == "pending" and field == "progress"


DECIDED: Final = (*TRIMMED_DATA, "priority", "tasks")
"""Keys of deployment data that the flow decides."""


EXCUSES: Final = (
    Excuse("failed-build-leaves-no-trace", mends_fault=True, covers=_is_rolled_back),
    Excuse("progress-at-once", mends_fault=True, covers=_is_computed_at_once),
    Excuse("nothing-to-do-changes-nothing", mends_fault=False, covers=_is_nothing_to_do),
    Excuse("final-is-final", mends_fault=False, covers=_is_over_already),
    Excuse("one-step-at-a-time", mends_fault=False, covers=_is_out_of_order),
    Excuse("refused-as-recommended", mends_fault=True, covers=_is_refused_instead),
    Excuse("trial-runs-change-nothing", mends_fault=True, covers=_is_left_by_trial),
    Excuse("failed-build-leaves-no-trace", mends_fault=True, covers=_is_undone),
    Excuse("deleted-nodes-not-deployed", mends_fault=True, covers=_is_not_deployed),
    Excuse("trial-runs-allocate-nothing", mends_fault=False, covers=_is_primary_of_trial),
    Excuse("one-run-mode", mends_fault=False, covers=_is_single_mode),
    Excuse("failed-build-leaves-no-trace", mends_fault=False, covers=_is_undone),
    Excuse("deletion-first", mends_fault=False, covers=_is_deleted_first),
    Excuse("failed-deletion-retried", mends_fault=False, covers=_is_deleted_again),
    Excuse("provisioning-begins-at-zero", mends_fault=False, covers=_begins_at_zero),
    Excuse("named-graphs-are-sequences", mends_fault=False, covers=_is_named_graph),
    Excuse("deployment-data", mends_fault=False, covers=_is_shared_data),
    Excuse("absent-provision-setting", mends_fault=True, covers=_absent_is_classic),
    Excuse("pending-roles-tolerate", mends_fault=True, covers=_tolerates_pending),
    Excuse("pending-roles-tolerate", mends_fault=False, covers=_tolerates_pending),
    Excuse("empty-disks", mends_fault=False, covers=_is_empty_disk),
    Excuse("deleted-nodes-only-deleted", mends_fault=True, covers=_is_deleted_only),
    Excuse("left-over-nodes", mends_fault=False, covers=_is_left_over),
)

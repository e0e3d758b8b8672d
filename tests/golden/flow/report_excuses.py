"""Groups 8 and 9: which differences from the recordings are meant, and under which name?"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from tests.golden.flow.verdict import Excuse

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.golden.flow.recording import Recording
    from tests.golden.flow.verdict import Difference

STEP: Final = re.compile(r"steps\[(\d+)\]\.(\w+)(.*)")
FINAL: Final = ("ready", "error")
STOP_RESPONSE: Final = "NailgunReceiver.stop_deployment_resp"


def _place(difference: Difference) -> tuple[int, str, str]:
    """Return the number of the recorded step, what differs in it, and where in that."""
    match = STEP.match(difference.place)
    return (int(match[1]), match[2], match[3]) if match else (-1, "", "")


def _report(recording: Recording, index: int) -> dict[str, Any]:
    report: dict[str, Any] = (recording.steps[index].get("given") or {}).get("report", {})
    return report


def _reports(recording: Recording) -> Iterator[tuple[int, dict[str, Any]]]:
    for index in range(len(recording.steps)):
        yield index, _report(recording, index)


def _is_dry(recording: Recording) -> bool:
    options = recording.steps[0].get("given", {}).get("kwargs", {})
    return bool(options.get("dry_run") or options.get("noop_run"))


def _is_locked(_: Recording, difference: Difference) -> bool:
    """The cluster stays locked as long as something works on it."""
    what, where = _place(difference)[1:]
    return (what, where, difference.ours) == ("cluster", ".status", "deployment")


def _touches_no_node(recording: Recording, difference: Difference) -> bool:
    """A run that is not real leaves nodes as they were given."""
    _, what, where = _place(difference)
    is_kept = where.endswith((".primary_tags", ".progress"))
    return what == "nodes" and is_kept and _is_dry(recording)


def _is_ended(recording: Recording, difference: Difference) -> bool:
    """A run that a finished operation left running is over."""
    index, what, _ = _place(difference)
    is_left = str(difference.recorded).endswith(": running")
    return what == "history" and is_left and _report(recording, index).get("status") in FINAL


def _is_computed(recording: Recording, difference: Difference) -> bool:
    """Progress that a report does not name was computed by the original's planner."""
    index, what, where = _place(difference)
    report = _report(recording, index)
    is_progress = what == "work" and where.endswith("progress")
    return is_progress and bool(report) and "progress" not in report


def _is_tolerated(recording: Recording, difference: Difference) -> bool:
    """A run that ends well with a node that failed has ended well."""
    index, what, where = _place(difference)
    nodes = _report(recording, index).get("nodes", ())
    is_partial = _report(recording, index).get("status") == "ready" and any(
        node.get("status") == "error" for node in nodes
    )
    return is_partial and (what in ("work", "log", "news", "cluster") or where.endswith("type"))


def _is_refused(recording: Recording, difference: Difference) -> bool:
    """A plan that cannot be made leaves no steps, and the cluster as it was."""
    step = recording.steps[0]
    failed_at_once = not step["casts"] and step["raised"] is None and len(recording.steps) == 1
    _, what, where = _place(difference)
    return failed_at_once and (what, where) in (("cluster", ".status"), ("work", ".steps"))


def _is_not_begun(recording: Recording, difference: Difference) -> bool:
    """A graph that could not be planned has not touched its nodes."""
    index, what, where = _place(difference)
    is_planned = any(
        task["status"] == "error" and not task["snapshots"]["tasks_snapshot"]
        for task in recording.steps[index]["state"]["tasks"]
        if task["parent_id"] is not None
    )
    is_begin = (difference.recorded, what) == (1, "nodes") and where.endswith(".progress")
    return is_begin and not recording.steps[index]["casts"] and (is_planned or index > 0)


def _is_offline(recording: Recording, _: Difference) -> bool:
    """Graphs are refused when one of their nodes is offline."""
    state = recording.given["state"]
    return recording.group == 9 and not all(node["online"] for node in state["nodes"])


def _is_logged(recording: Recording, difference: Difference) -> bool:
    """A stop is logged, and what it stopped is closed."""
    _, what, _ = _place(difference)
    return what == "log" and STOP_RESPONSE in recording.calls


def _is_in_parallel(recording: Recording, _: Difference) -> bool:
    """Two messages of one operation are under way at once."""
    tasks = recording.given["state"]["tasks"]
    running = [t for t in tasks if t["parent_id"] is not None and t["status"] == "running"]
    return len(running) > 1


def _is_late(recording: Recording, difference: Difference) -> bool:
    """Something was reported after the end, and what that changed."""
    index = _place(difference)[0]
    ended: set[str] = set()
    for number, report in _reports(recording):
        if number <= index and report.get("task_uuid") in ended:
            return True
        if report.get("status") in FINAL:
            is_stop = recording.steps[number]["call"] == STOP_RESPONSE
            works = [task["uuid"] for task in recording.given["state"]["tasks"]]
            ended.update(works if is_stop else [report["task_uuid"]])
    return False


def _is_lost(recording: Recording, difference: Difference) -> bool:
    """The original choked on a report and forgot the whole of it."""
    index = _place(difference)[0]
    step = recording.steps[index]
    return step["raised"] is not None and "report" in step["given"]


def _is_told_once(recording: Recording, difference: Difference) -> bool:
    """A node that fails is told once, however often it is reported, and with progress 100."""
    index, what, where = _place(difference)
    failed = [
        node["uid"]
        for number, report in _reports(recording)
        if number <= index
        for node in report.get("nodes", ())
        if node.get("status") == "error"
    ]
    is_failure = any(where == f".{uid}.progress" for uid in failed) and difference.ours == 100
    return bool(failed) and (what == "news" or (what == "nodes" and is_failure))


def _is_failed_run(_: Recording, difference: Difference) -> bool:
    """A task run may fail before its start was reported."""
    what = _place(difference)[1]
    pair = (str(difference.recorded), str(difference.ours))
    return what == "history" and pair[0].endswith(": pending") and pair[1].endswith(": error")


def _is_counted(_: Recording, difference: Difference) -> bool:
    """Progress is a number, always."""
    return difference.place.endswith(".progress") and difference.recorded is None


def _is_of_another_cluster(recording: Recording, difference: Difference) -> bool:
    """A node of another cluster, or of none, is nobody's to report."""
    _, what, where = _place(difference)
    strangers = [n["id"] for n in recording.given["state"]["nodes"] if n["cluster_id"] is None]
    return what == "nodes" and any(where.startswith(f".{uid}.") for uid in strangers)


def _should_fail(recording: Recording, _: Difference) -> bool:
    """What was sent should have been refused."""
    verdicts = recording.document.get("recommended") or ()
    return any(verdict["recommended"].startswith("fail") for verdict in verdicts)


REPORT_EXCUSES: Final = (
    Excuse("repeats-are-told-once", mends_fault=True, covers=_is_told_once),
    Excuse("failed-without-start", mends_fault=True, covers=_is_failed_run),
    Excuse("progress-is-a-number", mends_fault=True, covers=_is_counted),
    Excuse("strangers-stay-untouched", mends_fault=True, covers=_is_of_another_cluster),
    Excuse("refused-instead-of-sent", mends_fault=True, covers=_should_fail),
    Excuse("late-reports-change-nothing", mends_fault=True, covers=_is_late),
    Excuse("no-report-is-lost", mends_fault=True, covers=_is_lost),
    Excuse("locked-until-the-end", mends_fault=False, covers=_is_locked),
    Excuse("trial-runs-allocate-nothing", mends_fault=False, covers=_touches_no_node),
    Excuse("every-run-ends", mends_fault=False, covers=_is_ended),
    Excuse("progress-is-reported", mends_fault=False, covers=_is_computed),
    Excuse("tolerated-failures-succeed", mends_fault=False, covers=_is_tolerated),
    Excuse("failed-build-leaves-no-trace", mends_fault=False, covers=_is_refused),
    Excuse("failed-build-leaves-no-trace", mends_fault=False, covers=_is_not_begun),
    Excuse("offline-is-refused", mends_fault=False, covers=_is_offline),
    Excuse("every-operation-is-closed", mends_fault=False, covers=_is_logged),
    Excuse("deletion-first", mends_fault=False, covers=_is_in_parallel),
)
"""In the order in which they are tried: mended faults before what is meant differently."""

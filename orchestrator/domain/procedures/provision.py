"""How are nodes provisioned: images built, written in batches, booted (dossier 11)?"""

from __future__ import annotations

import json
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from orchestrator.domain.message import MASTER_NODE
from orchestrator.domain.procedures.procedure import Ending, pause
from orchestrator.domain.states import ExecutionState

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Sequence

    from orchestrator.domain.message import Provision, ProvisionTolerance
    from orchestrator.domain.procedures.procedure import Journaled, Nodes, Steps

TURN_MS: Final = 20_000
TIMEOUT_MS: Final = 5_400_000
BUILD_SHARE: Final = 80
"""Building the image takes the progress bar up to here."""

WRITTEN: Final = 92
NEVER: Final = 1 << 62


@dataclass(slots=True)
class _Host:
    """A node on its way: when writing began and ends, when it boots, why it will not."""

    uid: str
    began_ms: int
    written_ms: int
    booted_ms: int
    problem: str = ""

    def percent(self, now_ms: int) -> int:
        """Return the progress that its log shows: writing up to 92, booting up to 99."""
        if now_ms < self.written_ms:
            span = max(self.written_ms - self.began_ms, 1)
            return BUILD_SHARE + (WRITTEN - BUILD_SHARE) * (now_ms - self.began_ms) // span
        span = max(self.booted_ms - self.written_ms, 1)
        return min(99, WRITTEN + (99 - WRITTEN) * (now_ms - self.written_ms) // span)


class Provisioning:
    """One provisioning of nodes; `steps` is the procedure.

    Batches of at most `max_nodes` that are not booted yet; a node that does not boot within the
    timeout has failed; when the tolerance is exceeded nothing more is started and the nodes not
    started have failed too. Cutting in the middle leaves what is written written.
    """

    def __init__(self, work: Provision, max_nodes: int) -> None:
        self._work = work
        self._max_nodes = max_nodes or len(work.nodes)
        self._left = deque(node.uid for node in work.nodes)
        self._under_way: list[_Host] = []
        self._failed: dict[str, str] = {}
        self._done: list[str] = []

    def steps(self, nodes: Nodes, reports: Journaled) -> Steps:
        """Provision; ends READY, ERROR where too many nodes fail, or STOPPED."""
        reports.state(ExecutionState.RUNNING)
        for uid in self._left:
            reports.node(uid, 0, status="provisioning")
        failure = yield from self._build_images(nodes, reports)
        if failure is not None:
            return failure
        while self._left or self._under_way:
            if self._is_too_bad():
                return self._too_many(reports)
            self._start_batch(nodes, reports)
            if (yield from pause(self._until_next_turn(reports.now_ms), reports)):
                return self._stopped(reports)
            self._look(reports)
        if self._is_too_bad():
            return self._too_many(reports)
        return Ending(reply=self._reply())

    def _build_images(
        self, nodes: Nodes, reports: Journaled
    ) -> Generator[int, bool, Ending | None]:
        """Run the hooks on the master that come first; None when all went well."""
        hooks = sorted(
            json.loads(self._work.pre_provision), key=lambda hook: hook.get("priority") or 0
        )
        for index, hook in enumerate(hooks):
            name, kind = str(hook.get("id", index)), str(hook.get("type", "shell"))
            if (yield from pause(nodes.duration_ms(MASTER_NODE, name, kind), reports)):
                return self._stopped(reports)
            problem = nodes.failure(MASTER_NODE, name, kind)
            if problem is not None:
                for uid in self._left:
                    reports.node(uid, 100, status="error", error_type="provision", error=problem)
                error = f"{name} failed on the master: {problem}"
                return Ending(ExecutionState.ERROR, error, self._reply())
            percent = BUILD_SHARE * (index + 1) // len(hooks)
            for uid in self._left:
                reports.node(uid, percent, status="provisioning")
        return None

    def _start_batch(self, nodes: Nodes, reports: Journaled) -> None:
        now = reports.now_ms
        while self._left and len(self._under_way) < self._max_nodes:
            uid = self._left.popleft()
            if not nodes.answers(uid, now):
                self._fail(uid, "does not answer", reports)
                continue
            written = now + nodes.duration_ms(uid, "write_image", "image")
            booted = written + nodes.duration_ms(uid, "boot", "reboot")
            problem = nodes.failure(uid, "write_image", "image") or _DISK_PROBLEMS.get(
                nodes.fact(uid, "disks", "ok"), ""
            )
            if nodes.fact(uid, "boot", "target") != "target":
                booted = NEVER
            self._under_way.append(_Host(uid, now, written, booted, problem))

    def _until_next_turn(self, now_ms: int) -> int:
        """Return how long to wait: a turn, or less when the last nodes end before."""
        ends = [
            host.written_ms if host.problem else min(host.booted_ms, host.written_ms + TIMEOUT_MS)
            for host in self._under_way
        ]
        return max(1, min(TURN_MS, max(ends, default=now_ms) - now_ms))

    def _look(self, reports: Journaled) -> None:
        """Ask every node under way how far it is."""
        still = []
        for host in self._under_way:
            now = reports.now_ms
            if host.problem and now >= host.written_ms:
                self._fail(host.uid, f"Failed to provision: {host.problem}", reports)
            elif now >= host.booted_ms:
                self._done.append(host.uid)
                reports.node(host.uid, 100, status="provisioned")
            elif now >= host.written_ms + TIMEOUT_MS:
                self._fail(host.uid, "Timeout of provisioning is exceeded", reports)
            else:
                reports.node(host.uid, host.percent(now), status="provisioning")
                still.append(host)
        self._under_way = still

    def _fail(self, uid: str, error: str, reports: Journaled) -> None:
        self._failed[uid] = error
        reports.node(uid, 100, status="error", error_type="provision", error_msg=error, error=error)

    def _is_too_bad(self) -> bool:
        return is_exceeded(self._work.fault_tolerance, self._failed)

    def _too_many(self, reports: Journaled) -> Ending:
        for uid in [*self._left, *(host.uid for host in self._under_way)]:
            self._fail(uid, "Failed to provision", reports)
        error = "Too many nodes failed to provision"
        return Ending(ExecutionState.ERROR, error, self._reply())

    def _stopped(self, reports: Journaled) -> Ending:
        for uid in [*self._left, *(host.uid for host in self._under_way)]:
            reports.node(uid, 100, status="stopped")
        return Ending(ExecutionState.STOPPED, "", self._reply())

    def _reply(self) -> dict[str, list[dict[str, object]]]:
        done = [{"uid": uid, "status": "provisioned", "progress": 100} for uid in self._done]
        failed = [
            {
                "uid": uid,
                "status": "error",
                "error_type": "provision",
                "error_msg": error,
                "progress": 100,
            }
            for uid, error in self._failed.items()
        ]
        return {"nodes": [*done, *failed]}


_DISK_PROBLEMS: Final = {
    "missing": "no disk to write to",
    "too_small": "the image does not fit on the disk",
    "write_error": "writing the image failed",
}


def is_exceeded(tolerance: Sequence[ProvisionTolerance], failed: Iterable[str]) -> bool:
    """Tell whether more nodes failed than tolerated (dossier 11).

    Without rules no failure is tolerated; a failed node in no rule is not; a node in two rules
    has to be within both.
    """
    failed_uids = set(failed)
    if not failed_uids:
        return False
    if failed_uids - {uid for rule in tolerance for uid in rule.uids}:
        return True
    return any(
        len(failed_uids & set(rule.uids)) > rule.percentage / 100 * len(set(rule.uids))
        for rule in tolerance
    )

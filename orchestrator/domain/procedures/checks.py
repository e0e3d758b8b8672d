"""What do checks find out: networks, DHCP, multicast, repositories, and dumps (dossier 13)?"""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, Final

from orchestrator.domain.canonical import json_object
from orchestrator.domain.message import MASTER_NODE, NetworkCheck, RepositoryCheck
from orchestrator.domain.procedures.procedure import Ending, pause
from orchestrator.domain.states import ExecutionState

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from orchestrator.domain.message import Message
    from orchestrator.domain.procedures.procedure import Journaled, Nodes, Steps

LISTEN_MS: Final = 10_000
SEND_MS: Final = 5_000
DHCP_TRIES: Final = 3
DHCP_TRY_MS: Final = 10_000

Networks = dict[str, dict[str, list[int]]]
"""Per uid, per interface: VLANs."""


class Check:
    """A check with its subtasks; `steps` is the procedure.

    Raises no verdict: what was heard is the answer, the caller compares. A node that does not
    answer makes a check an error.
    """

    def __init__(self, message: Message, max_nodes: int) -> None:
        self._message = message
        self._max_nodes = max_nodes

    def steps(self, nodes: Nodes, reports: Journaled) -> Steps:
        """Run the subtasks, then the check; ends READY, ERROR or STOPPED."""
        reports.state(ExecutionState.RUNNING)
        for subtask in self._message.subtasks:
            ending = yield from self._run(subtask, nodes, reports)
            if ending.state is ExecutionState.STOPPED:
                return ending
            args: dict[str, Any] = {
                "task_uuid": subtask.task_uuid,
                "status": "error" if ending.state is ExecutionState.ERROR else "ready",
                "progress": 100,
                **(ending.reply or {}),
            }
            if ending.error:
                args["error"] = ending.error
            reports.reply({"method": subtask.respond_to, "args": args})
        return (yield from self._run(self._message, nodes, reports))

    def _run(self, message: Message, nodes: Nodes, reports: Journaled) -> Steps:
        work = message.work
        assert isinstance(work, NetworkCheck | RepositoryCheck)  # noqa: S101 - checked on arrival
        silent = [
            entry.uid
            for entry in work.nodes
            if entry.uid != MASTER_NODE and not nodes.answers(entry.uid, reports.now_ms)
        ]
        if silent:
            text = f"nodes do not answer: {', '.join(silent)}"
            return Ending(ExecutionState.ERROR, text)
        if isinstance(work, RepositoryCheck):
            return (yield from _repositories(work, nodes, reports))
        return (yield from _NETWORK_CHECKS[message.method](work, nodes, reports, self._max_nodes))


def _stopped() -> Ending:
    return Ending(ExecutionState.STOPPED)


def _networks_of(work: NetworkCheck) -> Networks:
    networks: Networks = {}
    for entry in work.nodes:
        attributes = json_object(entry.attributes) or {}
        networks[entry.uid] = {
            network["iface"]: list(network.get("vlans") or ())
            for network in attributes.get("networks") or ()
        }
    return networks


def _verify_networks(work: NetworkCheck, nodes: Nodes, reports: Journaled, size: int) -> Steps:
    """Tell per node and interface the VLANs on which another node was heard."""
    sent = _networks_of(work)
    if not sent:
        return Ending(ExecutionState.ERROR, "Network verification requires a minimum of two nodes")
    heard = sent if len(sent) == 1 else {uid: _heard(uid, sent, nodes) for uid in sent}
    if len(sent) > 1 and (yield from _listen_and_send(len(sent), size, reports)):
        return _stopped()
    answer = [
        {
            "uid": uid,
            "networks": [{"iface": iface, "vlans": vlans} for iface, vlans in ifaces.items()],
        }
        for uid, ifaces in heard.items()
    ]
    return Ending(reply={"nodes": answer})


def _heard(uid: str, sent: Networks, nodes: Nodes) -> dict[str, list[int]]:
    """Return what a node hears: what others send, without what its scenario loses."""
    lost = nodes.fact(uid, "lost_vlans", {})
    others = {
        vlan for other in sent if other != uid for vlans in sent[other].values() for vlan in vlans
    }
    return {
        iface: [vlan for vlan in vlans if vlan in others and vlan not in lost.get(iface, ())]
        for iface, vlans in sent[uid].items()
    }


def _listen_and_send(count: int, size: int, reports: Journaled) -> Generator[int, bool, bool]:
    """Let every node listen, then send in slices; return True when stopped."""
    if (yield from pause(LISTEN_MS, reports)):
        return True
    reports.progress(30)
    for _ in range(0, count, size or count):
        if (yield from pause(SEND_MS, reports)):
            return True
    reports.progress(60)
    return bool((yield from pause(LISTEN_MS, reports)))


def _check_dhcp(work: NetworkCheck, nodes: Nodes, reports: Journaled, size: int) -> Steps:
    """Tell which DHCP servers each node hears; an error where a checker fails."""
    del size
    if (yield from pause(DHCP_TRIES * DHCP_TRY_MS, reports)):
        return _stopped()
    answer: list[dict[str, Any]] = []
    for entry in work.nodes:
        problem = nodes.fact(entry.uid, "dhcp_error", "")
        if problem:
            answer.append({"uid": entry.uid, "status": "error", "error_msg": problem})
        else:
            heard = nodes.fact(entry.uid, "dhcp", [])
            answer.append({"uid": entry.uid, "status": "ready", "data": heard})
    failed = [node["uid"] for node in answer if node["status"] == "error"]
    if failed:
        text = f"DHCP could not be checked on nodes: {', '.join(failed)}"
        return Ending(ExecutionState.ERROR, text, {"nodes": answer})
    return Ending(reply={"nodes": answer})


def _verify_multicast(work: NetworkCheck, nodes: Nodes, reports: Journaled, size: int) -> Steps:
    """Tell which nodes each node hears, itself included."""
    uids = [entry.uid for entry in work.nodes]
    if (yield from _listen_and_send(max(len(uids), 1), size, reports)):
        return _stopped()
    reached = [uid for uid in uids if nodes.fact(uid, "multicast", default=True)]
    heard = {uid: reached if uid in reached else [] for uid in uids}
    return Ending(reply={"nodes": heard})


def _repositories(work: RepositoryCheck, nodes: Nodes, reports: Journaled) -> Steps:
    """Tell which repositories each node cannot reach."""
    durations = [nodes.duration_ms(e.uid, "check_repositories", "check") for e in work.nodes]
    if (yield from pause(max(durations, default=0), reports)):
        return _stopped()
    answer = []
    for entry in work.nodes:
        attributes = json_object(entry.attributes) or {}
        urls = work.urls or tuple(attributes.get("urls") or ())
        patterns = nodes.fact(entry.uid, "failed_repositories", [])
        patterns = [patterns] if isinstance(patterns, str) else patterns
        failed = [url for url in urls if any(fnmatchcase(url, str(p)) for p in patterns)]
        node = {"uid": entry.uid, "status": 1 if failed else 0, "err": ""}
        answer.append(node | {"out": {"failed_urls": failed}})
    return Ending(reply={"nodes": answer})


_NETWORK_CHECKS: Final[dict[str, Callable[[NetworkCheck, Nodes, Journaled, int], Steps]]] = {
    "verify_networks": _verify_networks,
    "check_dhcp": _check_dhcp,
    "multicast_verification": _verify_multicast,
}


class Dump:
    """dump_environment; `steps` is the procedure."""

    def __init__(self, settings: str) -> None:
        self._settings = json_object(settings) or {}

    def steps(self, nodes: Nodes, reports: Journaled) -> Steps:
        """Collect logs on the master; ends READY with the archive's path, ERROR or STOPPED."""
        reports.state(ExecutionState.RUNNING)
        timeout_ms = int(self._settings.get("timeout") or 3600) * 1000
        duration = nodes.duration_ms(MASTER_NODE, "dump_environment", "shell")
        if (yield from pause(min(duration, timeout_ms), reports)):
            return _stopped()
        if duration > timeout_ms:
            return Ending(ExecutionState.ERROR, "Dump is timed out")
        problem = nodes.failure(MASTER_NODE, "dump_environment", "shell")
        if problem is not None:
            return Ending(ExecutionState.ERROR, problem)
        target = str(self._settings.get("target") or "/var/dump/fuel-snapshot")
        return Ending(reply={"msg": f"{target}.tar.xz"})


class StopAnswer:
    """stop_deploy_task, once the execution it names has ended; `steps` is the procedure."""

    def steps(self, nodes: Nodes, reports: Journaled) -> Steps:
        """Answer; nothing is erased (decision 26)."""
        del nodes
        reports.state(ExecutionState.RUNNING)
        if (yield from pause(1, reports)):
            return _stopped()
        return Ending()

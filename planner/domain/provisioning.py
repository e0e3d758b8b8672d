"""What does the message say that installs systems on nodes (dossier 4.1)?"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from planner.domain.free_content import follow, mapping
from planner.domain.graph.task_graph import MASTER_NODE
from planner.domain.messages import (
    Method,
    ProvisionMessage,
    ProvisionNode,
    ProvisionTolerance,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from planner.domain.graph.state import ExpectedState
    from planner.domain.node import Node
    from planner.domain.release import Release

IRONIC_VERSION: Final = (8, 0)
"""First environment version that installs bare metal through the cluster itself."""

PERCENTAGE: Final = re.compile(r"(100|[0-9]{1,2})%\Z")


def provision_message(
    release: Release, nodes: Sequence[Node], state: ExpectedState
) -> ProvisionMessage:
    """Make the message that provisions these nodes."""
    settings = mapping(state.common.get("provision"))
    method = provision_method(settings)
    entries = {node.uid: dict(state.nodes[node.uid]["provision"]) for node in nodes}
    return ProvisionMessage(
        method=method,
        engine=engine(state),
        nodes=tuple(
            ProvisionNode(uid, {k: v for k, v in entry.items() if k != "uid"})
            for uid, entry in entries.items()
        ),
        tolerance=_tolerance(release, nodes),
        pre_provision=_preparation(release, state) if builds_images(settings) else (),
    )


def engine(state: ExpectedState) -> Mapping[str, Any]:
    """Return how the engine is reached that installs and erases systems."""
    return {
        "url": "http://localhost/cobbler_api",
        "username": "cobbler",
        "password": "cobbler",
        "master_ip": state.common.get("master_ip", ""),
        **mapping(follow(state.common, "provision", "engine")),
    }


def provision_method(settings: Mapping[str, Any]) -> Method:
    """Choose the method by the setting provision.method; absent means the classic one.

    Recorded from the original: anything present but ``cobbler`` means images.
    """
    classic = settings.get("method", "cobbler") == "cobbler"
    return Method.NATIVE_PROVISION if classic else Method.IMAGE_PROVISION


def builds_images(settings: Mapping[str, Any]) -> bool:
    """Tell whether systems are images of ours: only where the setting says so by name.

    Any other unknown word sends nodes to image_provision too, but without an image (recorded).
    """
    return settings.get("method") == "image"


def _tolerance(release: Release, nodes: Sequence[Node]) -> tuple[ProvisionTolerance, ...]:
    """Allow the share of each role's nodes that its metadata allows.

    The original looked at deployed roles only, so that a first deployment tolerated nothing;
    here pending roles count.
    """
    rules = []
    for name, role in sorted(release.roles.items()):
        share = role.fault_tolerance
        uids = tuple(node.uid for node in nodes if name in node.all_roles)
        if isinstance(share, str) and PERCENTAGE.match(share):
            rules.append(ProvisionTolerance(uids, int(share[:-1])))
    return tuple(rules)


def _preparation(release: Release, state: ExpectedState) -> tuple[Mapping[str, Any], ...]:
    """List what runs on the master before nodes are written: image builds (Ubuntu only)."""
    if release.operating_system.lower() != "ubuntu":
        return ()
    number = follow(state.common, "cluster", "id")
    commands = [
        f"fuel-image build --cluster {number} --log-file /var/log/fuel-agent-env-{number}.log"
    ]
    has_ironic = follow(state.common, "ironic", "enabled") is True
    if has_ironic and release.environment_version >= IRONIC_VERSION:
        commands += [
            f"fuel-image build-ironic-bootstrap --cluster {number}",
            f"fuel-image publish-ironic-bootstrap --cluster {number}",
        ]
    return tuple(_on_master(command, index) for index, command in enumerate(commands, 1))


def _on_master(command: str, index: int) -> Mapping[str, Any]:
    return {
        "id": None,
        "priority": 100 * index,
        "type": "shell",
        "uids": [MASTER_NODE],
        "parameters": {
            "cmd": command,
            "cwd": "/",
            "timeout": 3600,
            "retries": 1,
            "interval": 1,
        },
    }

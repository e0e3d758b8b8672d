"""What does the message say that installs systems on nodes (dossier 4.1)?"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from planner.domain.documents import canonical
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

POWER_KEYS: Final = {
    "bootstrap": "/var/lib/fuel/keys/bootstrap/bootstrap.rsa",
    "target": "/root/.ssh/id_rsa",
}
"""Keys that open a node before and after its system is installed."""


PERCENTAGE: Final = re.compile(r"(100|[0-9]{1,2})%\Z")


def provision_message(
    release: Release, nodes: Sequence[Node], state: ExpectedState
) -> ProvisionMessage:
    """Make the message that provisions these nodes."""
    settings = _mapping(state.common.get("provision"))
    method = provision_method(settings)
    entries = {node.uid: dict(state.nodes[node.uid]["provision"]) for node in nodes}
    return ProvisionMessage(
        method=method,
        engine={
            "url": "http://localhost/cobbler_api",
            "username": "cobbler",
            "password": "cobbler",
            "master_ip": state.common.get("master_ip", ""),
            **_mapping(settings.get("engine")),
        },
        nodes=tuple(
            ProvisionNode(uid, {k: v for k, v in entry.items() if k != "uid"})
            for uid, entry in entries.items()
        ),
        tolerance=_tolerance(release, nodes),
        pre_provision=_image_build(release, state) if method is Method.IMAGE_PROVISION else (),
    )


def provision_method(settings: Mapping[str, Any]) -> Method:
    """Choose the method by the setting provision.method; absent means the classic one.

    Recorded from the original: anything present but ``cobbler`` means images.
    """
    classic = settings.get("method", "cobbler") == "cobbler"
    return Method.NATIVE_PROVISION if classic else Method.IMAGE_PROVISION


def provision_entry(
    node: Node, names: tuple[str, str], common: Mapping[str, Any]
) -> dict[str, Any]:
    """Describe a node to the provisioning engine (dossier 4.1, node entry)."""
    interfaces = _mappings(node.meta.get("interfaces"))
    admin = next((item for item in interfaces if item.get("pxe")), None)
    admin_mac = str((admin or {}).get("mac") or node.mac)
    pairs = [f"{item.get('mac')}_{item.get('name')}" for item in interfaces]
    key = "bootstrap" if node.status.value == "discover" else "target"
    return {
        "uid": node.uid,
        "name": names[0],
        "slave_name": names[0],
        "hostname": names[1],
        "profile": _get(common, "cobbler", "profile") or "ubuntu_bootstrap",
        "power_type": "ssh",
        "power_user": "root",
        "power_address": node.ip,
        "power_pass": POWER_KEYS[key],
        "name_servers": common.get("master_ip", ""),
        "netboot_enabled": "1",
        "kernel_options": {"netcfg/choose_interface": admin_mac, "udevrules": ",".join(pairs)},
        "interfaces": {
            str(item.get("name")): _interface(item, node, names[1], is_admin=item is admin)
            for item in interfaces
        },
        "interfaces_extra": {
            str(item.get("name")): {
                "onboot": "yes" if item is admin else "no",
                "peerdns": "no",
            }
            for item in interfaces
        },
        "ks_meta": _installation(node, common),
    }


def _interface(item: Mapping[str, Any], node: Node, fqdn: str, *, is_admin: bool) -> dict[str, Any]:
    entry: dict[str, Any] = {"mac_address": item.get("mac"), "static": "0"}
    if is_admin:
        entry |= {"dns_name": fqdn, "ip_address": node.ip}
    return entry


def _installation(node: Node, common: Mapping[str, Any]) -> dict[str, Any]:
    """Describe what the installer does on the node. Disks of size 0 are no disks (decision 7)."""
    disks = [
        {"id": disk.get("disk") or disk.get("name"), "name": disk.get("name"), "size": disk["size"]}
        for disk in _mappings(node.meta.get("disks"))
        if disk.get("size")
    ]
    return {
        "pm_data": {
            "kernel_params": _get(common, "kernel_params", "kernel") or "",
            "ks_spaces": disks,
        },
        "fuel_version": common.get("fuel_version", ""),
        "master_ip": common.get("master_ip", ""),
        "mco_identity": int(node.uid),
        "auth_key": common.get("auth_key", ""),
        "authorized_keys": [],
        "timezone": common.get("timezone") or "Etc/UTC",
        "repo_setup": common.get("repo_setup") or {},
        "image_data": _get(common, "provision", "image_data") or {},
    }


def _tolerance(release: Release, nodes: Sequence[Node]) -> tuple[ProvisionTolerance, ...]:
    """Allow the share of each role's nodes that its metadata allows.

    The original looked at deployed roles only, so that a first deployment tolerated nothing;
    here pending roles count.
    """
    rules = []
    for name, role in sorted(release.roles.items()):
        share = role.fault_tolerance
        uids = tuple(node.uid for node in nodes if name in node.all_roles)
        if isinstance(share, str) and PERCENTAGE.match(share) and uids:
            rules.append(ProvisionTolerance(uids, int(share[:-1])))
    return tuple(rules)


def _image_build(release: Release, state: ExpectedState) -> tuple[Mapping[str, Any], ...]:
    """Build the image on the master before nodes are written with it (Ubuntu only)."""
    if release.operating_system.lower() != "ubuntu":
        return ()
    number = _get(state.common, "cluster", "id")
    return (
        {
            "id": None,
            "priority": 100,
            "type": "shell",
            "uids": ["master"],
            "parameters": {
                "cmd": f"fuel-image build --cluster {number}"
                f" --log-file /var/log/fuel-agent-env-{number}.log",
                "cwd": "/",
                "timeout": 3600,
                "retries": 1,
            },
        },
    )


def _mapping(value: Any) -> Mapping[str, Any]:
    """Read free content that should be a mapping; anything else says nothing."""
    return value if isinstance(value, dict) else {}


def _mappings(value: Any) -> list[Mapping[str, Any]]:
    """Read free content that should be a list of mappings; anything else says nothing."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _get(data: Mapping[str, Any], *path: str) -> Any:
    """Follow a path into free content; None where it ends early."""
    value: Any = data
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def provisioning_text(message: ProvisionMessage) -> str:
    """Write everything a provision message says as one canonical text."""
    return canonical(
        [
            message.method,
            message.engine,
            [[node.uid, node.attributes] for node in message.nodes],
            [[rule.uids, rule.percentage] for rule in message.tolerance],
            message.pre_provision,
        ]
    )

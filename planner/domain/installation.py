"""How is a node described to what installs systems (dossier 4.1, node entry)?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from planner.domain.addresses import netmask
from planner.domain.disks import lay_out_disks, render_spaces
from planner.domain.free_content import follow, mapping, mappings
from planner.domain.release import LCM_VERSION
from planner.domain.states import NodeStatus

if TYPE_CHECKING:
    from collections.abc import Mapping

    from planner.domain.networks import Network
    from planner.domain.node import Node
    from planner.domain.release import Release

KEYS: Final = {True: "/root/.ssh/bootstrap.rsa", False: "/root/.ssh/id_rsa"}
"""Keys that open a node before (True) and after its system is installed."""

AGENT: Final[Mapping[str, Any]] = {
    "mco_auto_setup": 1,
    "mco_enable": 1,
    "mco_connector": "rabbitmq",
    "mco_user": "mcollective",
    "mco_password": "",
    "mco_pskey": "",
    "mco_vhost": "mcollective",
    "puppet_auto_setup": 1,
    "puppet_enable": 0,
    "install_log_2_syslog": 1,
}
"""How the agent on a node reaches the master, unless the setting provision.agent says."""

TEMPLATES: Final = ("boothook", "cloud_config", "meta_data")
"""What a first boot is configured with."""


@dataclass(frozen=True, slots=True)
class Installation:
    """What the description of a node is made from. ``names`` are its short and its full name."""

    release: Release
    node: Node
    names: tuple[str, str]
    common: Mapping[str, Any]
    admin: Network
    uses_images: bool


def provision_entry(it: Installation) -> dict[str, Any]:
    """Describe a node: names, power, network interfaces, and what is installed on it."""
    node, short, fqdn = it.node, *it.names
    interfaces = mappings(node.meta.get("interfaces"))
    admin = next((item for item in interfaces if item.get("pxe")), None)
    pairs = [f"{item.get('mac')}_{item.get('name')}" for item in interfaces]
    return {
        "uid": node.uid,
        "name": short,
        "slave_name": short,
        "hostname": fqdn,
        "profile": follow(it.common, "cobbler", "profile") or "ubuntu_bootstrap",
        "power_type": "ssh",
        "power_user": "root",
        "power_address": node.ip,
        "power_pass": KEYS[node.status is NodeStatus.DISCOVER],
        "name_servers": f'"{it.common.get("master_dns") or it.common.get("master_ip", "")}"',
        "name_servers_search": f'"{fqdn.partition(".")[2]}"',
        "netboot_enabled": "1",
        "kernel_options": {
            "netcfg/choose_interface": str((admin or {}).get("mac") or node.mac),
            "udevrules": ",".join(pairs),
        },
        "interfaces": {
            str(item.get("name")): _interface(it, item, is_admin=item is admin)
            for item in interfaces
        },
        "interfaces_extra": {
            str(item.get("name")): {"onboot": "yes" if item is admin else "no", "peerdns": "no"}
            for item in interfaces
        },
        "ks_meta": _settings(it),
    }


def _interface(it: Installation, item: Mapping[str, Any], *, is_admin: bool) -> dict[str, Any]:
    entry: dict[str, Any] = {"mac_address": item.get("mac"), "static": "0"}
    if is_admin:
        entry |= {
            "dns_name": it.names[1],
            "ip_address": it.node.ip,
            "netmask": netmask(it.admin),
        }
    return entry


def _settings(it: Installation) -> dict[str, Any]:
    """Describe what the installer does on the node."""
    common, release = it.common, it.release
    layout = lay_out_disks(release.volumes_metadata, it.node.all_roles, it.node.meta)
    master = common.get("master_ip", "")
    found: dict[str, Any] = {
        **AGENT,
        "mco_host": master,
        "puppet_master": master,
        **mapping(follow(common, "provision", "agent")),
        "mco_identity": int(it.node.uid),
        "pm_data": {
            "kernel_params": follow(common, "kernel_params", "kernel") or "",
            "ks_spaces": render_spaces(layout),
        },
        "fuel_version": common.get("fuel_version", ""),
        "master_ip": master,
        "auth_key": common.get("auth_key", ""),
        "authorized_keys": follow(common, "provision", "authorized_keys") or [],
        "timezone": common.get("timezone") or "Etc/UTC",
        "repo_setup": common.get("repo_setup") or {},
        "cloud_init_templates": _templates(release),
        "gw": it.admin.gateway,
        "admin_net": it.admin.cidr,
    }
    if it.uses_images:
        found["image_data"] = image_data(release, common)
    if release.environment_version >= LCM_VERSION:
        found["user_accounts"] = _accounts(common)
    return found


def image_data(release: Release, common: Mapping[str, Any]) -> Mapping[str, Any]:
    """Say where the images of a cluster lie: as the settings say, or by its number."""
    written = mapping(follow(common, "provision", "image_data"))
    if written:
        return written
    number, system = follow(common, "cluster", "id"), release.operating_system.lower() or "linux"
    base = f"http://{common.get('master_ip', '')}:8080/targetimages/env_{number}_{system}_amd64"
    return {
        "/": {"container": "gzip", "format": "ext4", "uri": f"{base}.img.gz"},
        "/boot": {"container": "gzip", "format": "ext2", "uri": f"{base}-boot.img.gz"},
    }


def _templates(release: Release) -> dict[str, str]:
    version = ".".join(map(str, release.environment_version))
    system = release.operating_system.lower() or "linux"
    return {name: f"{name}_fuel_{version}_{system}.jinja2" for name in TEMPLATES}


def _accounts(common: Mapping[str, Any]) -> list[dict[str, Any]]:
    """List the accounts that a system is installed with: operator, service, root."""
    operator, service = mapping(common.get("operator_user")), mapping(common.get("service_user"))
    accounts = [
        {**_account(user), "sudo": _lines(user.get("sudo"))} for user in (operator, service) if user
    ]
    root = {"name": "root", "homedir": "/root", "password": service.get("root_password")}
    return [*accounts, _account(root)] if service else accounts


def _account(user: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "name": user.get("name"),
        "homedir": user.get("homedir"),
        "password": user.get("password"),
        "ssh_keys": _lines(user.get("authkeys")),
    }


def _lines(text: Any) -> list[str]:
    """Split a text into its lines, empty ones left out."""
    return [line.strip() for line in str(text or "").splitlines() if line.strip()]

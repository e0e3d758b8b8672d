"""What was there when the flows were recorded, that the recordings do not list?

Hardware, settings and networks of the recorded installation. Where only the title of a case tells
what was special about it, this page says so in our words.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import yaml

from planner.domain.free_content import merged

if TYPE_CHECKING:
    from tests.golden.flow.recording import Recording

SHARED: Final = Path(__file__).resolve().parents[4] / "shared"

MASTER: Final = "http://10.20.0.2:8080"
UBUNTU: Final = "http://archive.ubuntu.com/ubuntu/"
FUEL: Final = "http://mirror.fuel-infra.org/mos-repos/ubuntu/{number}/"
EVERYTHING, SUPPORTED = "main universe multiverse", "main restricted"

REPOSITORIES: Final = (
    ("ubuntu", UBUNTU, "xenial", EVERYTHING, None),
    ("ubuntu-updates", UBUNTU, "xenial-updates", EVERYTHING, None),
    ("ubuntu-security", UBUNTU, "xenial-security", EVERYTHING, None),
    ("mos", f"{MASTER}/{{version}}/ubuntu/x86_64", "mos10.0", SUPPORTED, 1050),
    ("mos-updates", FUEL, "mos10.0-updates", SUPPORTED, 1050),
    ("mos-security", FUEL, "mos10.0-security", SUPPORTED, 1050),
    ("mos-holdback", FUEL, "mos10.0-holdback", SUPPORTED, 1100),
    ("Auxiliary", f"{MASTER}/{{version}}/ubuntu/auxiliary", "auxiliary", SUPPORTED, 1150),
)
"""Name, address, suite, section, priority."""

IMAGES: Final = {
    mount: {
        "container": "gzip",
        "format": system,
        "uri": f"{MASTER}/targetimages/env_1_ubuntu_1604_amd64{suffix}.img.gz",
    }
    for mount, system, suffix in (("/", "ext4", ""), ("/boot", "ext2", "-boot"))
}

SETTINGS: Final[dict[str, Any]] = {
    "fuel_version": "10.0",
    "master_dns": "127.0.0.1",
    "puppet_debug": True,
    "task_deploy": True,
    "propagate_task_deploy": False,
    "kernel_params": {
        "kernel": "console=tty0 net.ifnames=1 biosdevname=0 rootdelay=90 nomodeset",
    },
    "provision": {
        "method": "image",
        "image_data": IMAGES,
        "agent": {"mco_host": "localhost", "mco_user": "guest", "puppet_master": "localhost"},
    },
    "operator_user": {
        "name": "fueladmin",
        "homedir": "/home/fueladmin",
        "password": "",
        "sudo": "ALL=(ALL) NOPASSWD: ALL",
        "authkeys": "",
    },
    "service_user": {
        "name": "fuel",
        "homedir": "/var/lib/fuel",
        "password": "",
        "root_password": "",
        "sudo": "ALL=(ALL) NOPASSWD: ALL",
    },
    "storage": {
        "volumes_lvm": True,
        "volumes_ceph": False,
        "images_ceph": False,
        "ephemeral_ceph": False,
        "objects_ceph": False,
        "volumes_block_device": False,
        "osd_pool_size": "3",
    },
    "additional_components": {"ceilometer": False, "mongo": False, "ironic": False},
    "public_network_assignment": {"assign_to_all_nodes": False},
}

REPLACED: Final = {"uid": "1", "name": "node-1", "slave_name": "node-1", "profile": "mine"}
"""What a person wrote in place of a node's data."""

TOLD_BY_TITLE: Final[dict[str, dict[str, Any]]] = {
    "1-provision-cobbler": {"provision": {"method": "cobbler"}},
    "1-provision-unknown-method": {"provision": {"method": "magic"}},
    "5-network-overlap": {"networks": {"storage": {"cidr": "192.168.0.0/24"}}},
    "5-public-too-small": {"networks": {"public": {"ip_range": ["172.16.0.2", "172.16.0.2"]}}},
}
"""Settings by case, where a title tells what the recording does not list."""

WITHOUT_PROVISION: Final = ("1-provision-absent", "1-provision-absent-replaced")
ATTRIBUTES_BY_TITLE: Final[dict[str, dict[str, Any]]] = {
    "1-provision-absent-replaced": {"replaced_provisioning_info": REPLACED},
    "5-custom-deployment-info-skips-checks": {"replaced_deployment_info": {"uid": "1"}},
}
"""Attributes of node 1 by case."""


def release_document(recording: Recording) -> dict[str, Any]:
    """Build the release of a recording: its version and tasks, the shared data."""
    document: dict[str, Any] = _shared("openstack-release.yaml")
    given = recording.given
    document["release"]["version"] = given["release"]["version"]
    document["graphs"] = {
        "default": {"tasks": given["graph_tasks"]},
        **given.get("cluster_graphs", {}),
    }
    return document


def cluster_settings(recording: Recording) -> dict[str, Any]:
    """Build a cluster's settings: what all had, what this one overrides, what its title tells."""
    settings = SETTINGS | {"repo_setup": _repositories(recording.given["release"]["version"])}
    settings = merged(settings, _plain(recording.given.get("editable_overrides", {})))
    return merged(settings, TOLD_BY_TITLE.get(recording.name, {}))


def _repositories(version: str) -> dict[str, Any]:
    """Write where packages of a release come from."""
    words = {"version": version, "number": version.rpartition("-")[2]}
    repositories = [
        {
            "name": name,
            "type": "deb",
            "uri": uri.format(**words),
            "suite": suite,
            "section": section,
            "priority": priority,
        }
        for name, uri, suite, section, priority in REPOSITORIES
    ]
    look = {"always_editable": True, "group": "general", "label": "Repositories", "weight": 50}
    return {"metadata": look, "repos": repositories}


def hardware(uid: str) -> dict[str, Any]:
    """Describe the machine of a node: four disks, two empty drives, four interfaces."""
    sample = _shared("sample-environment.yaml")
    first = 5 * (int(uid) - 1) + 1
    interfaces = [
        {"name": f"eth{index}", "mac": f"52:54:00:00:00:{first + index:02x}", "pxe": index == 0}
        for index in range(4)
    ]
    return {**sample["nodes"][0]["meta"], "interfaces": interfaces}


def address(uid: str) -> str:
    """Return the address that a node was discovered with."""
    return f"10.20.0.{199 + int(uid)}"


def _shared(name: str) -> Any:
    return yaml.safe_load((SHARED / "data" / name).read_text("utf-8"))


def _plain(overrides: Any) -> Any:
    """Unwrap settings written as objects with a value; the group "common" stands on top."""
    if not isinstance(overrides, dict):
        return overrides
    if "value" in overrides:
        return overrides["value"]
    plain = {key: _plain(value) for key, value in overrides.items()}
    return {**{k: v for k, v in plain.items() if k != "common"}, **plain.get("common", {})}

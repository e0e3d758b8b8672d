"""Which real input is measured: fuel-library's tasks on recorded clusters, grown where asked?"""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

SHARED: Final = Path(__file__).resolve().parents[3] / "shared"
RECORDED: Final = (50, 100, 200, 500)
"""Sizes of the recorded clusters, in nodes."""


class Absent(Exception):
    """The reference material is not beside the project; without it nothing can be compared."""


@dataclass(frozen=True, slots=True)
class Fleet:
    """A cluster as recorded: ``nodes`` have uid, roles and tags; ``context`` is the new state."""

    nodes: list[dict[str, Any]]
    context: dict[str, Any]


def tasks() -> list[dict[str, Any]]:
    """Return the 204 tasks of fuel-library; raises Absent."""
    found: list[dict[str, Any]] = json.loads(_read("data/fuel-library-tasks.json"))["tasks"]
    return found


def release_document() -> str:
    """Return the release of the recorded clusters as a document of ours; raises Absent."""
    data = yaml.safe_load(_read("data/openstack-release.yaml"))
    kept = ("release", "roles_metadata", "tags_metadata", "networks_metadata", "volumes_metadata")
    graphs = {"default": {"tasks": tasks()}}
    return json.dumps({**{key: data[key] for key in kept}, "graphs": graphs})


def fleet(size: int) -> Fleet:
    """Return a cluster of ``size`` nodes; beyond the recorded sizes computes are multiplied.

    Each compute that is added has data of its own: another uid, name and address.
    """
    recorded = max(known for known in RECORDED if known <= size)
    data = json.loads(_read(f"data/bench/b{recorded}.json.gz"))
    grown = Fleet(data["nodes"], data["context"])
    template = next(node for node in grown.nodes if node["roles"] == ["compute"])
    for number in range(recorded + 1, size + 1):
        _add(grown, template, str(number))
    return grown


def _add(grown: Fleet, template: dict[str, Any], uid: str) -> None:
    common, nodes = grown.context["common"], grown.context["nodes"]
    old, new = f"node-{template['uid']}", f"node-{uid}"
    names = {"uid": uid, "name": new, "fqdn": f"{new}.example.com", "user_node_name": new}
    grown.nodes.append({**template, "uid": uid})
    part = json.loads(json.dumps(nodes[template["uid"]]))
    address = {"ip": _address(int(uid))}
    nodes[uid] = {**part, **{k: v for k, v in names.items() if k != "name"}, **address}
    listed = next(item for item in common["nodes"] if item["uid"] == template["uid"])
    common["nodes"].append({**listed, **names, "swift_zone": uid})
    known = common["network_metadata"]["nodes"]
    known[new] = {**known[old], **names, "swift_zone": uid}


def _address(number: int) -> str:
    return f"10.{30 + number // 65536}.{number // 256 % 256}.{number % 256}"


def _read(name: str) -> str:
    path = SHARED / name
    if not path.is_file():
        raise Absent(f"the reference material is not at {path}")
    return gzip.decompress(path.read_bytes()).decode() if path.suffix == ".gz" else path.read_text()

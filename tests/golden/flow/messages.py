"""How are messages brought into the form in which they are compared?"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import yaml

if TYPE_CHECKING:
    from collections.abc import Callable

SECRETS: Final = ("<secret>", "<crypt>", "ssh-rsa <key>")

SETS: Final = frozenset(
    {
        "uids",
        "node_ids",
        "fault_tolerance",
        "fault_tolerance_groups",
        "requires",
        "required_for",
        "roles",
        "urls",
        "vlans",
        "nodes",
        "tasks",
        "deployment_info",
    }
)
"""Keys whose lists are sets by meaning: their order is free."""

TRIMMED_NODE: Final = ("hostname", "name", "slave_name", "uid")
TRIMMED_DATA: Final = ("fail_if_error", "online", "role", "status", "uid", "vms_conf")

DROPPED: Final = ("task_uuid", "label", "cmd_text")
"""Ids and texts for people."""


def normal(message: dict[str, Any] | None) -> dict[str, Any] | None:
    """Bring a message into comparable form; a null stays one."""
    if message is None:
        return None
    args = message["args"]
    trims = {
        "provisioning_info": args.get("provisioning_info_trimmed"),
        "deployment_info": args.get("deployment_info_trimmed"),
    }
    kept = {k: v for k, v in args.items() if not k.endswith("_trimmed") and k != "task_uuid"}
    return {
        "method": message["method"],
        "respond_to": message["respond_to"],
        "args": _normal(kept),
        "trims": {key for key, value in trims.items() if value},
    }


def trimmed_like(
    recorded: dict[str, Any] | None, ours: dict[str, Any] | None
) -> dict[str, Any] | None:
    """Cut our message to what the recording kept of its own, and bring it into that form."""
    made = normal(ours)
    if made is None or recorded is None:
        return made
    for key in recorded["trims"]:
        if key in made["args"]:
            made["args"][key] = TRIMMERS[key](made["args"][key])
    made["trims"] = recorded["trims"]
    if isinstance(made["args"].get("provisioning_info"), dict):
        _hide_commands(made["args"])
    hidden: dict[str, Any] = _hidden(made, recorded)
    return hidden


def without_commands(message: dict[str, Any] | None) -> dict[str, Any] | None:
    """Blank the texts of commands in a recorded message."""
    if message is not None:
        _hide_commands(message["args"])
    return message


def _hide_commands(args: dict[str, Any]) -> None:
    """Commands that prepare provisioning say the same in other words."""
    prepared = args.get("provisioning_info", {}).get("pre_provision")
    for task in prepared if isinstance(prepared, list) else ():
        task["parameters"]["cmd"] = ""


def _trim_provisioning(info: dict[str, Any]) -> dict[str, Any]:
    return {
        "engine_keys": sorted(info["engine"]),
        "fault_tolerance": info["fault_tolerance"],
        "nodes": [{key: node[key] for key in TRIMMED_NODE} for node in info["nodes"]],
        "pre_provision": len(info["pre_provision"]),
    }


def _trim_deployment(info: list[dict[str, Any]]) -> list[dict[str, Any]]:
    kept = (*TRIMMED_DATA, "priority", "tasks")
    return [{key: item[key] for key in kept if key in item} for item in info]


TRIMMERS: Final[dict[str, Callable[[Any], Any]]] = {
    "provisioning_info": _trim_provisioning,
    "deployment_info": _trim_deployment,
}


def _normal(value: Any, key: str = "") -> Any:
    if isinstance(value, dict):
        return {k: _normal(v, k) for k, v in value.items() if k not in DROPPED}
    if key == "data" and isinstance(value, str):
        return _normal(yaml.safe_load(value))
    if key.endswith("_address") and key != "mac_address":
        return "<address>"
    if isinstance(value, list):
        items = [_normal(item) for item in value]
        if key == "ks_spaces":
            return {item["id"]: item for item in items}
        return sorted(items, key=_order) if key in SETS or _is_task_list(items) else items
    return value


def _order(item: Any) -> str:
    return json.dumps(item, sort_keys=True, default=str)


def _is_task_list(items: list[Any]) -> bool:
    return bool(items) and all(isinstance(item, dict) and "id" in item for item in items)


def _hidden(ours: Any, recorded: Any) -> Any:
    """Write a secret as the recording does, where it hides one and ours is a text."""
    if isinstance(ours, dict) and isinstance(recorded, dict):
        return {key: _hidden(value, recorded.get(key)) for key, value in ours.items()}
    if isinstance(ours, list) and isinstance(recorded, list):
        pairs = zip(ours, [*recorded, *[None] * len(ours)], strict=False)
        return [_hidden(mine, theirs) for mine, theirs in pairs]
    return recorded if recorded in SECRETS and isinstance(ours, str) else ours

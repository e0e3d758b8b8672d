"""Puts the release's data and the tasks of fuel-library into one document of ours."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from pathlib import Path

SECTIONS = ("release", "roles_metadata", "tags_metadata", "networks_metadata", "volumes_metadata")


def release_document(shared: Path) -> str:
    """Write a release whose default graph are the 204 tasks of fuel-library."""
    data = yaml.safe_load((shared / "data/openstack-release.yaml").read_text())
    kept = {section: data[section] for section in SECTIONS}
    return json.dumps({**kept, "graphs": {"default": {"tasks": _tasks(shared)}}})


def tasks_that_see(shared: Path, setting: str) -> set[str]:
    """Name the tasks whose condition looks at a setting, or at everything there is."""
    conditions = {
        task["id"]: str((task.get("condition") or {}).get("yaql_exp")) for task in _tasks(shared)
    }
    return {
        task for task, text in conditions.items() if f"$.{setting})" in text or text == "changed($)"
    }


def _tasks(shared: Path) -> list[dict[str, Any]]:
    text = (shared / "data/fuel-library-tasks.json").read_text()
    tasks: list[dict[str, Any]] = json.loads(text)["tasks"]
    return tasks

"""What does a setting say, however it is written?

Settings are JSON of free content (decision 7). The reference writes each as an object with a
``value`` in a group, and conditions name them so: ``settings:storage.volumes_ceph.value``. Ours may
be written that way, or as plain values; what the reference keeps in the group ``common`` stands on
top.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from planner.domain.free_content import follow, mapping, merged
from planner.domain.graph.legacy_condition import evaluate_condition

if TYPE_CHECKING:
    from collections.abc import Mapping

    from planner.domain.cluster import Cluster
    from planner.domain.release import Release

COMMON: Final = "common"
"""The group whose settings stand on top of ours."""


class Settings:
    """The settings of a cluster: its own over those of its release."""

    def __init__(self, release: Release, cluster: Cluster) -> None:
        self._cluster = cluster
        self.data: Mapping[str, Any] = merged(release.settings, cluster.settings)

    def get(self, path: str, default: Any = None) -> Any:
        """Return a setting by its dotted path, or the default where nothing is written."""
        steps = path.split(".")
        found = follow(self.data, *steps)
        if found is None and steps[0] == COMMON:
            found = follow(self.data, *steps[1:])
        if isinstance(found, dict) and "value" in found:
            found = found["value"]
        return default if found is None else found

    def group(self, path: str) -> Mapping[str, Any]:
        """Return a setting that is an object; anything else is none."""
        return mapping(self.get(path))

    def is_on(self, path: str) -> bool:
        """Tell whether a switch is on; absent means off."""
        return self.get(path) is True

    def is_met(self, condition: str) -> bool:
        """Evaluate a restriction of the release (dossier 5.3, row 3).

        Raises GraphError for text that is no condition.
        """
        return bool(evaluate_condition(condition, self._look_up))

    def editable(self) -> dict[str, Any]:
        """Write the settings as the reference keeps them: in groups, each with its ``value``."""
        groups = {key: value for key, value in self.data.items() if isinstance(value, dict)}
        common = {key: value for key, value in self.data.items() if key not in groups}
        own = groups.get(COMMON, {})
        return {
            name: {key: _wrapped(value) for key, value in group.items()}
            for name, group in {**groups, COMMON: {**common, **own}}.items()
        }

    def _look_up(self, model: str, path: str) -> Any:
        if model == "settings":
            return self.get(path.removesuffix(".value"))
        if model == "cluster":
            facts = {
                "id": self._cluster.number,
                "name": self._cluster.id,
                "mode": self._cluster.mode,
                "status": self._cluster.status.value,
                "net_provider": self.get("networking.provider", "neutron"),
            }
            return facts.get(path)
        if model == "version":
            return self.get(f"version.{path}", [] if path == "feature_groups" else None)
        return None


def _wrapped(value: Any) -> Any:
    """Write a setting as an object with a value, as which it may be written already."""
    is_written = isinstance(value, dict) and "value" in value
    return value if is_written else {"value": value}

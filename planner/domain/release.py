"""What is a release: roles, tags, settings, task graphs and the order they run in?"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from planner.domain.free_content import mapping, mappings

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

LCM_VERSION: Final = (9, 0)
"""First environment version that is planned as one graph with conditions (dossier 0.4)."""

DEPLOY_SEQUENCE: Final = "deploy-changes"
"""The sequence that ApplyChanges runs where a release has it (dossier 2)."""

DEFAULT_GRAPH: Final = "default"
"""The graph type of the deployment proper (dossier 1.4)."""


@dataclass(frozen=True, slots=True)
class Role:
    """What a node can be told to do; free metadata as the release gives it."""

    name: str
    tags: tuple[str, ...]
    conflicts: tuple[str, ...] = ()
    update_required: tuple[str, ...] = ()
    update_once: tuple[str, ...] = ()
    fault_tolerance: str | int | None = None

    def conflicts_with(self, other: str) -> bool:
        """Tell whether a node cannot have both; ``*`` conflicts with every other role."""
        return other != self.name and ("*" in self.conflicts or other in self.conflicts)


@dataclass(frozen=True)
class Release:
    """An imported release. Immutable; ``content`` is the document as it was imported."""

    id: str
    content: Mapping[str, Any]
    warnings: Sequence[str] = field(default=())

    @cached_property
    def _head(self) -> Mapping[str, Any]:
        head: Mapping[str, Any] = self.content["release"]
        return head

    @property
    def title(self) -> str:
        """Name for people."""
        return str(self._head.get("name", self.id))

    @property
    def version(self) -> str:
        """Full version, for example ``newton-10.0``."""
        return str(self._head["version"])

    @cached_property
    def environment_version(self) -> tuple[int, ...]:
        """The number after the last hyphen, for example ``(10, 0)`` (dossier 0.4)."""
        return parse_environment_version(self.version)

    @property
    def has_lcm(self) -> bool:
        """Tell whether it is planned as one graph with conditions."""
        return self.environment_version >= LCM_VERSION

    @property
    def operating_system(self) -> str:
        """For example ``Ubuntu``."""
        return str(self._head.get("operating_system", ""))

    @property
    def modes(self) -> tuple[str, ...]:
        """Cluster modes that it supports; at least one."""
        return tuple(self._head["modes"])

    @cached_property
    def roles(self) -> Mapping[str, Role]:
        """Roles by name."""
        return {name: _role(name, meta) for name, meta in self.content["roles_metadata"].items()}

    @property
    def roles_metadata(self) -> Mapping[str, Any]:
        """Roles as the document writes them."""
        metadata: Mapping[str, Any] = self.content["roles_metadata"]
        return metadata

    @cached_property
    def tags(self) -> frozenset[str]:
        """Names of all tags: those with metadata, and those that a role has."""
        return frozenset(self.tags_metadata).union(*(role.tags for role in self.roles.values()))

    @property
    def tags_metadata(self) -> Mapping[str, Any]:
        """Tags as the document writes them; ``has_primary`` elects one node a cluster."""
        metadata: Mapping[str, Any] = self.content.get("tags_metadata", {})
        return metadata

    @property
    def network_roles(self) -> Sequence[Mapping[str, Any]]:
        """What tasks call networks by, each with its network and its virtual addresses."""
        return mappings(self.content.get("network_roles_metadata"))

    @property
    def networks_metadata(self) -> Mapping[str, Any]:
        """Networks by provider, as the document writes them."""
        return mapping(self.content.get("networks_metadata"))

    @property
    def volumes_metadata(self) -> Mapping[str, Any]:
        """What roles need of a node's disks, as the document writes it."""
        return mapping(self.content.get("volumes_metadata"))

    @property
    def settings(self) -> Mapping[str, Any]:
        """Default settings of its clusters."""
        settings: Mapping[str, Any] = self.content.get("settings", {})
        return settings

    @property
    def graphs(self) -> Mapping[str, Mapping[str, Any]]:
        """Graphs by type: ``tasks`` and metadata, as the author wrote them."""
        graphs: Mapping[str, Mapping[str, Any]] = self.content.get("graphs", {})
        return graphs

    @property
    def plugins(self) -> Mapping[str, Mapping[str, Any]]:
        """What plugins add, by their names: ``graphs`` by type, with old plugins' tasks."""
        plugins: Mapping[str, Mapping[str, Any]] = self.content.get("plugins", {})
        return plugins

    @property
    def sequences(self) -> Mapping[str, Sequence[str]]:
        """Graph types in order, by sequence name."""
        sequences: Mapping[str, Sequence[str]] = self.content.get("sequences", {})
        return sequences


def parse_environment_version(version: str) -> tuple[int, ...]:
    """Read the numbers after the last hyphen: ``mitaka-9.0`` is ``(9, 0)``.

    Raises ValueError where they are no numbers.
    """
    return tuple(int(part) for part in version.rpartition("-")[2].split("."))


def _role(name: str, meta: Mapping[str, Any]) -> Role:
    return Role(
        name=name,
        tags=tuple(meta.get("tags") or (name,)),
        conflicts=_words(meta.get("conflicts")),
        update_required=_words(meta.get("update_required")),
        update_once=_words(meta.get("update_once")),
        fault_tolerance=meta.get("fault_tolerance"),
    )


def _words(value: str | Sequence[str] | None) -> tuple[str, ...]:
    if value is None:
        return ()
    return (value,) if isinstance(value, str) else tuple(value)

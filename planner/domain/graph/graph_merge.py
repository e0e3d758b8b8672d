"""Which tasks and metadata does a graph have that release, plugins and cluster define together?"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from planner.domain.errors import AlreadyExists
from planner.domain.free_content import merged

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

DEFAULT_ATTRIBUTES: Final[Mapping[str, Mapping[str, Any]]] = {
    "on_success": {"status": "ready"},
    "on_error": {"status": "error"},
    "on_stop": {"status": "stopped"},
}
"""What becomes of nodes where a graph does not say (dossier 9.4)."""


@dataclass(frozen=True, slots=True)
class GraphDocument:
    """A graph of one type as one owner defines it: tasks in stored form, and metadata."""

    tasks: Sequence[Mapping[str, Any]] = ()
    metadata: Mapping[str, Any] = field(default_factory=dict)

    @property
    def node_filter(self) -> str | None:
        """The expression that picks the nodes; None means the default filter (dossier 9.3)."""
        text = self.metadata.get("node_filter")
        return text if isinstance(text, str) else None

    def attributes(self, event: str) -> Mapping[str, Any]:
        """Return what nodes get on ``on_success``, ``on_error`` or ``on_stop`` (dossier 9.4).

        A missing section or key means the default; an empty object is respected: no change.
        """
        section = self.metadata.get(event)
        found = section.get("node_attributes") if isinstance(section, dict) else None
        return DEFAULT_ATTRIBUTES[event] if found is None else found


def merge_graphs(
    release: GraphDocument,
    plugins: Mapping[str, GraphDocument] | None = None,
    cluster: GraphDocument | None = None,
) -> GraphDocument:
    """Merge what defines a graph of one type: cluster over plugins over release (dossier 6.2).

    Tasks go by id, in the order cluster, plugins by name, release. Metadata are merged deeply
    the other way round. Raises AlreadyExists where two plugins define the same task.
    """
    plugins = plugins or {}
    cluster = cluster or GraphDocument()
    _refuse_rivals(plugins)
    owners = [cluster, *(plugins[name] for name in sorted(plugins)), release]
    tasks: dict[Any, Mapping[str, Any]] = {}
    for owner in owners:
        for task in owner.tasks:
            tasks.setdefault(task.get("id"), task)
    metadata: dict[str, Any] = {}
    for owner in reversed(owners):
        metadata = merged(metadata, owner.metadata)
    return GraphDocument(tuple(tasks.values()), metadata)


def _refuse_rivals(plugins: Mapping[str, GraphDocument]) -> None:
    owner: dict[Any, str] = {}
    for name in sorted(plugins):
        for task_id in _ids(plugins[name].tasks):
            if task_id in owner:
                message = f"plugins {owner[task_id]} and {name} both define the task {task_id!r}"
                raise AlreadyExists("task", str(task_id), message)
            owner[task_id] = name


def _ids(tasks: Iterable[Mapping[str, Any]]) -> dict[Any, None]:
    return dict.fromkeys(task.get("id") for task in tasks)

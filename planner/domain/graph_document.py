"""Is this document a graph that fits beside the others?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from planner.domain.documents import parse_yaml_object
from planner.domain.errors import InvalidInput
from planner.domain.graph.check import check_tasks
from planner.domain.graph.findings import FindingList
from planner.domain.graph.graph_merge import GraphDocument
from planner.domain.graph.stored_form import stored_form
from planner.domain.graph_layers import LEGACY_TASKS
from planner.domain.node_updates import DELETED
from planner.domain.states import NodeErrorType, NodeStatus

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from planner.domain.graph_layers import GraphKey, GraphLayers
    from planner.domain.release import Release

GRAPH_KEYS: Final = frozenset(
    {"tasks", "node_filter", "on_success", "on_error", "on_stop", "name", LEGACY_TASKS}
)

REACTION_WORDS: Final[Mapping[str, set[str]]] = {
    "status": {*NodeStatus, DELETED},
    "error_type": {*NodeErrorType},
}
"""What a graph may make of its nodes at its end."""


def parse_graph(
    key: GraphKey, text: str, layers: GraphLayers, release: Release
) -> tuple[Mapping[str, Any], tuple[str, ...]]:
    """Read a graph from its document; return it with what is odd about it.

    It is checked as it will run: merged with the other layers. Raises InvalidInput with every
    violation.
    """
    document = parse_yaml_object(text, "document")
    found = FindingList()
    check_graph(document, "document", found)
    merged = _merged(key, document, layers) if not list(found) else None
    if merged is not None:
        check_graph_tasks(merged.tasks, "document", set(release.roles), set(release.tags), found)
    findings = found.findings()
    if findings.violations:
        raise InvalidInput(findings.violations)
    return document, tuple(f"{w.subject}: {w.message}" for w in findings.warnings)


def check_graph(graph: Mapping[str, Any], path: str, found: FindingList) -> None:
    """Check the parts of a graph document, but not yet what its tasks say."""
    for key in graph:
        if key not in GRAPH_KEYS:
            found.violate("UNKNOWN_KEY", f"{path}.{key}", f"is none of: {sorted(GRAPH_KEYS)}")
    for key in ("on_success", "on_error", "on_stop"):
        _check_reaction(graph.get(key, {}), f"{path}.{key}", found)
    node_filter = graph.get("node_filter")
    if node_filter is not None and not isinstance(node_filter, str):
        found.violate("BAD_FILTER", f"{path}.node_filter", f"{node_filter!r} is no expression")
    for key in ("tasks", LEGACY_TASKS):
        if not isinstance(graph.get(key, []), list):
            found.violate("NOT_A_LIST", f"{path}.{key}", "is no list of tasks")
    if "tasks" not in graph and LEGACY_TASKS not in graph:
        found.violate("NOT_A_LIST", f"{path}.tasks", "is no list of tasks")


def check_graph_tasks(
    tasks: Sequence[Any], path: str, roles: set[str], tags: set[str], found: FindingList
) -> None:
    """Check what tasks say, all layers of their graph together."""
    findings = check_tasks(tasks, roles, tags)
    for violation in findings.violations:
        found.violate(violation.reason, f"{path}.{violation.subject}", violation.message)
    for warning in findings.warnings:
        found.warn(warning.reason, f"{path}.{warning.subject}", warning.message)


def _merged(
    key: GraphKey, document: Mapping[str, Any], layers: GraphLayers
) -> GraphDocument | None:
    tasks = document.get("tasks", [])
    if not all(isinstance(task, dict) and isinstance(task.get("id"), str) for task in tasks):
        # The check of tasks names what is wrong with them; merging goes by id.
        return GraphDocument([stored_form(t) if isinstance(t, dict) else t for t in tasks])
    return layers.laid_over([(key, document)]).graph(key.type)


def _check_reaction(reaction: Any, path: str, found: FindingList) -> None:
    """Check what nodes become at the end of a graph: it will come back in a report (9.7)."""
    if not isinstance(reaction, dict):
        found.violate("NOT_A_MAPPING", path, f"{reaction!r} is no mapping")
        return
    attributes = reaction.get("node_attributes")
    path = f"{path}.node_attributes"
    if attributes is None:
        return
    if not isinstance(attributes, dict):
        found.violate("NOT_A_MAPPING", path, f"{attributes!r} is no mapping")
        return
    for key, words in REACTION_WORDS.items():
        value = attributes.get(key)
        if value is not None and not (isinstance(value, str) and value in words):
            text = f"{value!r} is none of: {', '.join(sorted(words))}"
            found.violate("BAD_NODE_ATTRIBUTES", f"{path}.{key}", text)

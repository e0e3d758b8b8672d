"""Is this document a release? Reads it whole and names everything that is wrong with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from planner.domain.documents import parse_yaml_object
from planner.domain.errors import InvalidInput
from planner.domain.graph.check import check_tasks
from planner.domain.graph.findings import FindingList
from planner.domain.node_updates import DELETED
from planner.domain.release import Release, parse_environment_version
from planner.domain.states import NodeErrorType, NodeStatus

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

SECTIONS: Final = frozenset(
    {
        "release",
        "roles_metadata",
        "tags_metadata",
        "networks_metadata",
        "network_roles_metadata",
        "volumes_metadata",
        "settings",
        "provision",
        "graphs",
        "sequences",
    }
)
LONGEST_NAME: Final = 63
"""Most characters of a mode and of a graph type."""

GRAPH_KEYS: Final = frozenset({"tasks", "node_filter", "on_success", "on_error", "on_stop", "name"})


def parse_release(release: str, text: str) -> Release:
    """Read a release from its document (YAML or JSON).

    Raises InvalidInput with every violation: unparsable text alone, otherwise unknown sections,
    roles, types, dangling names and cycles together.
    """
    content = parse_yaml_object(text, "document")
    found = FindingList()
    _check_sections(content, found)
    _check_head(content, found)
    roles = _check_mappings(content, "roles_metadata", found, required=True)
    tags = _check_mappings(content, "tags_metadata", found, required=False)
    _check_roles(roles, found)
    for section in ("settings", "networks_metadata", "volumes_metadata", "provision"):
        _mapping(content.get(section, {}), section, found)
    graphs = _check_mappings(content, "graphs", found, required=False)
    known_tags = {tag for meta in roles.values() for tag in _words(meta.get("tags"))} | set(tags)
    for kind, graph in graphs.items():
        _check_graph(kind, graph, set(roles), known_tags | set(roles), found)
    _check_sequences(content.get("sequences", {}), set(graphs), found)
    findings = found.findings()
    if findings.violations:
        raise InvalidInput(findings.violations)
    warnings = [f"{warning.subject}: {warning.message}" for warning in findings.warnings]
    return Release(release, content, tuple(warnings))


def _check_sections(content: Mapping[str, Any], found: FindingList) -> None:
    for name in content:
        if name not in SECTIONS and not name.startswith("_"):
            known = ", ".join(sorted(SECTIONS))
            found.violate("UNKNOWN_SECTION", f"document.{name}", f"is none of: {known}")


def _check_head(content: Mapping[str, Any], found: FindingList) -> None:
    if "release" not in content:
        found.violate("MISSING", "document.release", "is needed")
        return
    head = _mapping(content["release"], "release", found)
    version = head.get("version")
    try:
        parse_environment_version(str(version or ""))
    except ValueError:
        text = f"{version!r} does not end in a version number, as newton-10.0 does"
        found.violate("BAD_VERSION", "document.release.version", text)
    modes = head.get("modes")
    if not (isinstance(modes, list) and modes and all(_is_name(mode) for mode in modes)):
        text = f"{modes!r} is no list of at least one mode, each of 1 to {LONGEST_NAME} characters"
        found.violate("BAD_MODES", "document.release.modes", text)


def _check_roles(roles: Mapping[str, Mapping[str, Any]], found: FindingList) -> None:
    for name, meta in roles.items():
        for key in ("tags", "conflicts", "update_required", "update_once"):
            value = meta.get(key)
            if value is not None and not _is_words(value):
                path = f"document.roles_metadata.{name}.{key}"
                found.violate("BAD_NAMES", path, f"{value!r} is no list of names")


def _check_graph(
    kind: str,
    graph: Mapping[str, Any],
    roles: set[str],
    tags: set[str],
    found: FindingList,
) -> None:
    path = f"document.graphs.{kind}"
    if not _is_name(kind):
        text = f"{kind!r} is no graph type: it has 1 to {LONGEST_NAME} characters"
        found.violate("BAD_NAMES", "document.graphs", text)
    for key in graph:
        if key not in GRAPH_KEYS:
            found.violate("UNKNOWN_KEY", f"{path}.{key}", f"is none of: {sorted(GRAPH_KEYS)}")
    for key in ("on_success", "on_error", "on_stop"):
        reaction = _mapping(graph.get(key, {}), f"graphs.{kind}.{key}", found)
        _check_node_attributes(reaction, f"graphs.{kind}.{key}.node_attributes", found)
    tasks = graph.get("tasks")
    if not isinstance(tasks, list):
        found.violate("NOT_A_LIST", f"{path}.tasks", "is no list of tasks")
        return
    findings = check_tasks(tasks, roles, tags)
    for violation in findings.violations:
        found.violate(violation.reason, f"{path}.{violation.subject}", violation.message)
    for warning in findings.warnings:
        found.warn(warning.reason, f"{path}.{warning.subject}", warning.message)


def _check_node_attributes(reaction: Mapping[str, Any], path: str, found: FindingList) -> None:
    """Check what nodes become at the end of a graph: it will come back in a report (9.7)."""
    attributes = reaction.get("node_attributes")
    if attributes is None:
        return
    known = {
        "status": {*NodeStatus, DELETED},
        "error_type": {*NodeErrorType, None},
    }
    for key, value in _mapping(attributes, path, found).items():
        if key in known and not (_is_plain(value) and value in known[key]):
            words = ", ".join(sorted(word for word in known[key] if word))
            text = f"{value!r} is none of: {words}"
            found.violate("BAD_NODE_ATTRIBUTES", f"document.{path}.{key}", text)


def _check_sequences(value: Any, graphs: set[str], found: FindingList) -> None:
    for name, kinds in _mapping(value, "sequences", found).items():
        path = f"document.sequences.{name}"
        if not (kinds and _is_words(kinds) and isinstance(kinds, list)):
            found.violate("BAD_NAMES", path, f"{kinds!r} is no list of graph types")
            continue
        for kind in kinds:
            if kind not in graphs:
                found.violate("UNKNOWN_GRAPH", path, f"{kind!r} is none of the graphs")


def _check_mappings(
    content: Mapping[str, Any], section: str, found: FindingList, *, required: bool
) -> Mapping[str, Mapping[str, Any]]:
    """Check that a section maps names to mappings; return those that are."""
    if section not in content:
        if required:
            found.violate("MISSING", f"document.{section}", "is needed")
        return {}
    members = _mapping(content[section], section, found)
    return {name: _mapping(value, f"{section}.{name}", found) for name, value in members.items()}


def _mapping(value: Any, path: str, found: FindingList) -> Mapping[str, Any]:
    if isinstance(value, dict):
        return value
    found.violate("NOT_A_MAPPING", f"document.{path}", f"{value!r} is no mapping")
    return {}


def _is_plain(value: Any) -> bool:
    return value is None or isinstance(value, str)


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and 1 <= len(value) <= LONGEST_NAME


def _is_words(value: Any) -> bool:
    return isinstance(value, str) or (
        isinstance(value, list) and all(isinstance(item, str) for item in value)
    )


def _words(value: Any) -> Iterable[str]:
    if isinstance(value, str):
        return (value,)
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else ()

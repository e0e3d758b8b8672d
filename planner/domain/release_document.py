"""Is this document a release? Reads it whole and names everything that is wrong with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from planner.domain.documents import parse_yaml_object
from planner.domain.errors import AlreadyExists, InvalidInput
from planner.domain.graph.findings import FindingList
from planner.domain.graph_document import check_graph, check_graph_tasks
from planner.domain.graph_layers import GraphLayers
from planner.domain.release import Release, parse_environment_version

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
        "plugins",
        "graphs",
        "sequences",
    }
)
LONGEST_NAME: Final = 63
"""Most characters of a mode and of a graph type."""


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
    known_tags = {tag for meta in roles.values() for tag in _words(meta.get("tags"))} | set(tags)
    kinds = _check_graphs(content, set(roles), known_tags | set(roles), found)
    _check_sequences(content.get("sequences", {}), kinds, found)
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


def _check_graphs(
    content: Mapping[str, Any], roles: set[str], tags: set[str], found: FindingList
) -> set[str]:
    """Check the graphs of the release and its plugins, as they will run; return their types."""
    graphs = _check_mappings(content, "graphs", found, required=False)
    plugins = {
        name: _check_mappings(plugin, "graphs", found, required=True, path=f"plugins.{name}.")
        for name, plugin in _check_mappings(content, "plugins", found, required=False).items()
    }
    paths = {f"document.graphs.{kind}": graph for kind, graph in graphs.items()} | {
        f"document.plugins.{name}.graphs.{kind}": graph
        for name, mine in plugins.items()
        for kind, graph in mine.items()
    }
    for path, graph in paths.items():
        if not _is_name(path.rpartition(".")[2]):
            text = f"{path!r} names no graph type: it has 1 to {LONGEST_NAME} characters"
            found.violate("BAD_NAMES", "document.graphs", text)
        check_graph(graph, path, found)
    layers = GraphLayers(graphs, plugins)
    for kind in sorted(layers.types):
        _check_tasks(layers, kind, roles, tags, found)
    return set(layers.types)


def _check_tasks(
    layers: GraphLayers, kind: str, roles: set[str], tags: set[str], found: FindingList
) -> None:
    path = f"document.graphs.{kind}"
    documents = [layers.release.get(kind, {}), *(p.get(kind, {}) for p in layers.plugins.values())]
    tasks = [document.get("tasks", []) for document in documents]
    if not all(isinstance(mine, list) for mine in tasks):
        return
    every = [task for mine in tasks for task in mine]
    try:
        if all(isinstance(task, dict) and isinstance(task.get("id"), str) for task in every):
            # Merging goes by id; what repeats within one layer is found before.
            check_graph_tasks(tasks[0], path, roles, tags, found)
            if any(tasks[1:]):
                check_graph_tasks(layers.graph(kind).tasks, path, roles, tags, found)
        else:
            check_graph_tasks(every, path, roles, tags, found)
    except AlreadyExists as clash:
        found.violate("DUPLICATE_TASK", path, clash.message)


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
    content: Mapping[str, Any], section: str, found: FindingList, *, required: bool, path: str = ""
) -> Mapping[str, Mapping[str, Any]]:
    """Check that a section maps names to mappings; return those that are."""
    path += section
    if section not in content:
        if required:
            found.violate("MISSING", f"document.{path}", "is needed")
        return {}
    members = _mapping(content[section], path, found)
    return {name: _mapping(value, f"{path}.{name}", found) for name, value in members.items()}


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

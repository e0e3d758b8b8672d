"""A release document is read whole, and everything wrong with it is named."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from planner.domain.documents import canonical
from planner.domain.errors import InvalidInput
from planner.domain.release_document import parse_release
from tests.planner.builders import a_release, a_task

if TYPE_CHECKING:
    from pathlib import Path


def violations(**sections: Any) -> list[tuple[str, str]]:
    """Read a release with these sections; return reason and subject of each violation."""
    content = {**a_release().content, **sections}
    try:
        parse_release("cloud", canonical({k: v for k, v in content.items() if v is not ...}))
    except InvalidInput as refused:
        return [(violation.reason, violation.subject) for violation in refused.violations]
    return []


def graph(*tasks: Any, **keys: Any) -> dict[str, Any]:
    """Build the section of graphs with one graph."""
    return {"default": {"tasks": list(tasks), **keys}}


def test_a_good_release_is_read_as_it_was_written() -> None:
    """The content is the document."""
    content = a_release().content

    release = parse_release("cloud", canonical(content))

    assert (release.id, release.content, release.warnings) == ("cloud", content, ())


def test_the_shipped_release_data_are_accepted(shared: Path) -> None:
    """Real roles, tags, networks and volumes of a default release."""
    text = (shared / "data/openstack-release.yaml").read_text()

    release = parse_release("newton", text)

    assert "controller" in release.roles
    assert release.has_lcm


@pytest.mark.parametrize(
    ("sections", "expected"),
    [
        ({"release": ...}, ("MISSING", "document.release")),
        ({"release": []}, ("NOT_A_MAPPING", "document.release")),
        ({"release": {"modes": ["x"]}}, ("BAD_VERSION", "document.release.version")),
        (
            {"release": {"version": "newton", "modes": ["x"]}},
            ("BAD_VERSION", "document.release.version"),
        ),
        ({"release": {"version": "x-9.0"}}, ("BAD_MODES", "document.release.modes")),
        ({"release": {"version": "x-9.0", "modes": []}}, ("BAD_MODES", "document.release.modes")),
        ({"release": {"version": "x-9.0", "modes": [1]}}, ("BAD_MODES", "document.release.modes")),
        (
            {"release": {"version": "x-9.0", "modes": ["m" * 64]}},
            ("BAD_MODES", "document.release.modes"),
        ),
        ({"roles_metadata": ...}, ("MISSING", "document.roles_metadata")),
        ({"roles_metadata": []}, ("NOT_A_MAPPING", "document.roles_metadata")),
        ({"roles_metadata": {"web": None}}, ("NOT_A_MAPPING", "document.roles_metadata.web")),
        (
            {"roles_metadata": {"web": {"tags": 1}}},
            ("BAD_NAMES", "document.roles_metadata.web.tags"),
        ),
        (
            {"roles_metadata": {"web": {"conflicts": [1]}}},
            ("BAD_NAMES", "document.roles_metadata.web.conflicts"),
        ),
        ({"tags_metadata": {"t": 1}}, ("NOT_A_MAPPING", "document.tags_metadata.t")),
        ({"settings": []}, ("NOT_A_MAPPING", "document.settings")),
        ({"graphs": []}, ("NOT_A_MAPPING", "document.graphs")),
        ({"graphs": {"default": []}}, ("NOT_A_MAPPING", "document.graphs.default")),
        ({"graphs": {"default": {}}}, ("NOT_A_LIST", "document.graphs.default.tasks")),
        ({"graphs": graph(extra=1)}, ("UNKNOWN_KEY", "document.graphs.default.extra")),
        ({"graphs": graph(on_error=1)}, ("NOT_A_MAPPING", "document.graphs.default.on_error")),
        (
            {"graphs": graph(on_error={"node_attributes": {"status": "tired"}})},
            ("BAD_NODE_ATTRIBUTES", "document.graphs.default.on_error.node_attributes.status"),
        ),
        (
            {"graphs": graph(on_stop={"node_attributes": {"error_type": "fatigue"}})},
            ("BAD_NODE_ATTRIBUTES", "document.graphs.default.on_stop.node_attributes.error_type"),
        ),
        (
            {"graphs": graph(on_success={"node_attributes": 5})},
            ("NOT_A_MAPPING", "document.graphs.default.on_success.node_attributes"),
        ),
        ({"graphs": {"g" * 64: {"tasks": []}}}, ("BAD_NAMES", "document.graphs")),
        ({"sequences": []}, ("NOT_A_MAPPING", "document.sequences")),
        ({"sequences": {"s": []}}, ("BAD_NAMES", "document.sequences.s")),
        ({"sequences": {"s": "default"}}, ("BAD_NAMES", "document.sequences.s")),
        ({"sequences": {"s": ["gone"]}}, ("UNKNOWN_GRAPH", "document.sequences.s")),
        ({"nonsense": {}}, ("UNKNOWN_SECTION", "document.nonsense")),
    ],
)
def test_what_is_wrong_is_named_by_reason_and_path(
    sections: dict[str, Any], expected: tuple[str, str]
) -> None:
    """What follows from the same mistake comes after it."""
    first, *_ = violations(**sections)

    assert first == expected


@pytest.mark.parametrize(
    ("tasks", "reason"),
    [
        ([a_task("a", requires=["b"]), a_task("b", requires=["a"])], "DEPENDENCY_CYCLE"),
        ([a_task("a", requires=["gone"])], "DANGLING_DEPENDENCY"),
        ([a_task("a", roles=["nobody"])], "UNKNOWN_ROLE"),
        ([a_task("a", type="nonsense")], "TASK_FIELD_INVALID"),
        ([a_task("a"), a_task("a")], "DUPLICATE_TASK"),
        ([{"type": "puppet"}], "TASK_ID_MISSING"),
        (["text"], "TASK_ID_MISSING"),
    ],
)
def test_a_bad_graph_refuses_the_release(tasks: list[Any], reason: str) -> None:
    """Cycles, dangling names, unknown roles and types (the checks of planner.domain.graph)."""
    found = violations(graphs=graph(*tasks))

    assert [reason] == [name for name, _ in found]
    assert found[0][1].startswith("document.graphs.default.tasks")


def test_everything_is_found_at_once() -> None:
    """Who mends a document wants to mend it once."""
    found = violations(
        release={"version": "x"},
        roles_metadata={"web": {"tags": 1}},
        graphs=graph(a_task("a", requires=["gone"]), a_task("b", type="nonsense")),
        sequences={"s": ["gone"]},
        nonsense=1,
    )

    assert sorted(reason for reason, _ in found) == [
        "BAD_MODES",
        "BAD_NAMES",
        "BAD_VERSION",
        "DANGLING_DEPENDENCY",
        "TASK_FIELD_INVALID",
        "UNKNOWN_GRAPH",
        "UNKNOWN_SECTION",
    ]


def test_a_dangling_name_on_the_other_side_is_only_a_warning() -> None:
    """Shipped graphs have such names in required_for (decision 1)."""
    content = {**a_release().content, "graphs": graph(a_task("a", required_for=["gone"]))}

    release = parse_release("cloud", canonical(content))

    (warning,) = release.warnings
    assert "gone" in warning
    assert warning.startswith("document.graphs.default.tasks/a")


def test_sections_that_begin_with_an_underscore_are_the_authors_own() -> None:
    """A place for anchors."""
    assert violations(_anchors={"x": 1}) == []

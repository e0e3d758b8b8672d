"""What a release says of itself."""

from __future__ import annotations

import pytest

from planner.domain.release import Release, Role, parse_environment_version
from tests.planner.builders import a_release


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        ("newton-10.0", (10, 0)),
        ("mitaka-9.0", (9, 0)),
        ("2015.1.0-8.0", (8, 0)),
        ("9.0.1", (9, 0, 1)),
        ("a-b-7", (7,)),
    ],
)
def test_the_environment_version_follows_the_last_hyphen(
    version: str, expected: tuple[int, ...]
) -> None:
    """Dossier 0.4."""
    assert parse_environment_version(version) == expected


@pytest.mark.parametrize("version", ["", "newton", "newton-", "newton-10.x", "newton-10."])
def test_a_version_without_numbers_is_none(version: str) -> None:
    """The caller says what is wrong with it."""
    with pytest.raises(ValueError, match="invalid literal"):
        parse_environment_version(version)


@pytest.mark.parametrize(
    ("version", "expected"),
    [("newton-10.0", True), ("mitaka-9.0", True), ("liberty-8.0", False), ("kilo-6.1", False)],
)
def test_releases_from_9_0_are_planned_with_conditions(version: str, *, expected: bool) -> None:
    """The LCM gate (dossier 0.4)."""
    assert a_release(version).has_lcm == expected


@pytest.mark.parametrize(
    ("conflicts", "other", "expected"),
    [
        (("compute",), "compute", True),
        (("compute",), "storage", False),
        (("*",), "storage", True),
        (("*",), "controller", False),
        ((), "compute", False),
    ],
)
def test_roles_may_exclude_others(
    conflicts: tuple[str, ...], other: str, *, expected: bool
) -> None:
    """A star excludes every other role, never itself."""
    role = Role("controller", (), conflicts)

    assert role.conflicts_with(other) == expected


def test_role_metadata_is_read_with_its_defaults() -> None:
    """A role without tags is its own tag; one name may stand for a list."""
    release = a_release(
        roles_metadata={"web": {"conflicts": "db", "update_once": ["x"]}, "db": {"tags": ["t"]}}
    )

    assert release.roles == {
        "web": Role("web", ("web",), ("db",), update_once=("x",)),
        "db": Role("db", ("t",)),
    }


def test_tags_come_from_metadata_and_from_roles() -> None:
    """Both are names that tasks may use."""
    release = a_release(roles_metadata={"web": {}}, tags_metadata={"vip": {}})

    assert release.tags == {"web", "vip"}


def test_sections_that_are_absent_are_empty() -> None:
    """A release needs a version, modes and roles, nothing else."""
    head = {"version": "x-9.0", "modes": ["ha_compact"]}
    release = Release("bare", {"release": head, "roles_metadata": {}})

    assert release.title == "bare"
    assert release.operating_system == ""
    assert release.modes == ("ha_compact",)
    assert (release.settings, release.graphs, release.sequences, release.tags_metadata) == (
        {},
        {},
        {},
        {},
    )

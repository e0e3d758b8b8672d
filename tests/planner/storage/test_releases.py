"""The port Releases, on every database."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from planner.domain.errors import NotFound
from planner.domain.release import Release
from planner.services.ports import Page
from tests.planner.builders import NOW, a_release

if TYPE_CHECKING:
    from planner.services.ports import Store, StoredRelease

LATER = NOW + timedelta(seconds=1)


def put(store: Store, release: str, **facts: object) -> StoredRelease:
    """Store a release under this id."""
    content = {**a_release().content, "settings": facts}
    with store.write() as work:
        return work.releases.put(Release(release, content), NOW)


def test_a_release_is_read_as_it_was_put(any_store: Store) -> None:
    """Content, warnings and times survive."""
    release = Release("cloud", a_release().content, ("a warning",))
    with any_store.write() as work:
        put_one = work.releases.put(release, NOW)

    with any_store.read() as work:
        found = work.releases.get("cloud")

    assert found == put_one
    assert found.release == release
    assert (found.created_at, found.updated_at) == (NOW, NOW)


def test_a_replaced_release_keeps_its_age(any_store: Store) -> None:
    """Content and digest are new, the time of creation stays."""
    before = put(any_store, "cloud")
    with any_store.write() as work:
        work.releases.put(a_release(settings={"new": 1}), LATER)

    with any_store.read() as work:
        after = work.releases.get("cloud")

    assert after.release.settings == {"new": 1}
    assert after.digest != before.digest
    assert (after.created_at, after.updated_at) == (NOW, LATER)


def test_equal_content_has_one_digest(any_store: Store) -> None:
    """Whatever the id."""
    assert put(any_store, "one").digest == put(any_store, "two").digest


def test_an_unknown_release_is_not_found(any_store: Store) -> None:
    """``find`` answers None, ``get`` and ``delete`` raise."""
    with any_store.write() as work:
        assert work.releases.find("gone") is None
        with pytest.raises(NotFound):
            work.releases.get("gone")
        with pytest.raises(NotFound):
            work.releases.delete("gone")


def test_a_deleted_release_is_gone(any_store: Store) -> None:
    """Its content may stay for others."""
    put(any_store, "one")
    put(any_store, "two")

    with any_store.write() as work:
        work.releases.delete("one")

    with any_store.read() as work:
        assert work.releases.find("one") is None
        assert work.releases.get("two").release.title == "Cloud"


def test_releases_of_one_moment_are_paged_by_id(any_store: Store) -> None:
    """Newest first; equal times do not hide anybody."""
    for release in ("a", "b", "c"):
        put(any_store, release)

    with any_store.read() as work:
        first = work.releases.page(Page(2))
        key = (round(first[-1].created_at.timestamp() * 1000), first[-1].release.id)
        second = work.releases.page(Page(2, key))

    assert [stored.release.id for stored in (*first, *second)] == ["c", "b", "a"]

"""The port Clusters, on every database."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from planner.domain.errors import NotFound
from planner.domain.states import ClusterStatus
from planner.services.ports import Page
from tests.planner.builders import NOW, a_release
from tests.planner.stored import put_cluster

if TYPE_CHECKING:
    from planner.services.ports import Store


def test_a_cluster_is_read_as_it_was_added(any_store: Store) -> None:
    """It gets a number of its own."""
    settings = {"a": {"b": [1, 2.5, None, "é\n"]}}
    added = put_cluster(any_store, settings=settings, pending_changes=frozenset({"networks"}))

    with any_store.read() as work:
        found = work.clusters.get("demo")

    assert found == added
    assert found.number > 0
    assert found.settings == settings


def test_saving_a_cluster_raises_its_revision(any_store: Store) -> None:
    """Everything else is written as given."""
    cluster = put_cluster(any_store)
    changed = replace(
        cluster,
        status=ClusterStatus.OPERATIONAL,
        settings={"new": 1},
        deployed_before=True,
        pending_changes=frozenset({"attributes"}),
        updated_at=NOW + timedelta(days=1),
    )

    with any_store.write() as work:
        saved = work.clusters.save(changed)

    with any_store.read() as work:
        assert work.clusters.get("demo") == saved
    assert saved == replace(changed, revision=cluster.revision + 1)


def test_an_unknown_cluster_is_not_found(any_store: Store) -> None:
    """``find`` answers None, ``get`` and ``lock`` raise."""
    with any_store.write() as work:
        assert work.clusters.find("gone") is None
        with pytest.raises(NotFound):
            work.clusters.get("gone")
        with pytest.raises(NotFound):
            work.clusters.lock("gone")


def test_clusters_of_a_release_are_listed_by_id(any_store: Store) -> None:
    """Those of others are not."""
    put_cluster(any_store, id="b")
    put_cluster(any_store, id="a")
    other = replace(a_release(), id="other")
    put_cluster(any_store, other, id="c")

    with any_store.read() as work:
        assert work.clusters.of_release("cloud") == ["a", "b"]


def test_paging_neither_repeats_nor_skips_while_clusters_are_added(any_store: Store) -> None:
    """What is added after the first page began is newer than every page."""
    for name in "abcde":
        put_cluster(any_store, id=name)
    seen, after = [], None

    while True:
        with any_store.read() as work:
            page = work.clusters.page(Page(2, after))
        if not page:
            break
        seen += [cluster.id for cluster in page]
        after = (page[-1].number,)
        put_cluster(any_store, id=f"new-{len(seen)}")

    assert seen == ["e", "d", "c", "b", "a"]

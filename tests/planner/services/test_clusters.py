"""Clusters are created of a release, read, and given settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from planner.domain.errors import (
    AlreadyExists,
    Conflict,
    InvalidInput,
    NotFound,
    PreconditionFailed,
)
from planner.domain.states import ClusterStatus
from planner.services.clusters import (
    NewCluster,
    cluster_etag,
    create_cluster,
    get_cluster,
    list_clusters,
    update_cluster_settings,
)
from planner.services.idempotency import RequestKey
from planner.services.ports import Page
from tests.planner.builders import NOW, a_release
from tests.planner.dump import dump
from tests.planner.work import a_small_cluster, apply, create, import_

if TYPE_CHECKING:
    from planner.services.clusters import ClusterView
    from planner.storage.unit_of_work import SqlStore

KEY = RequestKey("r-1", "UpdateCluster", "d" * 64)


@pytest.fixture
def store(store: SqlStore) -> SqlStore:
    """A store with the release "cloud"."""
    import_(store, a_release())
    return store


def update(store: SqlStore, *, etag: str = "", key: RequestKey | None = None) -> ClusterView:
    """Give the cluster a setting."""
    settings = {"colour": "blue"}
    return update_cluster_settings(store, "demo", settings, etag=etag, key=key, now=NOW)


def test_a_new_cluster_has_the_first_mode_of_its_release(store: SqlStore) -> None:
    """Unless another one is named."""
    assert create(store).cluster.mode == "ha_compact"
    assert create(store, "second", mode="multinode").cluster.mode == "multinode"


def test_a_new_cluster_waits_for_its_first_deployment(store: SqlStore) -> None:
    """It has no nodes and no work."""
    view = create(store, settings={"a": 1})

    assert view.cluster.status is ClusterStatus.NEW
    assert view.cluster.settings == {"a": 1}
    assert (view.node_count, view.active_transaction) == (0, "")
    assert get_cluster(store, "demo") == view


def test_a_mode_that_the_release_lacks_is_refused(store: SqlStore) -> None:
    """Nothing is written."""
    before = dump(store)

    with pytest.raises(InvalidInput, match="ha_compact, multinode"):
        create(store, mode="ha_huge")

    assert dump(store) == before


def test_a_cluster_needs_a_known_release(store: SqlStore) -> None:
    """The release is what is not found."""
    with pytest.raises(NotFound) as missing:
        create(store, release="gone")

    assert (missing.value.kind, missing.value.name) == ("release", "gone")


def test_an_id_is_given_once(store: SqlStore) -> None:
    """Whatever the second cluster would be."""
    create(store)

    with pytest.raises(AlreadyExists):
        create(store, settings={"other": 1})


def test_a_repeated_creation_gets_the_first_cluster(store: SqlStore) -> None:
    """Also when the server gave the id."""
    first = create_cluster(store, NewCluster("c-1", "cloud", "", {}), key=KEY, now=NOW)

    again = create_cluster(store, NewCluster("c-2", "cloud", "", {}), key=KEY, now=NOW)

    assert again == first


def test_clusters_show_their_nodes_and_work(store: SqlStore) -> None:
    """Newest first."""
    a_small_cluster(store)
    create(store, "empty")
    active = apply(store)

    views = list_clusters(store, Page(9))

    assert [(v.cluster.id, v.node_count, v.active_transaction) for v in views] == [
        ("empty", 0, ""),
        ("demo", 2, active.id),
    ]


def test_new_settings_replace_the_old_ones(store: SqlStore) -> None:
    """The change is pending, the etag is new."""
    before = create(store, settings={"a": 1}).cluster

    after = update(store).cluster

    assert after.settings == {"colour": "blue"}
    assert "attributes" in after.pending_changes
    assert cluster_etag(after) != cluster_etag(before)


def test_equal_settings_change_nothing(store: SqlStore) -> None:
    """A plan made before still holds."""
    before = create(store, settings={"colour": "blue"})

    assert update(store) == before


def test_settings_are_replaced_only_where_they_were_seen(store: SqlStore) -> None:
    """With an etag, somebody else's change is not overwritten."""
    etag = cluster_etag(create(store).cluster)
    update(store, etag=etag)

    with pytest.raises(Conflict, match="has changed") as refused:
        update(store, etag=etag)

    assert refused.value.reason == "ETAG_MISMATCH"


def test_settings_are_frozen_while_something_works(store: SqlStore) -> None:
    """The plan in progress rests on them."""
    a_small_cluster(store)
    apply(store)
    before = dump(store)

    with pytest.raises(PreconditionFailed) as refused:
        update(store)

    assert refused.value.reason == "CLUSTER_LOCKED"
    assert dump(store) == before


def test_a_repeated_update_changes_nothing(store: SqlStore) -> None:
    """Not even with an etag that is stale by then."""
    etag = cluster_etag(create(store).cluster)
    first = update(store, etag=etag, key=KEY)
    before = dump(store)

    assert update(store, etag=etag, key=KEY) == first
    assert dump(store) == before

"""Releases are imported whole, replaced on request, and deleted when nobody needs them."""

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
from planner.services.clusters import get_cluster
from planner.services.idempotency import RequestKey
from planner.services.ports import Page
from planner.services.releases import delete_release, get_release, import_release, list_releases
from tests.planner.builders import NOW, a_release, a_task
from tests.planner.dump import dump
from tests.planner.work import create, import_

if TYPE_CHECKING:
    from planner.storage.unit_of_work import SqlStore

CHANGED = a_release(settings={"new": 1})


def test_a_release_is_imported(store: SqlStore) -> None:
    """And found by its id, and listed."""
    imported = import_(store, a_release())

    assert get_release(store, "cloud") == imported
    assert list(list_releases(store, Page(9))) == [imported]


def test_a_bad_release_is_refused_with_every_violation(store: SqlStore) -> None:
    """Nothing is written."""
    tasks = [a_task("a", requires=["gone"]), a_task("b", roles=["nobody"])]
    bad = a_release(graphs={"default": {"tasks": tasks}}, nonsense={})
    before = dump(store)

    with pytest.raises(InvalidInput) as refused:
        import_(store, bad)

    assert sorted(violation.reason for violation in refused.value.violations) == [
        "DANGLING_DEPENDENCY",
        "UNKNOWN_ROLE",
        "UNKNOWN_SECTION",
    ]
    assert dump(store) == before


def test_equal_content_again_is_answered_as_stored(store: SqlStore) -> None:
    """Importing is idempotent."""
    first = import_(store, a_release())
    before = dump(store)

    again = import_(store, a_release())

    assert again == first
    assert dump(store) == before


def test_other_content_needs_to_be_told_to_replace(store: SqlStore) -> None:
    """Nothing is overwritten by mistake."""
    import_(store, a_release())
    before = dump(store)

    with pytest.raises(AlreadyExists):
        import_(store, CHANGED)

    assert dump(store) == before


def test_replacing_touches_the_clusters_of_the_release(store: SqlStore) -> None:
    """Their plans may change, so their etags do."""
    import_(store, a_release())
    before = create(store).cluster

    import_(store, CHANGED, replace_existing=True)

    assert get_release(store, "cloud").release.settings == {"new": 1}
    assert get_cluster(store, "demo").cluster.revision == before.revision + 1


def test_a_repeated_request_gets_the_first_answer(store: SqlStore) -> None:
    """Without doing anything."""
    key = RequestKey("r-1", "ImportRelease", "d" * 64)
    first = import_(store, a_release(), key=key)
    before = dump(store)

    assert import_(store, a_release(), key=key) == first
    assert dump(store) == before


def test_a_request_id_is_good_for_one_body(store: SqlStore) -> None:
    """Another body under the same id is refused."""
    import_(store, a_release(), key=RequestKey("r-1", "ImportRelease", "d" * 64))

    with pytest.raises(InvalidInput) as refused:
        import_(store, CHANGED, key=RequestKey("r-1", "ImportRelease", "e" * 64))

    assert refused.value.reason == "REQUEST_ID_REUSED"


def test_an_unused_release_is_deleted(store: SqlStore) -> None:
    """And is gone."""
    import_(store, a_release())

    delete_release(store, "cloud", etag="", key=None, now=NOW)

    with pytest.raises(NotFound):
        get_release(store, "cloud")


def test_a_release_in_use_is_not_deleted(store: SqlStore) -> None:
    """Some cluster is named."""
    import_(store, a_release())
    create(store)

    with pytest.raises(PreconditionFailed, match="'demo'") as refused:
        delete_release(store, "cloud", etag="", key=None, now=NOW)

    assert refused.value.reason == "RELEASE_IN_USE"


def test_deleting_another_version_than_meant_is_refused(store: SqlStore) -> None:
    """The etag names the content."""
    stored = import_(store, a_release())

    with pytest.raises(Conflict, match="has changed"):
        delete_release(store, "cloud", etag="0" * 64, key=None, now=NOW)
    delete_release(store, "cloud", etag=stored.digest, key=None, now=NOW)

    assert list(list_releases(store, Page(9))) == []


def test_deleting_again_under_one_request_id_is_fine(store: SqlStore) -> None:
    """The release may even have been imported anew meanwhile."""
    key = RequestKey("r-1", "DeleteRelease", "d" * 64)
    import_(store, a_release())
    delete_release(store, "cloud", etag="", key=key, now=NOW)
    imported = import_(store, a_release())

    delete_release(store, "cloud", etag="", key=key, now=NOW)

    assert get_release(store, "cloud") == imported


def test_yaml_and_json_of_equal_content_are_equal(store: SqlStore) -> None:
    """The form of a document is no content."""
    import_(store, a_release(roles_metadata={"web": {}}, tags_metadata={}, graphs={}))
    yaml = """
        graphs: {}
        tags_metadata: {}
        roles_metadata: {web: {}}
        release: {name: Cloud, version: cloud-10.0, modes: [ha_compact, multinode]}
    """

    again = import_release(store, "cloud", yaml, replace_existing=False, key=None, now=NOW)

    assert again == get_release(store, "cloud")

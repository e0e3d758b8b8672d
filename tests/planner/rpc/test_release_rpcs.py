"""ImportRelease, GetRelease, ListReleases, DeleteRelease."""

from __future__ import annotations

from typing import TYPE_CHECKING

import grpc
import pytest

from planner.domain.documents import canonical
from planner.v1 import inventory_service_pb2 as pb
from tests.planner.builders import a_release, a_task
from tests.planner.dump import dump
from tests.planner.rpc.door import Door, Refused
from tests.planner.rpc.scene import DOCUMENT, create_cluster, import_release

if TYPE_CHECKING:
    from planner.storage.unit_of_work import SqlStore

OTHER = canonical(a_release(settings={"new": 1}).content)


def test_a_release_is_imported_and_read(door: Door) -> None:
    """Without the tasks of its graphs."""
    imported = import_release(door)

    read = door.call("GetRelease", pb.GetReleaseRequest(release="releases/cloud")).release

    assert imported == read
    assert (read.name, read.title, read.version) == ("releases/cloud", "Cloud", "cloud-10.0")
    assert list(read.roles) == ["compute", "controller", "storage"]
    assert [(graph.type, graph.task_count) for graph in read.graphs] == [("default", 2)]
    assert len(read.etag) == 64


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        ("a: [", "NOT_YAML"),
        ("[" * 60_000, "TOO_DEEP"),
        ("- a", "NOT_AN_OBJECT"),
        ("  \n", "MISSING"),
        ("", "MISSING"),
    ],
)
def test_text_that_is_no_release_is_refused(
    store: SqlStore, door: Door, document: str, reason: str
) -> None:
    """INVALID_ARGUMENT that names the field; nothing is written."""
    before = dump(store)

    with pytest.raises(Refused) as refused:
        import_release(door, document)

    assert refused.value.code is grpc.StatusCode.INVALID_ARGUMENT
    assert refused.value.reason == "INVALID_INPUT"
    assert refused.value.fields == [(reason, "document")]
    assert dump(store) == before


def test_a_bad_graph_is_refused_with_every_violation(store: SqlStore, door: Door) -> None:
    """A cycle, a dangling name, an unknown role, at once."""
    tasks = [
        a_task("a", requires=["b"]),
        a_task("b", requires=["a"]),
        a_task("c", requires=["gone"], roles=["nobody"]),
    ]
    before = dump(store)

    with pytest.raises(Refused) as refused:
        import_release(door, canonical(a_release(graphs={"default": {"tasks": tasks}}).content))

    assert {reason for reason, _ in refused.value.fields} == {
        "DEPENDENCY_CYCLE",
        "DANGLING_DEPENDENCY",
        "UNKNOWN_ROLE",
    }
    assert dump(store) == before


def test_other_content_needs_replace_existing(door: Door) -> None:
    """ALREADY_EXISTS names the release; told to replace, it is replaced."""
    before = import_release(door)

    with pytest.raises(Refused) as refused:
        import_release(door, OTHER)
    after = import_release(door, OTHER, replace_existing=True)

    assert refused.value.code is grpc.StatusCode.ALREADY_EXISTS
    assert refused.value.details["ResourceInfo"].resource_name == "cloud"
    assert after.etag != before.etag


def test_a_request_id_reused_for_another_body_is_refused(door: Door) -> None:
    """With the reason of its own; the same body is answered again."""
    first = import_release(door, request_id="r-1")

    again = import_release(door, request_id="r-1")
    with pytest.raises(Refused) as refused:
        import_release(door, OTHER, request_id="r-1")

    assert again == first
    assert refused.value.code is grpc.StatusCode.INVALID_ARGUMENT
    assert refused.value.reason == "REQUEST_ID_REUSED"


def test_releases_are_listed_in_pages(door: Door) -> None:
    """Newest first; every one once."""
    for name in ("a", "b", "c"):
        door.call("ImportRelease", pb.ImportReleaseRequest(release=name, document=DOCUMENT))

    first = door.call("ListReleases", pb.ListReleasesRequest(page_size=2))
    token = first.next_page_token
    second = door.call("ListReleases", pb.ListReleasesRequest(page_size=2, page_token=token))

    names = [release.name for release in (*first.releases, *second.releases)]
    assert names == ["releases/c", "releases/b", "releases/a"]
    assert second.next_page_token == ""


def test_a_release_is_deleted_unless_it_is_used(door: Door) -> None:
    """FAILED_PRECONDITION names it while a cluster has it."""
    import_release(door)
    door.call("ImportRelease", pb.ImportReleaseRequest(release="free", document=DOCUMENT))
    create_cluster(door)

    door.call("DeleteRelease", pb.DeleteReleaseRequest(release="free"))
    with pytest.raises(Refused) as refused:
        door.call("DeleteRelease", pb.DeleteReleaseRequest(release="cloud"))

    assert refused.value.code is grpc.StatusCode.FAILED_PRECONDITION
    (violation,) = refused.value.details["PreconditionFailure"].violations
    assert (violation.type, violation.subject) == ("RELEASE_IN_USE", "releases/cloud")


@pytest.mark.parametrize(
    ("method", "request_"),
    [
        ("GetRelease", pb.GetReleaseRequest(release="gone")),
        ("DeleteRelease", pb.DeleteReleaseRequest(release="gone")),
        ("CreateCluster", pb.CreateClusterRequest(cluster="c", release="gone")),
    ],
)
def test_an_unknown_release_is_not_found(door: Door, method: str, request_: object) -> None:
    """NOT_FOUND with its kind and name."""
    with pytest.raises(Refused) as refused:
        door.call(method, request_)  # type: ignore[arg-type]

    info = refused.value.details["ResourceInfo"]
    assert refused.value.code is grpc.StatusCode.NOT_FOUND
    assert (refused.value.reason, info.resource_type) == ("RELEASE_NOT_FOUND", "release")
    assert info.resource_name == "gone"

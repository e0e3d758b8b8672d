"""The RPCs of releases: one RPC, one use case."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.rpc.errors import unary
from planner.rpc.names import Fields, one_resource
from planner.rpc.paging import LARGEST_PAGE, PAGE, page_of
from planner.rpc.resources import write_release
from planner.services import releases
from planner.v1 import inventory_service_pb2 as pb

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    import grpc

    from planner.services.ports import Store

    Context = grpc.ServicerContext


class ReleaseRpcs:
    """Imports, reads and deletes releases."""

    _store: Store
    _now: Callable[[], datetime]

    @unary
    def ImportRelease(
        self, request: pb.ImportReleaseRequest, context: Context
    ) -> pb.ImportReleaseResponse:
        fields = Fields()
        release = fields.resource("releases", request.release, "release")
        if not request.document.strip():
            fields.violate("MISSING", "document", "is needed")
        key = fields.request_key(request, "ImportRelease")
        fields.check()
        stored = releases.import_release(
            self._store,
            release,
            request.document,
            replace_existing=request.replace_existing,
            key=key,
            now=self._now(),
        )
        return pb.ImportReleaseResponse(release=write_release(stored))

    @unary
    def GetRelease(self, request: pb.GetReleaseRequest, context: Context) -> pb.GetReleaseResponse:
        release = one_resource("releases", request.release, "release")
        return pb.GetReleaseResponse(
            release=write_release(releases.get_release(self._store, release))
        )

    @unary
    def ListReleases(
        self, request: pb.ListReleasesRequest, context: Context
    ) -> pb.ListReleasesResponse:
        page = page_of(request, default=PAGE, largest=LARGEST_PAGE, key=(int, str))
        rows, more = page.cut(releases.list_releases(self._store, page.fetch))
        last = rows[-1] if more else None
        return pb.ListReleasesResponse(
            releases=[write_release(row) for row in rows],
            next_page_token=page.token(_ms(last.created_at), last.release.id) if last else "",
        )

    @unary
    def DeleteRelease(
        self, request: pb.DeleteReleaseRequest, context: Context
    ) -> pb.DeleteReleaseResponse:
        fields = Fields()
        release = fields.resource("releases", request.release, "release")
        key = fields.request_key(request, "DeleteRelease")
        fields.check()
        releases.delete_release(self._store, release, etag=request.etag, key=key, now=self._now())
        return pb.DeleteReleaseResponse()


def _ms(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)

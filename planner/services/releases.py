"""How are releases imported, read and deleted?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.domain.documents import canonical
from planner.domain.errors import AlreadyExists, Conflict, PreconditionFailed
from planner.domain.release_document import parse_release
from planner.services.idempotency import RequestKey, remember, replayed

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from planner.services.ports import Page, Store, StoredRelease, Work


def import_release(
    store: Store,
    release: str,
    document: str,
    *,
    replace_existing: bool,
    key: RequestKey | None,
    now: datetime,
) -> StoredRelease:
    """Import a release from its document, validated whole. Commits.

    Equal content is answered as stored. Raises InvalidInput with every violation, AlreadyExists
    for other content without ``replace_existing``.
    """
    parsed = parse_release(release, document)
    with store.write() as work:
        if replayed(work, key) is not None:
            return work.releases.get(release)
        known = work.releases.find(release)
        same = known is not None and canonical(known.release.content) == canonical(parsed.content)
        if known is not None and not same and not replace_existing:
            raise AlreadyExists(
                "release", release, f"release {release!r} exists with other content"
            )
        stored = known if known is not None and same else work.releases.put(parsed, now)
        if not same:
            _touch_clusters(work, release)
        remember(work, key, release, now)
        return stored


def get_release(store: Store, release: str) -> StoredRelease:
    """Return a release; raises NotFound."""
    with store.read() as work:
        return work.releases.get(release)


def list_releases(store: Store, page: Page) -> Sequence[StoredRelease]:
    """List releases newest first."""
    with store.read() as work:
        return work.releases.page(page)


def delete_release(
    store: Store, release: str, *, etag: str, key: RequestKey | None, now: datetime
) -> None:
    """Delete a release that no cluster has. Commits."""
    with store.write() as work:
        if replayed(work, key) is not None:
            return
        stored = work.releases.get(release)
        if etag and etag != stored.digest:
            raise Conflict(
                "ETAG_MISMATCH", f"release {release!r} has changed", {"release": release}
            )
        users = work.clusters.of_release(release)
        if users:
            raise PreconditionFailed(
                "RELEASE_IN_USE",
                f"releases/{release}",
                f"release {release!r} is used by {len(users)} clusters, {users[0]!r} first",
            )
        work.releases.delete(release)
        remember(work, key, release, now)


def _touch_clusters(work: Work, release: str) -> None:
    """Raise the revision of every cluster whose plan the new content may change."""
    for cluster in work.clusters.of_release(release):
        work.clusters.save(work.clusters.lock(cluster))

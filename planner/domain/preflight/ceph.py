"""Are there as many object stores as there are to be copies (dossier 5.3, row 4)?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from planner.domain.errors import Violation
from planner.domain.free_content import integer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from planner.domain.preflight.subject import Subject

STORE: Final = "ceph-osd"
COPIES: Final = "storage.osd_pool_size"


def check(subject: Subject) -> Iterator[Violation]:
    """Check the number of stores where anything is kept in them."""
    storage = subject.settings.group("storage")
    if not any("_ceph" in name and subject.settings.is_on(f"storage.{name}") for name in storage):
        return
    stores = sum(STORE in node.all_roles for node in subject.nodes)
    copies = integer(subject.settings.get(COPIES))
    if stores < copies:
        text = f"{stores} nodes have the role {STORE}, fewer than the {copies} copies to keep"
        yield Violation("NOT_ENOUGH_OSD_NODES", f"settings/{COPIES}", text)

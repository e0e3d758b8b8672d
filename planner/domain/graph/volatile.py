"""How are facts that change by themselves kept from counting as changes?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

ANY_KEY = "*"
"""In a path, every key of a mapping."""


def with_facts_of(
    new: Mapping[str, Any], old: Mapping[str, Any], paths: Iterable[str]
) -> Mapping[str, Any]:
    """Return ``old`` with the facts at these dotted paths as they are in ``new`` (decision 8).

    Then no comparison sees a difference there. A path that ``new`` lacks is removed; one whose
    parent ``old`` lacks is left out. Nothing is changed in place; what is equal is shared.
    """
    for path in sorted(paths):
        old = _replaced(new, old, path.split("."))
    return old


def _replaced(new: Mapping[str, Any], old: Mapping[str, Any], path: list[str]) -> Mapping[str, Any]:
    head, *rest = path
    changed = dict(old)
    for key in list(old) if head == ANY_KEY else [head]:
        if rest:
            inner, theirs = old.get(key), new.get(key)
            if isinstance(inner, Mapping) and isinstance(theirs, Mapping):
                changed[key] = _replaced(theirs, inner, rest)
        elif key in new:
            changed[key] = new[key]
        else:
            changed.pop(key, None)
    return old if changed == old else changed

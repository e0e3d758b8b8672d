"""How does a task look after the trip through storage: what is renamed, filled in, lost?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

DEFAULT_VERSION: Final = "1.0.0"

RENAMED: Final = {
    "role": "roles",
    "cross-depends": "cross_depends",
    "cross-depended-by": "cross_depended_by",
}
"""Spellings of the author's form and what they are stored as (dossier 6.1)."""

KNOWN_FIELDS: Final = frozenset(
    {
        "version",
        "condition",
        "type",
        "groups",
        "tasks",
        "roles",
        "reexecute_on",
        "refresh_on",
        "required_for",
        "requires",
        "cross_depended_by",
        "cross_depends",
        "parameters",
    }
)
"""Fields with a column of their own, which lose empty and false values."""

SPECIAL_ROLES: Final = ("*", "master", "self")


def stored_form(task: Mapping[str, Any], *, is_faithful: bool = False) -> dict[str, Any]:
    """Turn a task as its author wrote it into what storage gives back (golden README).

    Idempotent. Unknown fields come back unchanged even if empty; of the known ones only what
    is true survives. As recorded that loses a literal ``condition: false``, and the task runs
    (dossier P31); ``is_faithful`` keeps it, and the task is skipped (decision 2).
    """
    renamed = {RENAMED.get(key, key): value for key, value in task.items()}
    for key in ("roles", "groups"):
        if isinstance(renamed.get(key), str):
            renamed[key] = [renamed[key]]
    renamed["version"] = renamed.get("version") or DEFAULT_VERSION
    kept = {k: v for k, v in renamed.items() if v or k not in KNOWN_FIELDS}
    if is_faithful and renamed.get("condition") is False:
        kept["condition"] = False
    roles = kept.get("roles")
    if isinstance(roles, list) and len(roles) == 1 and roles[0] in SPECIAL_ROLES:
        kept["roles"] = roles[0]
    kept.setdefault("task_name", kept.get("id"))
    return kept

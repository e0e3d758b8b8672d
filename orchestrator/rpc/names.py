"""How do resource names and ids of requests become plain ids?"""

from __future__ import annotations

import re
from typing import Final

from orchestrator.domain.errors import Violation
from orchestrator.rpc.errors import RequestInvalidError

ID: Final = re.compile(r"[A-Za-z0-9._:-]{1,128}")
SCENARIO_ID: Final = re.compile(r"[A-Za-z0-9._-]{1,128}")


def task_uuid_of(name: str, field: str = "execution") -> str:
    """Return the task uuid of ``executions/{task_uuid}`` or of the bare id."""
    return _id_of(name, "executions/", ID, field)


def scenario_id_of(name: str, field: str = "scenario") -> str:
    """Return the id of ``scenarios/{scenario}`` or of the bare id."""
    return _id_of(name, "scenarios/", SCENARIO_ID, field)


def id_violation(value: str, field: str) -> Violation | None:
    """Return what is wrong with an id chosen by a client; None when nothing is."""
    if ID.fullmatch(value):
        return None
    text = f"{value[:200]!r} is not 1 to 128 characters out of A-Z a-z 0-9 . _ : -"
    return Violation("INVALID_ID", field, text)


def _id_of(name: str, prefix: str, pattern: re.Pattern[str], field: str) -> str:
    bare = name.removeprefix(prefix)
    if not pattern.fullmatch(bare):
        text = f"{name[:200]!r} is no name like {prefix}{{id}}"
        raise RequestInvalidError([Violation("INVALID_ID", field, text)])
    return bare

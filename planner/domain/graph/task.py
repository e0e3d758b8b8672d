"""What is a task of a graph, once its document was read?"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING, Any, Final

from planner.domain.graph.errors import TaskInvalid

if TYPE_CHECKING:
    from collections.abc import Mapping

MIN_VERSION: Final = (2, 0, 0)
"""First version that may depend on other nodes (dossier 0.4)."""


class TaskType(Enum):
    """Types that mean something to the planner; the others are payload (dossier 1.3)."""

    GROUP = "group"
    STAGE = "stage"
    SKIPPED = "skipped"


_VERSION: Final = re.compile(r"(\d{1,9})(?:\.(\d{1,9}))?(?:\.(\d{1,9}))?", re.ASCII)

INTERNAL_TYPES: Final = frozenset(t.value for t in TaskType)
"""Types that never run and so need no version and obey no selection."""


@dataclass(frozen=True, slots=True)
class Task:
    """A task in stored form; ``document`` is the whole of it, the rest are its fixed parts."""

    id: str
    type: str
    version: tuple[int, ...]
    document: Mapping[str, Any]

    @property
    def is_internal(self) -> bool:
        """Tell whether it is a group, a stage or a placeholder."""
        return self.type in INTERNAL_TYPES

    @property
    def is_group(self) -> bool:
        """Tell whether it only names roles and members."""
        return self.type == TaskType.GROUP.value

    @property
    def is_stage(self) -> bool:
        """Tell whether it is a sync point, which lives on no machine (dossier 6.5)."""
        return self.type == TaskType.STAGE.value

    @property
    def members(self) -> tuple[str, ...]:
        """Name the tasks that a group runs on its nodes besides their own (dossier 6.6)."""
        return tuple(self.document.get("tasks") or ())

    def target(self, *fields: str) -> Any:
        """Return the first of these fields that is there, even if it is empty, else None."""
        return next((self.document[f] for f in fields if f in self.document), None)

    def changed(self, **fields: Any) -> Task:
        """Return a copy with other values in its document; ``type`` and ``version`` follow."""
        return read_task({**self.document, **fields})

    def retyped(self, kind: TaskType) -> Task:
        """Return a copy of another type, its document otherwise as it was."""
        document = {**self.document, "type": kind.value}
        return replace(self, type=kind.value, document=document)


def read_task(document: Mapping[str, Any]) -> Task:
    """Read a task in stored form.

    Raises TaskInvalid where an id or a type is missing, or a field that the planner itself
    looks at has another shape than dossier 6.1 gives it.
    """
    task_id = document.get("id")
    if not isinstance(task_id, str) or not task_id:
        raise TaskInvalid(f"a task needs an id, this one has {task_id!r}", field="id")
    kind = document.get("type")
    if not isinstance(kind, str) or not kind:
        raise TaskInvalid(f"task {task_id!r} needs a type", task=task_id, field="type")
    members = document.get("tasks") or ()
    if not isinstance(members, list | tuple) or not all(isinstance(m, str) for m in members):
        raise TaskInvalid(f"members of {task_id!r} are no list of names", task=task_id)
    return Task(task_id, kind, read_version(document.get("version"), task_id), document)


def read_version(text: Any, task_id: str) -> tuple[int, ...]:
    """Read ``N.N.N``; missing is older than everything. Raises TaskInvalid for other text."""
    if not text:
        return ()
    found = _VERSION.fullmatch(str(text))
    if found is None:
        message = f"task {task_id!r} has no usable version: {text!r}"
        raise TaskInvalid(message, task=task_id, field="version")
    return tuple(int(part or 0) for part in found.groups())

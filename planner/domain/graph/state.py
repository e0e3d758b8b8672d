"""What is known of a cluster's nodes: the state to reach, and the state each task last reached?"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

NOTHING: Final = -1
"""Index of a document that is not there."""


@dataclass(frozen=True, slots=True)
class ExpectedState:
    """The state to reach: data all nodes share, and data by uid, the master's among them (8.1).

    A node's data overlay the common ones. Both are JSON objects and are never changed.
    """

    common: Mapping[str, Any] = field(default_factory=dict)
    nodes: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class OldState:
    """The state with which each task last succeeded on each node (dossier 8.3).

    ``documents`` holds every distinct document once. For a task, ``common[task]`` and
    ``node[task]`` give for each of ``uids`` the document of the shared and of the node's own
    data, or NOTHING. Tasks may share arrays. What is not listed never succeeded: a first run.
    """

    documents: Sequence[Mapping[str, Any]] = ()
    uids: tuple[str, ...] = ()
    common: Mapping[str, NDArray[np.int32]] = field(default_factory=dict)
    node: Mapping[str, NDArray[np.int32]] = field(default_factory=dict)


NEVER_RAN: Final = OldState()
"""The old state of a first or a forced run."""


class OldStateBuilder:
    """Collects old states into documents kept once per content.

    Equal documents are recognised by identity first, then by the key the caller gives.
    """

    def __init__(self, uids: Iterable[str]) -> None:
        self._uids = tuple(uids)
        self._position = {uid: i for i, uid in enumerate(self._uids)}
        self._documents: list[Mapping[str, Any]] = []
        self._known: dict[Any, int] = {}
        self._common: dict[str, NDArray[np.int32]] = {}
        self._node: dict[str, NDArray[np.int32]] = {}

    def document(self, data: Mapping[str, Any], key: Any = None) -> int:
        """Return the index of a document, adding it if its key (or identity) is new."""
        found = self._known.get(id(data) if key is None else key)
        if found is None:
            found = len(self._documents)
            self._documents.append(data)
            self._known[id(data) if key is None else key] = found
        return found

    def succeeded(self, task: str, uid: str, common: int, node: int) -> None:
        """Note the documents with which a task last succeeded on a node."""
        if task not in self._common:
            self._common[task] = np.full(len(self._uids), NOTHING, dtype=np.int32)
            self._node[task] = np.full(len(self._uids), NOTHING, dtype=np.int32)
        position = self._position.get(uid)
        if position is not None:
            self._common[task][position] = common
            self._node[task][position] = node

    def build(self) -> OldState:
        """Return what was noted."""
        return OldState(tuple(self._documents), self._uids, self._common, self._node)

"""How many nodes of a group may fail before the run is stopped?"""

from __future__ import annotations

from typing import Any


def tolerated_failures(given: Any, nodes: int) -> int:
    """Return how many of ``nodes`` may fail (dossier 8.7, 13.4).

    A number, or a percentage rounded down; a negative one says how many must succeed. What is
    missing or cannot be read means that no number of failures is too many: one more than all.
    """
    if given is None or isinstance(given, list | dict):
        return nodes + 1
    try:
        if isinstance(given, str) and given.endswith("%"):
            tolerated = int(given[:-1]) * nodes // 100
        else:
            tolerated = int(given)
    except (ValueError, OverflowError):
        return nodes + 1
    return tolerated if tolerated >= 0 else max(0, nodes + tolerated)

"""How is chance drawn so that it depends on nothing but its key (decision 25)?

A draw is a hash of (seed, node, task, attempt, purpose): neither the order of events nor the rest
of the fleet can change it. Whole columns are drawn at once.
"""

from __future__ import annotations

from enum import IntEnum
from hashlib import blake2b
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_GOLDEN: Final = np.uint64(0x9E3779B97F4A7C15)
_MIX_1: Final = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2: Final = np.uint64(0x94D049BB133111EB)


class Purpose(IntEnum):
    """What a draw is for; draws for different purposes are independent."""

    DURATION = 1
    FAILURE = 2


class Draws:
    """Draws for one execution: node and task names hashed once, mixed per draw."""

    def __init__(self, seed: int, uids: Sequence[str], task_ids: Sequence[str]) -> None:
        self._seed = _hashes([f"seed {seed}"])[0]
        self._of_node = _hashes(uids)
        self._of_task = _hashes(task_ids)

    def keys(
        self,
        node: NDArray[np.int64],
        task: NDArray[np.int64],
        attempt: int,
        purpose: Purpose,
    ) -> NDArray[np.uint64]:
        """Return one key a (node, task) pair."""
        salt = np.uint64(attempt * 16 + purpose)
        mixed = _mix(self._of_node[node] ^ self._seed)
        return _mix(_mix(mixed ^ self._of_task[task]) ^ salt)


def uniform(keys: NDArray[np.uint64]) -> NDArray[np.float64]:
    """Return one number in [0, 1) a key."""
    return (keys >> np.uint64(11)).astype(np.float64) * 2.0**-53


def standard_normal(keys: NDArray[np.uint64]) -> NDArray[np.float64]:
    """Return one number of the standard normal distribution a key."""
    radius = np.sqrt(-2.0 * np.log1p(-uniform(keys)))
    return radius * np.cos(2.0 * np.pi * uniform(_mix(keys)))


def _hashes(names: Sequence[str]) -> NDArray[np.uint64]:
    digests = b"".join(blake2b(name.encode(), digest_size=8).digest() for name in names)
    return np.frombuffer(digests, dtype="<u8").astype(np.uint64)


def _mix(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Scramble 64-bit values (the finalizer of splitmix64); wraps around on purpose."""
    with np.errstate(over="ignore"):
        mixed = values + _GOLDEN
        mixed = (mixed ^ (mixed >> np.uint64(30))) * _MIX_1
        mixed = (mixed ^ (mixed >> np.uint64(27))) * _MIX_2
        scrambled: NDArray[np.uint64] = mixed ^ (mixed >> np.uint64(31))
        return scrambled

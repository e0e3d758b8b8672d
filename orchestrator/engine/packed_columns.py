"""How do whole columns of integers become the bytes that protobuf makes of them?

What a message costs number by number, a column costs at once here. The bytes are those of the
generated classes, field by field: packed varints, defaults left out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_LENGTH_DELIMITED: Final = 2
_BITS: Final = 7
_MORE: Final = 1 << _BITS
"""Set in every byte of a varint but the last."""


def number_field(field: int, value: int) -> bytes:
    """Return a field with one number that is not negative."""
    return _varint(field << 3) + _varint(value) if value else b""


def text_field(field: int, text: str) -> bytes:
    """Return one entry of a repeated text field."""
    return _delimited(field, text.encode())


def column_field(field: int, column: NDArray[np.integer]) -> bytes:
    """Return a repeated field of numbers, packed; none may be negative."""
    if not len(column):
        return b""
    is_short = int(column.max()) < _MORE
    return _delimited(field, (column.astype(np.uint8) if is_short else _varints(column)).tobytes())


def _delimited(field: int, payload: bytes) -> bytes:
    return _varint(field << 3 | _LENGTH_DELIMITED) + _varint(len(payload)) + payload


def _varint(value: int) -> bytes:
    pieces = bytearray()
    while value >= _MORE:
        pieces.append(value & (_MORE - 1) | _MORE)
        value >>= _BITS
    pieces.append(value)
    return bytes(pieces)


def _varints(column: NDArray[np.integer]) -> NDArray[np.uint8]:
    """Return the varints of a column; written a byte of all of them at a time."""
    left = column.astype(np.uint64)
    length = np.ones(len(left), dtype=np.int64)
    rest = left >> np.uint64(_BITS)
    while rest.any():
        length += rest > 0
        rest >>= np.uint64(_BITS)
    begin = np.cumsum(length) - length
    payload = np.empty(int(length.sum()), dtype=np.uint8)
    while len(left):
        has_more = left >= _MORE
        payload[begin] = (left & np.uint64(_MORE - 1)).astype(np.uint8) | has_more * np.uint8(_MORE)
        left, begin = left[has_more] >> np.uint64(_BITS), begin[has_more] + 1
    return payload

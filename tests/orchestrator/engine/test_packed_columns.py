"""Columns written at once are the bytes that the generated classes write."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.engine.packed_columns import column_field, number_field, text_field
from orchestrator.v1 import execution_pb2 as pb

FIELDS = pb.ExecutionEventColumns.DESCRIPTOR.fields_by_name


@given(
    first=st.integers(0, 2**63 - 1),
    deltas=st.lists(st.integers(0, 2**63 - 1) | st.integers(0, 300)),
    uids=st.lists(st.integers(0, 2**32 - 1) | st.integers(0, 127)),
    texts=st.lists(st.text(st.characters(codec="utf-8"))),
)
def test_columns_are_written_as_protobuf_writes_them(
    first: int, deltas: list[int], uids: list[int], texts: list[str]
) -> None:
    """Byte for byte, whatever the numbers: journals of both kinds of writer are one."""
    message = pb.ExecutionEventColumns(
        first_sequence=first, elapsed_ms_delta=deltas, uid=uids, texts=texts
    )
    written = (
        number_field(FIELDS["first_sequence"].number, first)
        + column_field(FIELDS["elapsed_ms_delta"].number, np.array(deltas, dtype=np.int64))
        + column_field(FIELDS["uid"].number, np.array(uids, dtype=np.int64))
        + b"".join(text_field(FIELDS["texts"].number, text) for text in texts)
    )
    assert message.SerializeToString(deterministic=True) == written

"""How does an execution look on the wire?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from google.protobuf.timestamp_pb2 import Timestamp

from orchestrator.v1 import execution_pb2 as pb

if TYPE_CHECKING:
    from orchestrator.engine.records import ExecutionRecord


def execution_message(record: ExecutionRecord) -> pb.Execution:
    """Return the resource of a record."""
    return pb.Execution(
        name=f"executions/{record.task_uuid}",
        batch_id=record.batch_id,
        position=record.position,
        method=record.method,
        state=int(record.state),  # type: ignore[arg-type] # the numbers are the same
        progress_percent=record.progress,
        error=record.error,
        last_sequence=record.last_sequence,
        trimmed_sequence=record.trimmed_sequence,
        elapsed_ms=record.elapsed_ms,
        labels=record.labels,
        scenario=f"scenarios/{record.scenario}" if record.scenario else "",
        create_time=timestamp(record.created),
        end_time=None if record.ended is None else timestamp(record.ended),
    )


def timestamp(seconds: float) -> Timestamp:
    """Return a time in seconds since the epoch as a Timestamp, to the microsecond."""
    whole, micros = divmod(round(seconds * 1_000_000), 1_000_000)
    return Timestamp(seconds=whole, nanos=micros * 1000)

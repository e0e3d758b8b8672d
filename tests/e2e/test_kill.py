"""Either process dies in the middle and starts again: the same transaction ends well."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from planner.v1 import transaction_pb2
from planner.v1 import transaction_service_pb2 as transaction_pb
from tests.processes import running_pair
from tests.scenes import apply, load_sample, task_runs, wait, watch

if TYPE_CHECKING:
    from pathlib import Path

    from tests.processes import Pair

# Real time, a thousand times as fast: slow enough to be caught in the middle.
PACED = "clock: {mode: real, speed: 1000}\n"


def _events_seen(pair: Pair, transaction: str, count: int) -> int:
    """Watch until at least ``count`` events were seen; return the last sequence."""
    request = transaction_pb.WatchTransactionRequest(transaction=transaction, after_sequence=0)
    stream = pair.transactions.WatchTransaction(request)
    last = 0
    for response in stream:
        assert not response.HasField("finished"), "too late to disturb it"
        if response.events.events:
            last = response.events.events[-1].sequence
        if last >= count:
            stream.cancel()
            return last
    raise AssertionError("the stream ended")


@pytest.mark.parametrize("victim", ["planner", "orchestrator"])
def test_a_killed_service_carries_on(tmp_path: Path, victim: str) -> None:
    """SIGKILL in the middle, a restart, and the record is as if nothing had happened."""
    scenario = tmp_path / "paced.yaml"
    scenario.write_text(PACED)
    flags = ("--scenario", str(scenario))
    with running_pair(tmp_path, orchestrator_flags=flags) as pair:
        load_sample(pair)
        transaction = apply(pair)
        for seen in (40, 90):
            _events_seen(pair, transaction, seen)
            service = getattr(pair, victim)
            service.kill()
            service.start()

        finished = wait(pair, transaction)
        events, _ = watch(pair, transaction, after=0)
        runs = task_runs(pair, transaction)

    assert finished.state == transaction_pb2.TRANSACTION_STATE_SUCCEEDED, finished.failure
    assert [event.sequence for event in events] == list(range(1, len(events) + 1))
    told = [
        (event.task.uid, event.task.task, event.task.state)
        for event in events
        if event.HasField("task")
    ]
    assert len(told) == len(set(told)), "an event was recorded twice"
    assert len(runs) == 119
    assert {run.state for run in runs} == {
        transaction_pb2.TASK_STATE_READY,
        transaction_pb2.TASK_STATE_SKIPPED,
    }

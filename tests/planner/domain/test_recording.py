"""Reports become the record: states, events, progress."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from planner.domain.errors import IllegalTransition
from planner.domain.events import NodeChanged, StepChanged, TaskChanged, TransactionChanged
from planner.domain.recording import Recording, RunState, overall_progress
from planner.domain.reports import ExecutionState, Report
from planner.domain.states import NodeErrorType, NodeStatus, StepState, TaskState
from planner.domain.transaction import StepKind
from tests.planner.builders import a_node, a_step, a_transaction

if TYPE_CHECKING:
    from planner.domain.transaction import Step


def a_recording(**fields: Any) -> Recording:
    """Record a step with the tasks a and b on node 1."""
    known: dict[str, Any] = {
        "transaction": a_transaction(),
        "steps": [a_step()],
        "position": 0,
        "nodes": {"1": a_node("1", status=NodeStatus.PROVISIONED)},
        "runs": {("1", "a"): RunState(0), ("1", "b"): RunState(1)},
    }
    return Recording(**{**known, **fields})


def test_a_task_run_is_recorded_from_start_to_end() -> None:
    """Start and end land in one update, each state in an event of its own."""
    recording = a_recording()

    changes = recording.fold(
        [
            Report(0, "1", "a", TaskState.RUNNING),
            Report(1500, "1", "a", TaskState.READY),
        ],
        2,
    )

    assert [tuple(update) for update in changes.runs] == [(0, TaskState.READY, 0, 1500, "")]
    assert list(changes.events) == [
        TaskChanged(0, "1", "a", TaskState.RUNNING, 0),
        TaskChanged(0, "1", "a", TaskState.READY, 1500),
    ]
    assert changes.step.cursor == 2
    assert changes.step.elapsed_ms == 1500


@pytest.mark.parametrize(
    ("first", "then"),
    [
        (TaskState.READY, TaskState.RUNNING),
        (TaskState.READY, TaskState.READY),
        (TaskState.ERROR, TaskState.READY),
        (TaskState.SKIPPED, TaskState.RUNNING),
    ],
)
def test_a_late_or_doubled_report_changes_nothing(first: TaskState, then: TaskState) -> None:
    """A run that has ended stays as it ended (dossier 10.17)."""
    recording = a_recording(runs={("1", "a"): RunState(0, first, 0)})

    changes = recording.fold([Report(9, "1", "a", then)], 1)

    assert changes.events == []
    assert changes.runs == []
    assert changes.ignored == [f"1/a: {first} to {then}"]


def test_a_report_of_an_unknown_run_is_named_and_ignored() -> None:
    """Nothing is invented for a task that the plan does not have."""
    changes = a_recording().fold([Report(0, "7", "zz", TaskState.RUNNING)], 1)

    assert changes.ignored == ["unknown task run 7/zz"]


def test_a_soft_failure_ends_skipped_with_its_error() -> None:
    """History allows running → skipped (decision 19)."""
    recording = a_recording()

    changes = recording.fold(
        [
            Report(0, "1", "a", TaskState.RUNNING),
            Report(5, "1", "a", TaskState.SKIPPED, error="exit code 1"),
        ],
        2,
    )

    assert changes.runs[0].state is TaskState.SKIPPED
    assert changes.runs[0].error == "exit code 1"


def test_ready_turns_pending_roles_into_roles() -> None:
    """A node that is ready has the roles it was given (dossier 9.7)."""
    node = a_node("1", status=NodeStatus.PROVISIONED, pending_roles=("compute",))
    recording = a_recording(nodes={"1": node})

    changes = recording.fold([Report(0, "1", node_attributes={"status": "ready"})], 1)

    (changed,) = changes.nodes
    assert changed.status is NodeStatus.READY
    assert changed.roles == ("compute",)
    assert changed.pending_roles == ()
    assert changed.progress == 100


def test_a_failed_node_has_an_error_type_and_a_text() -> None:
    """A node error without a type is one of deployment (dossier 9.7)."""
    report = Report(0, "1", node_attributes={"status": "error"}, error="Task a failed")

    changes = a_recording().fold([report], 1)

    (changed,) = changes.nodes
    assert changed.error_type is NodeErrorType.DEPLOY
    assert changed.error_message == "Task a failed"
    assert changes.events == [
        NodeChanged("1", NodeStatus.ERROR, 100, NodeErrorType.DEPLOY, "Task a failed")
    ]


def test_deleted_takes_a_node_out_of_its_cluster() -> None:
    """The wire-only status deleted unassigns (dossier 9.7)."""
    changes = a_recording().fold([Report(0, "1", node_attributes={"status": "deleted"})], 1)

    assert changes.nodes[0].cluster is None


def test_an_empty_object_changes_no_node() -> None:
    """A graph that leaves nodes alone says so with an empty object (dossier 9.4)."""
    changes = a_recording().fold([Report(0, "1", node_attributes={})], 1)

    assert changes.nodes == []


def test_a_run_that_is_not_real_touches_no_node() -> None:
    """NOOP and DRY_RUN are recorded without nodes."""
    changes = a_recording(nodes={}).fold([Report(0, "1", node_attributes={"status": "ready"})], 1)

    assert changes.nodes == []


def test_node_progress_makes_one_event_a_window() -> None:
    """Progress figures are folded, states are not."""
    reports = [Report(i, "1", node_progress=i * 10) for i in range(1, 6)]

    changes = a_recording().fold(reports, 5)

    assert changes.events == [NodeChanged("1", NodeStatus.PROVISIONED, 50)]


def test_progress_of_a_transaction_never_falls() -> None:
    """A smaller figure that comes later is no news (dossier 10.4, mended)."""
    recording = a_recording()

    recording.fold([Report(0, execution_progress=60)], 1)
    changes = recording.fold([Report(1, execution_progress=40)], 2)

    assert changes.transaction.progress == 60
    assert changes.events == []


def test_the_end_of_an_execution_ends_its_step() -> None:
    """A step that succeeded is complete, whatever figure came last."""
    changes = a_recording().fold(
        [
            Report(0, execution_state=ExecutionState.RUNNING),
            Report(9, execution_state=ExecutionState.READY),
        ],
        2,
    )

    assert changes.step.state is StepState.SUCCEEDED
    assert changes.transaction.progress == 100
    assert list(changes.events) == [
        StepChanged(0, StepKind.DEPLOYMENT, StepState.RUNNING, 0),
        StepChanged(0, StepKind.DEPLOYMENT, StepState.SUCCEEDED, 100),
        TransactionChanged(None, 100),
    ]


def test_a_failed_execution_says_why() -> None:
    """The orchestrator's text becomes the step's failure."""
    report = Report(9, execution_state=ExecutionState.ERROR, error="node 1 failed")

    changes = a_recording().fold([report], 1)

    assert changes.step.failure is not None
    assert changes.step.failure.reason == "EXECUTION_FAILED"
    assert changes.step.failure.message == "node 1 failed"


def test_a_step_cannot_end_twice() -> None:
    """An unlisted change of state is a bug, told with its story (law 6)."""
    recording = a_recording()
    recording.fold([Report(0, execution_state=ExecutionState.READY)], 1)

    with pytest.raises(IllegalTransition, match="from succeeded to failed"):
        recording.fold([Report(1, execution_state=ExecutionState.ERROR)], 2)


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ([], 0),
        ([a_step(progress=50)], 50),
        ([a_step(weight=0.4, progress=100), a_step(weight=0.4, progress=50), a_step()], 33),
    ],
)
def test_overall_progress_weighs_steps(steps: list[Step], expected: int) -> None:
    """The recorded example: 0.4 x 100, 0.4 x 50 and 1.0 x 0 make 33 (dossier 13.8)."""
    assert overall_progress(steps) == expected


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (StepKind.PROVISION, NodeErrorType.PROVISION),
        (StepKind.DELETION, NodeErrorType.DELETION),
        (StepKind.DEPLOYMENT, NodeErrorType.DEPLOY),
    ],
)
def test_the_step_tells_what_failed_where_a_report_does_not(
    kind: StepKind, expected: NodeErrorType
) -> None:
    """A failed node is taken up again by what failed on it (dossier 10.7)."""
    recording = a_recording(steps=[a_step(kind=kind)])

    recording.fold([Report(0, "1", node_attributes={"status": "error"})], 1)

    assert recording.nodes["1"].error_type is expected


@pytest.mark.parametrize(("percent", "expected"), [(30, 9), (70, 20), (100, 29)])
def test_progress_of_a_transaction_is_rounded_to_the_nearest_percent(
    percent: int, expected: int
) -> None:
    """Weights 0.4 and 1.0, as recorded."""
    steps = [a_step(weight=0.4, progress=percent), a_step(position=1)]

    assert overall_progress(steps) == expected


def test_half_a_percent_is_not_done_yet() -> None:
    """Halves go down: two graphs, the first at 15 percent."""
    assert overall_progress([a_step(progress=15), a_step(position=1)]) == 7

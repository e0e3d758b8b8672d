"""Laws of recording: whatever is reported, in whatever windows it arrives."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from planner.domain.events import Event, NodeChanged, StepChanged, TaskChanged, TransactionChanged
from planner.domain.recording import Recording, RunState
from planner.domain.reports import ExecutionState, Report
from planner.domain.states import STEP_TRANSITIONS, TASK_TRANSITIONS, StepState, TaskState
from tests.planner.builders import a_node, a_step, a_transaction

if TYPE_CHECKING:
    from collections.abc import Sequence

    from planner.domain.node import Node
    from planner.domain.recording import RunUpdate
    from planner.domain.transaction import Step

UIDS, TASKS = ["1", "2", "9"], ["a", "b", "gone"]
NODE_STATES = ["deploying", "provisioned", "ready", "error", "stopped", "deleted"]

TRANSACTION = a_transaction()
STEPS = (a_step(uids=("1", "2")), a_step(position=1, weight=0.4))

task_reports = st.builds(
    lambda uid, task, state: Report(0, uid, task, state),
    st.sampled_from(UIDS),
    st.sampled_from(TASKS),
    st.sampled_from(TaskState),
)
node_reports = st.builds(
    lambda uid, progress, status: Report(
        0, uid, node_progress=progress, node_attributes=status and {"status": status}
    ),
    st.sampled_from(UIDS),
    st.none() | st.integers(-10, 120),
    st.none() | st.sampled_from(NODE_STATES),
)
progress_reports = st.builds(
    lambda progress: Report(0, execution_progress=progress), st.integers(0, 120)
)
running = st.just(Report(0, execution_state=ExecutionState.RUNNING))
ends = st.sampled_from([s for s in ExecutionState if s.value not in {"running", "stopping"}])

streams = st.builds(
    lambda reports, end, times: [
        report._replace(elapsed_ms=time)
        for report, time in zip(
            [*reports, *([Report(0, execution_state=end)] if end else [])],
            sorted(times),
            strict=False,
        )
    ],
    st.lists(task_reports | node_reports | progress_reports | running, max_size=25),
    st.none() | ends.filter(lambda end: end is not ExecutionState.ABORTED),
    st.lists(st.integers(0, 10_000), min_size=26, max_size=26),
)


class Record(NamedTuple):
    """Everything that was stored of a step."""

    events: list[Event]
    runs: dict[int, RunUpdate]
    nodes: dict[str, Node]
    steps: Sequence[Step]
    progress: int


def record(reports: Sequence[Report], cuts: Sequence[int] = ()) -> Record:
    """Record reports in windows that begin at the cuts."""
    recording = Recording(
        TRANSACTION,
        STEPS,
        0,
        {uid: a_node(uid) for uid in ("1", "2")},
        {
            (uid, task): RunState(instance)
            for instance, (uid, task) in enumerate((u, t) for u in ("1", "2") for t in "ab")
        },
    )
    made = Record([], {}, {}, STEPS, 0)
    bounds = [0, *sorted(set(cuts)), len(reports)]
    for start, stop in pairwise(bounds):
        changes = recording.fold(reports[start:stop], stop)
        made.events.extend(changes.events)
        made.runs.update((update.instance, update) for update in changes.runs)
        made.nodes.update((node.uid, node) for node in changes.nodes)
    return made._replace(steps=recording.steps, progress=recording.transaction.progress)


def states_of(events: Sequence[Event]) -> list[Event]:
    """Leave out what only tells a figure: that may be folded."""
    return [
        event
        for event in events
        if isinstance(event, TaskChanged)
        or (isinstance(event, StepChanged) and event.state is not None)
    ]


@given(streams, st.lists(st.integers(0, 26), max_size=5))
def test_cutting_the_stream_anywhere_gives_the_same_record(
    reports: list[Report], cuts: list[int]
) -> None:
    """One window or many: runs, nodes, steps and progress end equal."""
    cuts = [cut for cut in cuts if cut <= len(reports)]

    whole, pieces = record(reports), record(reports, cuts)

    assert (whole.runs, whole.nodes, whole.steps, whole.progress) == (
        pieces.runs,
        pieces.nodes,
        pieces.steps,
        pieces.progress,
    )


@given(streams, st.lists(st.integers(0, 26), max_size=5))
def test_cutting_the_stream_loses_no_change_of_state(
    reports: list[Report], cuts: list[int]
) -> None:
    """Only delivery of figures is folded; states have their events, in order."""
    cuts = [cut for cut in cuts if cut <= len(reports)]

    whole, pieces = record(reports), record(reports, cuts)

    assert states_of(whole.events) == states_of(pieces.events)


@given(streams, st.lists(st.integers(0, 26), max_size=5))
def test_progress_never_falls(reports: list[Report], cuts: list[int]) -> None:
    """Neither the transaction's nor a step's."""
    cuts = [cut for cut in cuts if cut <= len(reports)]

    events = record(reports, cuts).events

    for kind in (StepChanged, TransactionChanged):
        figures = [event.progress for event in events if isinstance(event, kind)]
        assert figures == sorted(figures)


@given(streams)
def test_task_runs_walk_their_table(reports: list[Report]) -> None:
    """From pending, one listed step after the other (law 6)."""
    states: dict[tuple[str, str], TaskState] = {}

    for event in record(reports).events:
        if isinstance(event, TaskChanged):
            before = states.get((event.uid, event.task), TaskState.PENDING)
            assert event.state in TASK_TRANSITIONS[before]
            states[event.uid, event.task] = event.state


@given(streams)
def test_steps_walk_their_table(reports: list[Report]) -> None:
    """From pending, one listed step after the other (law 6)."""
    state = StepState.PENDING

    for event in record(reports).events:
        if isinstance(event, StepChanged) and event.state is not None:
            assert event.state in STEP_TRANSITIONS[state]
            state = event.state


@given(streams)
def test_events_tell_the_whole_story(reports: list[Report]) -> None:
    """Who folds the log knows every run and node as it is stored."""
    made = record(reports)
    runs, nodes = {}, {}

    for event in made.events:
        if isinstance(event, TaskChanged):
            runs[event.uid, event.task] = event.state
        if isinstance(event, NodeChanged):
            nodes[event.uid] = (event.status, event.progress, event.error_type)

    assert sorted(runs.values()) == sorted(update.state for update in made.runs.values())
    assert (
        nodes.items()
        >= {
            uid: (node.status, node.progress, node.error_type)
            for uid, node in made.nodes.items()
            if node.cluster is not None
        }.items()
    )


@given(streams)
def test_reports_given_twice_in_a_row_are_one(reports: list[Report]) -> None:
    """A doubled report of a task changes nothing (dossier 10.17)."""
    doubled = [
        twin for report in reports for twin in ([report, report] if report.task_state else [report])
    ]

    assert record(doubled).runs == record(reports).runs

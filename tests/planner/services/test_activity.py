"""Operations are logged once, ends and failed nodes are told once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from planner.domain.notifications import Topic
from planner.domain.reports import ExecutionState, Report
from planner.domain.states import RunMode, TransactionState
from planner.domain.transaction import StopRequest
from planner.services.activity import list_action_logs, list_notifications
from planner.services.bell import LocalBell
from planner.services.ports import Page
from planner.services.stopping import stop_transaction
from tests.planner.builders import NOW
from tests.planner.work import a_small_cluster, apply, apply_and_plan, fail, opened, record, succeed

if TYPE_CHECKING:
    from planner.domain.transaction import Transaction
    from planner.services.ports import Store


def actions(store: Store) -> list[tuple[str, TransactionState | None]]:
    """Operation and end of each action, oldest first."""
    found = list_action_logs(store, Page(100), "demo", None)
    return [(action.operation, action.ended_with) for action in reversed(found)]


def news(store: Store) -> list[tuple[Topic, str]]:
    """Topic and node of each notification, oldest first."""
    found = list_notifications(store, Page(100), "demo", None)
    return [(item.topic, item.node) for item in reversed(found)]


def test_an_operation_is_open_until_its_transaction_has_ended(store: Store) -> None:
    """Opened when it is accepted, closed by the last report."""
    a_small_cluster(store)
    planned = apply_and_plan(store)
    while_running = actions(store)

    succeed(store, planned)

    assert while_running == [("deploy", None)]
    assert actions(store) == [("deploy", TransactionState.SUCCEEDED)]
    assert news(store) == [(Topic.DONE, "")]


def test_a_stop_is_an_operation_of_its_own(store: Store) -> None:
    """Asked for twice it is still one."""
    a_small_cluster(store)
    planned = apply_and_plan(store)
    for _ in range(2):
        stop_transaction(store, LocalBell(), planned.id, StopRequest(), now=NOW)

    record(store, opened(store, planned), Report(1, execution_state=ExecutionState.STOPPED))

    assert actions(store) == [
        ("deploy", TransactionState.STOPPED),
        ("stop_deployment", TransactionState.SUCCEEDED),
    ]
    assert news(store) == [(Topic.DONE, "")]


def test_what_is_stopped_before_it_began_is_logged_too(store: Store) -> None:
    """Both operations are over at once."""
    a_small_cluster(store)

    stop_transaction(store, LocalBell(), apply(store).id, StopRequest(), now=NOW)

    assert [operation for operation, end in actions(store) if end] == ["deploy", "stop_deployment"]


def test_a_repeated_node_failure_is_told_once(store: Store) -> None:
    """However many reports and windows say it."""
    uid, _ = a_small_cluster(store)
    planned = succeed_first_step(store)
    broken = Report(1, uid, node_attributes={"status": "error"}, error="disk full")
    for _ in range(3):
        record(store, opened(store, planned), broken, broken)

    fail(store, planned)

    assert news(store) == [(Topic.ERROR, uid), (Topic.ERROR, "")]


@pytest.mark.parametrize("run_mode", [RunMode.NOOP, RunMode.DRY_RUN])
def test_a_run_that_is_not_real_tells_only_its_end(store: Store, run_mode: RunMode) -> None:
    """Its nodes cannot fail."""
    uid, _ = a_small_cluster(store)
    planned = apply_and_plan(store, run_mode=run_mode)
    broken = Report(1, uid, node_attributes={"status": "error"}, error="disk full")

    record(store, opened(store, planned), broken)
    succeed(store, planned)

    assert news(store) == [(Topic.DONE, "")]


def succeed_first_step(store: Store) -> Transaction:
    """Accept and plan a change and let its provisioning succeed."""
    planned = apply_and_plan(store)
    recording = opened(store, planned)
    record(store, recording, Report(0, execution_state=ExecutionState.READY))
    return planned

"""State machines walk their tables and nothing else."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import pytest

from planner.domain.errors import IllegalTransition
from planner.domain.states import (
    STEP_TRANSITIONS,
    TASK_TRANSITIONS,
    TRANSACTION_TRANSITIONS,
    ClusterStatus,
    StepState,
    TaskState,
    TransactionState,
    check_step,
    check_transaction,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from enum import StrEnum

TABLES = [TRANSACTION_TRANSITIONS, STEP_TRANSITIONS, TASK_TRANSITIONS]


@pytest.mark.parametrize(("old", "new"), list(product(TransactionState, repeat=2)))
def test_a_transaction_walks_its_table(old: TransactionState, new: TransactionState) -> None:
    """A listed pair passes, any other is refused."""
    if new in TRANSACTION_TRANSITIONS[old]:
        check_transaction("t", old, new)
    else:
        with pytest.raises(IllegalTransition):
            check_transaction("t", old, new)


@pytest.mark.parametrize(("old", "new"), list(product(StepState, repeat=2)))
def test_a_step_walks_its_table(old: StepState, new: StepState) -> None:
    """A listed pair passes, any other is refused."""
    if new in STEP_TRANSITIONS[old]:
        check_step("s", old, new)
    else:
        with pytest.raises(IllegalTransition):
            check_step("s", old, new)


def test_an_illegal_transition_tells_its_story() -> None:
    """Who finds the bug reads machine, subject, old and new state."""
    with pytest.raises(IllegalTransition) as refused:
        check_transaction("t-1", TransactionState.FAILED, TransactionState.RUNNING)

    expected = {"machine": "transaction", "subject": "t-1", "from": "failed", "to": "running"}
    assert expected == refused.value.metadata


@pytest.mark.parametrize("table", TABLES)
def test_every_state_is_in_its_table(table: Mapping[StrEnum, frozenset[StrEnum]]) -> None:
    """A state that is forgotten would raise KeyError where it is met."""
    (states,) = {type(state) for state in table}

    assert set(states) == set(table)


@pytest.mark.parametrize("table", TABLES)
def test_every_state_can_be_reached_from_the_first(
    table: Mapping[StrEnum, frozenset[StrEnum]],
) -> None:
    """A state that nothing leads to is a mistake."""
    reached, ahead = set(), [next(iter(table))]
    while ahead:
        state = ahead.pop()
        if state not in reached:
            reached.add(state)
            ahead.extend(table[state])

    assert set(table) == reached


@pytest.mark.parametrize("table", TABLES)
def test_every_walk_ends(table: Mapping[StrEnum, frozenset[StrEnum]]) -> None:
    """No state can be met twice, so that every life is finite."""

    def walk(state: StrEnum, story: tuple[StrEnum, ...]) -> None:
        assert state not in story
        for following in table[state]:
            walk(following, (*story, state))

    walk(next(iter(table)), ())


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (TransactionState.PENDING, False),
        (TransactionState.STOPPING, False),
        (TransactionState.SUCCEEDED, True),
        (TransactionState.FAILED, True),
        (TransactionState.STOPPED, True),
        (StepState.RUNNING, False),
        (StepState.ABORTED, True),
        (TaskState.RUNNING, False),
        (TaskState.NOT_RUN, True),
    ],
)
def test_a_final_state_has_nothing_after_it(
    state: TransactionState | StepState | TaskState,
    *,
    expected: bool,
) -> None:
    """Clients branch on it."""
    assert expected == state.is_final


@pytest.mark.parametrize("status", ClusterStatus)
def test_settings_are_frozen_only_while_something_works(status: ClusterStatus) -> None:
    """Locked means deployment or remove (dossier 1)."""
    expected = status in {ClusterStatus.DEPLOYMENT, ClusterStatus.REMOVE}

    assert expected == status.is_locked

"""A change is previewed, and accepted in one short commit (law 2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from planner.domain.errors import Conflict, InvalidInput, NotFound, PreconditionFailed
from planner.domain.events import TransactionChanged
from planner.domain.states import ClusterStatus, RunMode, TransactionState
from planner.domain.transaction import GraphRun, Selection
from planner.services.bell import LocalBell
from planner.services.changes import Change, apply_changes, preview_changes
from planner.services.clusters import cluster_etag, get_cluster
from planner.services.idempotency import RequestKey
from planner.services.nodes import get_node
from tests.planner.builders import NOW, a_release, a_task
from tests.planner.dump import dump
from tests.planner.work import (
    LEGACY,
    a_small_cluster,
    apply,
    apply_and_plan,
    create,
    import_,
    log_of,
    succeed,
)

if TYPE_CHECKING:
    from planner.domain.transaction import Transaction
    from planner.storage.unit_of_work import SqlStore

KEY = RequestKey("r-1", "ApplyChanges", "d" * 64)


def preview(store: SqlStore, **fields: Any) -> Any:
    """Preview a change of "demo"."""
    return preview_changes(store, Change(cluster="demo", **fields))


def apply_with(store: SqlStore, key: RequestKey, transaction: str) -> Transaction:
    """Apply under a request id."""
    change = Change(cluster="demo")
    return apply_changes(store, LocalBell(), change, transaction=transaction, key=key, now=NOW)


def test_an_accepted_change_is_a_pending_transaction(store: SqlStore) -> None:
    """With its first event; the cluster is locked by its status."""
    a_small_cluster(store)

    accepted = apply(store, labels={"suite": "a"}, scenario="slow")

    assert accepted.state is TransactionState.PENDING
    assert (accepted.labels, accepted.scenario) == ({"suite": "a"}, "slow")
    assert log_of(store, accepted) == [
        (1, TransactionChanged(TransactionState.PENDING, 0, accepted.activity))
    ]
    view = get_cluster(store, "demo")
    assert view.cluster.status is ClusterStatus.DEPLOYMENT
    assert view.active_transaction == accepted.id


@pytest.mark.parametrize("run_mode", [RunMode.NOOP, RunMode.DRY_RUN])
def test_a_run_that_is_not_real_leaves_the_cluster_as_it_is(
    store: SqlStore, run_mode: RunMode
) -> None:
    """Only the transaction is new."""
    a_small_cluster(store)
    before = get_cluster(store, "demo").cluster

    apply(store, run_mode=run_mode)

    assert get_cluster(store, "demo").cluster == before


def test_a_second_change_is_a_conflict_that_names_the_first(store: SqlStore) -> None:
    """So that the caller can watch it."""
    a_small_cluster(store)
    active = apply(store)
    before = dump(store)

    with pytest.raises(Conflict) as refused:
        apply(store)

    assert refused.value.reason == "TRANSACTION_IN_PROGRESS"
    assert refused.value.metadata["transaction"] == f"transactions/{active.id}"
    assert dump(store) == before


def test_a_change_may_insist_on_the_cluster_it_saw(store: SqlStore) -> None:
    """A stale etag is a conflict, the present one is fine."""
    a_small_cluster(store)
    etag = cluster_etag(get_cluster(store, "demo").cluster)

    with pytest.raises(Conflict) as refused:
        apply(store, etag="0")

    assert refused.value.reason == "ETAG_MISMATCH"
    assert apply(store, etag=etag).state is TransactionState.PENDING


def test_a_repeated_request_gets_the_first_transaction(store: SqlStore) -> None:
    """Even when it has ended meanwhile."""
    a_small_cluster(store)
    first = apply_with(store, KEY, "00000000-0000-4000-8000-00000000000a")
    before = dump(store)

    again = apply_with(store, KEY, "00000000-0000-4000-8000-00000000000b")

    assert again == first
    assert dump(store) == before


def test_a_request_id_is_good_for_one_method(store: SqlStore) -> None:
    """The same id for something else is refused."""
    a_small_cluster(store)
    apply_with(store, KEY, "00000000-0000-4000-8000-00000000000a")

    with pytest.raises(InvalidInput) as refused:
        apply_with(store, KEY._replace(method="AssignNodes"), "x")

    assert refused.value.reason == "REQUEST_ID_REUSED"


def test_an_unknown_cluster_is_not_found(store: SqlStore) -> None:
    """By neither door."""
    with pytest.raises(NotFound):
        apply(store, "gone")
    with pytest.raises(NotFound):
        preview_changes(store, Change(cluster="gone"))


@pytest.mark.parametrize("door", [preview, apply])
def test_unknown_names_in_a_selection_are_refused_at_once(store: SqlStore, door: Any) -> None:
    """All of them; nothing is written."""
    a_small_cluster(store)
    before = dump(store)

    with pytest.raises(InvalidInput) as refused:
        door(
            store,
            selection=Selection(nodes=("4711",), graphs=(GraphRun("default"), GraphRun("gone"))),
        )

    assert [(v.reason, v.subject) for v in refused.value.violations] == [
        ("UNKNOWN_NODE", "selection.nodes[0]"),
        ("UNKNOWN_GRAPH", "selection.graph_types[1]"),
    ]
    assert dump(store) == before


def test_an_older_release_refuses_when_there_is_nothing_to_deploy(store: SqlStore) -> None:
    """Before anything is written."""
    import_(store, a_release(LEGACY))
    create(store)
    before = dump(store)

    with pytest.raises(PreconditionFailed) as refused:
        apply(store)

    assert refused.value.reason == "NOTHING_TO_DEPLOY"
    assert dump(store) == before


@pytest.mark.parametrize("run_mode", [RunMode.NOOP, RunMode.DRY_RUN])
@pytest.mark.parametrize("door", [preview, apply])
def test_an_older_release_cannot_run_dry(store: SqlStore, door: Any, run_mode: RunMode) -> None:
    """By neither door."""
    a_small_cluster(store, LEGACY)

    with pytest.raises(PreconditionFailed) as refused:
        door(store, run_mode=run_mode)

    assert refused.value.reason == "DRY_RUN_NEEDS_LCM"


def test_preview_writes_nothing(store: SqlStore) -> None:
    """Not even what it proposes to allocate."""
    uids = a_small_cluster(store)
    before = dump(store)

    made = preview(store)

    assert made.allocations
    assert [node.uid for node in made.nodes] == uids
    assert dump(store) == before


def test_preview_equals_apply(store: SqlStore) -> None:
    """The digest that was previewed is the digest that runs, also where tasks ask for facts."""
    task = a_task("asks", condition={"yaql_exp": "$.cluster.status = 'new'"})
    a_small_cluster(store, graphs={"default": {"tasks": [task]}})
    expected = preview(store).digest

    planned = apply_and_plan(store, expected_digest=expected)

    assert (planned.state, planned.plan_digest) == (TransactionState.RUNNING, expected)


def test_a_plan_that_has_moved_does_not_run(store: SqlStore) -> None:
    """PLAN_CHANGED, with both digests; the cluster is as it was."""
    a_small_cluster(store)

    ended = apply_and_plan(store, expected_digest="0" * 64)

    assert ended.state is TransactionState.FAILED
    assert ended.failure is not None
    assert ended.failure.reason == "PLAN_CHANGED"
    assert ended.failure.metadata["expected"] == "0" * 64
    assert get_cluster(store, "demo").cluster.status is ClusterStatus.NEW


def test_preview_lists_tasks_by_what_happens_to_them(store: SqlStore) -> None:
    """One row for a task on nodes that it treats alike."""
    uids = a_small_cluster(store)

    groups = preview(store).task_groups()

    assert [(group.task, group.uids, group.runs, group.reason) for group in groups] == [
        ("api", tuple(uids), True, "ALWAYS"),
        ("hosts", tuple(uids), True, "ALWAYS"),
    ]


def test_what_did_not_change_is_not_run_again(store: SqlStore) -> None:
    """A second plan after success finds tasks with changed() unchanged; new facts run them."""
    task = a_task("keeps", condition={"yaql_exp": "changed($.colour)"})
    uids = a_small_cluster(store, graphs={"default": {"tasks": [task]}}, settings={"colour": "red"})
    first = preview(store).task_groups()
    succeed(store, apply_and_plan(store))

    second = preview(store).task_groups()
    forced = preview(store, selection=Selection(force=True)).task_groups()

    assert [(g.uids, g.runs, g.reason) for g in first] == [(tuple(uids), True, "FIRST_RUN")]
    assert [(g.uids, g.runs, g.reason) for g in second] == [(tuple(uids), False, "UNCHANGED")]
    assert [(g.uids, g.runs, g.reason) for g in forced] == [(tuple(uids), True, "FIRST_RUN")]


def test_success_makes_the_cluster_operational(store: SqlStore) -> None:
    """Provisioned, deployed, ready: with the roles they waited for."""
    controller, compute = a_small_cluster(store)

    ended = succeed(store, apply_and_plan(store))

    assert ended.state is TransactionState.SUCCEEDED
    assert get_cluster(store, "demo").cluster.status is ClusterStatus.OPERATIONAL
    assert get_node(store, controller).roles == ("controller",)
    assert get_node(store, controller).primary_tags == ("controller",)
    assert get_node(store, compute).pending_addition is False

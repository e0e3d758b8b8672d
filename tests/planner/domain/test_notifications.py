"""What people are told without asking, and what not."""

from __future__ import annotations

from typing import Any

import pytest

from planner.domain.events import Event, NodeChanged, StepChanged
from planner.domain.notifications import Notification, Topic, of_end, of_nodes
from planner.domain.states import NodeErrorType, NodeStatus, TransactionState
from planner.domain.transaction import Failure, GraphRun, Selection, StepKind
from tests.planner.builders import NOW, a_node, a_step, a_transaction

BROKEN = NodeChanged("1", NodeStatus.ERROR, 100, NodeErrorType.DEPLOY, "disk full")
NODES = {"1": a_node("1", hostname="left"), "2": a_node("2", hostname="right")}


def told(items: Any) -> list[tuple[Topic, str]]:
    """Topic and node of each notification."""
    return [(item.topic, item.node) for item in items]


def ended(state: TransactionState, **fields: Any) -> list[Notification]:
    """Tell how a transaction ended that worked on node 1."""
    nodes = fields.pop("nodes", [a_node("1")])
    known = {"state": state, "started_at": NOW}
    return list(of_end(a_transaction(**(known | fields)), nodes))


def test_a_node_that_fails_is_told_once_a_window() -> None:
    """Its last error is what counts; other events are no news."""
    events: list[Event] = [
        BROKEN,
        BROKEN._replace(error_message="worse"),
        NodeChanged("2", NodeStatus.READY, 100),
        StepChanged(0, StepKind.DEPLOYMENT, None, 50),
    ]

    (news,) = of_nodes(a_transaction(), a_step(), events, NODES)

    assert (news.topic, news.node, news.cluster) == (Topic.ERROR, "1", "demo")
    assert news.message == "node left failed: worse"


def test_a_change_that_is_refused_is_no_news() -> None:
    """Who asked for it sees why; a run of graphs that cannot be planned is told (recorded)."""
    graphs = Selection(graphs=(GraphRun("extra"),))

    refused = ended(TransactionState.FAILED, started_at=None)
    failed = ended(TransactionState.FAILED, started_at=None, selection=graphs)

    assert (told(refused), told(failed)) == ([], [(Topic.ERROR, "")])


def test_nodes_that_cannot_be_provisioned_are_told_as_a_whole() -> None:
    """The end of the transaction tells it (dossier 10.5)."""
    step = a_step(kind=StepKind.PROVISION)

    assert list(of_nodes(a_transaction(), step, [BROKEN], NODES)) == []


@pytest.mark.parametrize(
    ("state", "topic"),
    [
        (TransactionState.SUCCEEDED, Topic.DONE),
        (TransactionState.STOPPED, Topic.DONE),
        (TransactionState.FAILED, Topic.ERROR),
    ],
)
def test_every_end_is_told_once(state: TransactionState, topic: Topic) -> None:
    """One piece of news, about the cluster."""
    assert told(ended(state)) == [(topic, "")]


def test_details_after_a_blank_line_are_left_out() -> None:
    """The failure itself has them (dossier 10.5)."""
    failure = Failure("EXECUTION_FAILED", "timed out\n\n" + "trace\n" * 1000)

    (news,) = ended(TransactionState.FAILED, failure=failure)

    assert news.message == "the deployment of cluster demo failed: timed out"


def test_nodes_that_were_out_of_reach_of_a_stop_are_named() -> None:
    """A warning before the news that it is stopped."""
    nodes = [a_node("1", online=False, hostname="lost"), a_node("2")]

    news = ended(TransactionState.STOPPED, nodes=nodes)

    assert told(news) == [(Topic.WARNING, ""), (Topic.DONE, "")]
    assert news[0].message.endswith(": lost")


def test_a_failure_before_a_stop_is_not_hidden() -> None:
    """STOPPED with a failure is no good news (decision 18)."""
    news = ended(TransactionState.STOPPED, failure=Failure("X", "no luck"))

    assert told(news) == [(Topic.ERROR, "")]


def test_a_thousand_names_do_not_make_a_thousand_words() -> None:
    """The first ones, and how many more."""
    nodes = [a_node(str(uid), online=False) for uid in range(1, 1001)]

    news = ended(TransactionState.STOPPED, nodes=nodes)

    assert news[0].message.endswith("node-20 and 980 more")


def test_news_holds_no_secret() -> None:
    """Errors quote what they choke on (law 11)."""
    failure = Failure("X", "mysql --password=sesame said no")

    (news,) = ended(TransactionState.FAILED, failure=failure)

    assert "sesame" not in news.message

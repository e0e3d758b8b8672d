"""``planner run``: graphs one after another."""

from __future__ import annotations

from typing import Any

import click

from planner.cli.change import RUN_MODES
from planner.cli.live import follow
from planner.cli.session import FAILED, Session, command
from planner.cli.transaction import show_transaction
from planner.v1 import planner_service_pb2 as pb
from planner.v1 import selection_pb2, transaction_pb2


@click.command()
@click.argument("cluster")
@click.argument("graphs", nargs=-1, required=True, metavar="GRAPH[@NODE,NODE...]...")
@click.option("--task", "tasks", multiple=True, help="Run only this task; may be repeated.")
@click.option("--force", is_flag=True, help="Forget what ran before.")
@click.option("--debug", is_flag=True, help="Let tasks tell more, where they can.")
@click.option(
    "--part",
    "parts",
    multiple=True,
    metavar="START..END",
    help="Run only what lies between these tasks; either may be left out. May be repeated.",
)
@click.option("--mode", type=click.Choice(list(RUN_MODES)), default="normal", show_default=True)
@click.option("--watch", is_flag=True, help="Follow it to its end.")
@click.option("--scenario", default="", help="The orchestrator's scenario to run under.")
@click.option("--request-id", default="", help="Makes the call idempotent.")
@command
def run(
    session: Session,
    cluster: str,
    graphs: tuple[str, ...],
    *,
    tasks: tuple[str, ...],
    parts: tuple[str, ...],
    watch: bool,
    mode: str,
    **options: Any,
) -> None:
    """Run GRAPHs of CLUSTER one after another, each on the nodes that its filter keeps.

    Nodes named after an @ win over the filter.
    """
    request = pb.RunGraphsRequest(
        cluster=cluster,
        graphs=[_graph(text, tasks) for text in graphs],
        run_mode=RUN_MODES[mode],  # type: ignore[arg-type]
        subgraphs=[_part(text) for text in parts],
        **options,
    )
    accepted = session.planner.RunGraphs(request).transaction
    if not watch:
        show_transaction(session, accepted)
        return
    finished = follow(session, accepted.name)
    if finished.state != transaction_pb2.TRANSACTION_STATE_SUCCEEDED:
        raise SystemExit(FAILED)


def _graph(text: str, tasks: tuple[str, ...]) -> selection_pb2.GraphRun:
    kind, at, nodes = text.partition("@")
    graph = selection_pb2.GraphRun(type=kind, tasks=tasks)
    if at:
        graph.nodes.nodes.extend(filter(None, nodes.split(",")))
        graph.nodes.SetInParent()
    return graph


def _part(text: str) -> selection_pb2.Subgraph:
    start, dots, end = text.partition("..")
    if not dots:
        raise click.BadParameter(f"{text!r} is not START..END", param_hint="--part")
    return selection_pb2.Subgraph(
        start=[start] if start else [],
        end=[end] if end else [],
    )

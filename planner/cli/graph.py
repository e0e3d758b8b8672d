"""``planner graph …``: task graphs beside those of release documents."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING

import click

from planner.cli.session import Session, command
from planner.v1 import inventory_service_pb2 as pb

if TYPE_CHECKING:
    from planner.v1 import graph_pb2

COLUMNS = ("GRAPH", "PLUGIN", "TASKS")


@click.group()
def graph() -> None:
    """Put, look at and delete task graphs of releases, clusters and plugins."""


@graph.command()
@click.argument("parent")
@click.argument("graph_type", metavar="TYPE")
@click.argument("document", type=click.File(), default="-")
@click.option("--plugin", default="", help="The plugin that adds it.")
@command
def put(session: Session, parent: str, graph_type: str, document: IO[str], *, plugin: str) -> None:
    """Put a graph of PARENT (releases/ID or clusters/ID) from a YAML or JSON document."""
    request = pb.PutGraphRequest(
        parent=parent, type=graph_type, document=document.read(), plugin=plugin
    )
    _show(session, session.inventory.PutGraph(request).graph)


@graph.command("list")
@click.argument("parent")
@command
def list_(session: Session, parent: str) -> None:
    """List the graphs of PARENT."""
    found = session.inventory.ListGraphs(pb.ListGraphsRequest(parent=parent)).graphs
    session.print_rows(
        found, COLUMNS, lambda item: (item.name, item.plugin or "-", item.task_count)
    )


@graph.command()
@click.argument("name", metavar="GRAPH")
@command
def show(session: Session, name: str) -> None:
    """Show GRAPH; with --output json its document too."""
    _show(session, session.inventory.GetGraph(pb.GetGraphRequest(graph=name)).graph)


@graph.command()
@click.argument("name", metavar="GRAPH")
@command
def delete(session: Session, name: str) -> None:
    """Delete GRAPH; what a release's document defines shows again."""
    session.inventory.DeleteGraph(pb.DeleteGraphRequest(graph=name))
    if not session.is_json:
        click.echo(f"deleted {name}")


def _show(session: Session, found: graph_pb2.Graph) -> None:
    session.print_message(
        found,
        [
            ("graph", found.name),
            ("plugin", found.plugin or "-"),
            ("tasks", found.task_count),
            *(("warning", warning) for warning in found.warnings),
        ],
    )

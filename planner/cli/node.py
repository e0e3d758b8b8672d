"""``planner node …``: the machines that discovery has found."""

from __future__ import annotations

from typing import IO

import click
import yaml
from google.protobuf.json_format import ParseDict, ParseError

from planner.cli.session import Session, command, label, pages
from planner.v1 import inventory_service_pb2 as pb
from planner.v1 import node_pb2

COLUMNS = ("NODE", "NAME", "CLUSTER", "STATUS", "PROGRESS", "ROLES", "PENDING ROLES", "ONLINE")


@click.group()
def node() -> None:
    """Register and look at nodes."""


@node.command()
@click.argument("report", type=click.File())
@command
def register(session: Session, report: IO[str]) -> None:
    """Register the nodes of a discovery report: a YAML or JSON list of node registrations."""
    try:
        nodes = yaml.load(report, Loader=yaml.CBaseLoader)  # noqa: S506 - text only, the safest of all
        request = ParseDict({"nodes": nodes}, pb.RegisterNodesRequest())
    except (yaml.YAMLError, ParseError) as error:
        raise click.UsageError(f"{report.name} is no discovery report: {error}") from error
    found = session.inventory.RegisterNodes(request).nodes
    session.print_rows(found, COLUMNS, _row)


@node.command("list")
@click.option("--cluster", default="", help="Only nodes of this cluster.")
@command
def list_(session: Session, cluster: str) -> None:
    """List nodes, newest first."""
    request = pb.ListNodesRequest(cluster=cluster, page_size=1000)
    session.print_rows(pages(session.inventory.ListNodes, request, "nodes"), COLUMNS, _row)


@node.command()
@click.argument("uid", metavar="NODE")
@command
def show(session: Session, uid: str) -> None:
    """Show NODE."""
    found = session.inventory.GetNode(pb.GetNodeRequest(node=uid)).node
    session.print_message(
        found,
        [
            ("node", found.name),
            ("host name", found.hostname),
            ("mac", found.mac),
            ("ip", found.ip or "-"),
            ("cluster", found.cluster or "-"),
            ("status", label(found.status, node_pb2.NodeStatus)),
            ("online", "yes" if found.online else "no"),
            ("roles", ", ".join(found.roles) or "-"),
            ("pending roles", ", ".join(found.pending_roles) or "-"),
            ("primary for", ", ".join(found.primary_tags) or "-"),
            ("error", found.error_message or "-"),
        ],
    )


def _row(found: node_pb2.Node) -> tuple[object, ...]:
    return (
        found.name,
        found.hostname,
        found.cluster or "-",
        label(found.status, node_pb2.NodeStatus),
        f"{found.progress_percent}%",
        ",".join(found.roles) or "-",
        ",".join(found.pending_roles) or "-",
        "yes" if found.online else "no",
    )

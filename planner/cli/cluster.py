"""``planner cluster …``: what is deployed on which nodes."""

from __future__ import annotations

from typing import IO

import click

from planner.cli.session import Session, command, label, pages
from planner.v1 import cluster_pb2
from planner.v1 import inventory_service_pb2 as pb

COLUMNS = ("CLUSTER", "RELEASE", "STATUS", "NODES", "ACTIVE TRANSACTION")


@click.group()
def cluster() -> None:
    """Create and look at clusters."""


@cluster.command()
@click.argument("cluster_id", metavar="CLUSTER")
@click.option("--release", required=True, help="The release.")
@click.option("--mode", default="", help="The mode; by default the release's first.")
@click.option("--settings", type=click.File(), help="Settings: a JSON file.")
@command
def create(
    session: Session, cluster_id: str, release: str, mode: str, settings: IO[str] | None
) -> None:
    """Create CLUSTER."""
    request = pb.CreateClusterRequest(
        cluster=cluster_id,
        release=release,
        mode=mode,
        settings_json=settings.read() if settings else "",
    )
    _show(session, session.inventory.CreateCluster(request).cluster)


@cluster.command("list")
@command
def list_(session: Session) -> None:
    """List clusters, newest first."""
    rows = pages(session.inventory.ListClusters, pb.ListClustersRequest(), "clusters")
    session.print_rows(rows, COLUMNS, _row)


@cluster.command()
@click.argument("cluster_id", metavar="CLUSTER")
@command
def show(session: Session, cluster_id: str) -> None:
    """Show CLUSTER."""
    _show(session, session.inventory.GetCluster(pb.GetClusterRequest(cluster=cluster_id)).cluster)


@cluster.command()
@click.argument("cluster_id", metavar="CLUSTER")
@click.argument("settings", type=click.File())
@command
def settings(session: Session, cluster_id: str, settings: IO[str]) -> None:
    """Replace the settings of CLUSTER with those of a JSON file."""
    request = pb.UpdateClusterRequest(
        cluster=cluster_pb2.Cluster(name=cluster_id, settings_json=settings.read())
    )
    request.update_mask.paths.append("settings_json")
    _show(session, session.inventory.UpdateCluster(request).cluster)


@cluster.command()
@click.argument("cluster_id", metavar="CLUSTER")
@click.argument("assignments", metavar="NODE=ROLE[,ROLE…]…", nargs=-1, required=True)
@command
def assign(session: Session, cluster_id: str, assignments: tuple[str, ...]) -> None:
    """Give nodes to CLUSTER with the roles they shall have: 1=controller 2=compute,cinder."""
    request = pb.AssignNodesRequest(cluster=cluster_id)
    for item in assignments:
        node, _, roles = item.partition("=")
        request.assignments.add(node=node, roles=[role for role in roles.split(",") if role])
    _show(session, session.inventory.AssignNodes(request).cluster)


@cluster.command()
@click.argument("cluster_id", metavar="CLUSTER")
@click.argument("nodes", metavar="NODE…", nargs=-1, required=True)
@command
def unassign(session: Session, cluster_id: str, nodes: tuple[str, ...]) -> None:
    """Take nodes out of CLUSTER."""
    request = pb.UnassignNodesRequest(cluster=cluster_id, nodes=nodes)
    _show(session, session.inventory.UnassignNodes(request).cluster)


def _show(session: Session, found: cluster_pb2.Cluster) -> None:
    session.print_message(
        found,
        [
            ("cluster", found.name),
            ("release", found.release),
            ("mode", found.mode),
            ("status", label(found.status, cluster_pb2.ClusterStatus)),
            ("nodes", found.node_count),
            ("pending changes", ", ".join(found.pending_changes) or "-"),
            ("active transaction", found.active_transaction or "-"),
        ],
    )


def _row(found: cluster_pb2.Cluster) -> tuple[object, ...]:
    status = label(found.status, cluster_pb2.ClusterStatus)
    return found.name, found.release, status, found.node_count, found.active_transaction or "-"

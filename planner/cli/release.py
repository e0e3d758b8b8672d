"""``planner release …``: what can be deployed."""

from __future__ import annotations

from typing import IO

import click

from planner.cli.session import Session, command, pages
from planner.v1 import inventory_service_pb2 as pb
from planner.v1 import release_pb2

COLUMNS = ("RELEASE", "VERSION", "OS", "GRAPHS", "TASKS")


@click.group()
def release() -> None:
    """Import and look at releases."""


@release.command("import")
@click.argument("release_id", metavar="RELEASE")
@click.argument("document", type=click.File(), default="-")
@click.option("--replace", is_flag=True, help="Replace a release whose content differs.")
@command
def import_(session: Session, release_id: str, document: IO[str], *, replace: bool) -> None:
    """Import RELEASE from a YAML or JSON document (default: standard input)."""
    request = pb.ImportReleaseRequest(
        release=release_id, document=document.read(), replace_existing=replace
    )
    _show(session, session.inventory.ImportRelease(request).release)


@release.command("list")
@command
def list_(session: Session) -> None:
    """List releases, newest first."""
    rows = pages(session.inventory.ListReleases, pb.ListReleasesRequest(), "releases")
    session.print_rows(rows, COLUMNS, _row)


@release.command()
@click.argument("release_id", metavar="RELEASE")
@command
def show(session: Session, release_id: str) -> None:
    """Show a release."""
    _show(session, session.inventory.GetRelease(pb.GetReleaseRequest(release=release_id)).release)


@release.command()
@click.argument("release_id", metavar="RELEASE")
@command
def delete(session: Session, release_id: str) -> None:
    """Delete a release that no cluster has."""
    session.inventory.DeleteRelease(pb.DeleteReleaseRequest(release=release_id))
    if not session.is_json:
        click.echo(f"deleted {release_id}")


def _show(session: Session, found: release_pb2.Release) -> None:
    session.print_message(
        found,
        [
            ("release", found.name),
            ("title", found.title),
            ("version", found.version),
            ("operating system", found.operating_system),
            ("modes", ", ".join(found.modes)),
            ("roles", ", ".join(found.roles)),
            *((f"graph {graph.type}", f"{graph.task_count} tasks") for graph in found.graphs),
            *((f"sequence {s.name}", " → ".join(s.graph_types)) for s in found.sequences),
            *(("warning", warning) for warning in found.warnings),
        ],
    )


def _row(found: release_pb2.Release) -> tuple[object, ...]:
    tasks = sum(graph.task_count for graph in found.graphs)
    return found.name, found.version, found.operating_system, len(found.graphs), tasks

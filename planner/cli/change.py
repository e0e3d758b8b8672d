"""``planner preview`` and ``planner apply``: what would happen, and make it happen."""

from __future__ import annotations

from typing import Any

import click

from planner.cli.live import follow
from planner.cli.session import FAILED, Session, command, label
from planner.cli.transaction import show_transaction
from planner.v1 import plan_pb2, selection_pb2, transaction_pb2
from planner.v1 import planner_service_pb2 as pb

SHOWN_NODES = 8
"""Most nodes that a line names."""

RUN_MODES = {"normal": 1, "noop": 2, "dry-run": 3}

_SELECTION = (
    click.option("--node", "nodes", multiple=True, help="Only this node; may be repeated."),
    click.option("--task", "tasks", multiple=True, help="Run only this task; may be repeated."),
    click.option("--graph", "graph_types", multiple=True, help="Run this graph; may be repeated."),
    click.option("--force", is_flag=True, help="Forget what ran before."),
    click.option(
        "--mode",
        type=click.Choice(list(RUN_MODES)),
        default="normal",
        show_default=True,
        help="How much of it is real.",
    ),
)


def _selection_options(handler: Any) -> Any:
    for option in reversed(_SELECTION):
        handler = option(handler)
    return handler


def _selection(options: dict[str, Any]) -> selection_pb2.Selection:
    return selection_pb2.Selection(
        nodes=options["nodes"],
        tasks=options["tasks"],
        graph_types=options["graph_types"],
        force=options["force"],
    )


@click.command()
@click.argument("cluster")
@_selection_options
@click.option(
    "--explain",
    metavar="NODE/TASK",
    help="Say why this task runs or is skipped on this node.",
)
@command
def preview(session: Session, cluster: str, explain: str | None, **options: Any) -> None:
    """Show what ApplyChanges would do to CLUSTER, and why. Changes nothing."""
    uid, _, task = (explain or "").partition("/")
    request = pb.PreviewChangesRequest(
        cluster=cluster,
        selection=_selection(options),
        run_mode=RUN_MODES[options["mode"]],  # type: ignore[arg-type]
        node=uid,
        task=task,
    )
    response = session.planner.PreviewChanges(request)
    if session.is_json:
        session.print_json(response)
    elif explain:
        _print_explanation(explain, list(response.task_groups))
    else:
        _print_plan(session, response)
    if response.plan.violations:
        raise SystemExit(FAILED)


@click.command()
@click.argument("cluster")
@_selection_options
@click.option("--watch", is_flag=True, help="Follow it to its end.")
@click.option("--expect", default="", metavar="DIGEST", help="Run only the plan with this digest.")
@click.option("--label", "labels", multiple=True, metavar="KEY=VALUE", help="May be repeated.")
@click.option("--scenario", default="", help="The orchestrator's scenario to run under.")
@click.option("--request-id", default="", help="Makes the call idempotent.")
@command
def apply(
    session: Session,
    cluster: str,
    *,
    watch: bool,
    expect: str,
    labels: tuple[str, ...],
    scenario: str,
    request_id: str,
    **options: Any,
) -> None:
    """Bring CLUSTER to the state that is wanted: delete, provision and deploy its nodes."""
    request = pb.ApplyChangesRequest(
        cluster=cluster,
        selection=_selection(options),
        run_mode=RUN_MODES[options["mode"]],  # type: ignore[arg-type]
        expected_plan_digest=expect,
        labels={key: value for key, _, value in (item.partition("=") for item in labels)},
        scenario=scenario,
        request_id=request_id,
    )
    accepted = session.planner.ApplyChanges(request).transaction
    if not watch:
        show_transaction(session, accepted)
        return
    finished = follow(session, accepted.name)
    if finished.state != transaction_pb2.TRANSACTION_STATE_SUCCEEDED:
        raise SystemExit(FAILED)


def _print_plan(session: Session, response: pb.PreviewChangesResponse) -> None:
    plan = response.plan
    session.print_rows(plan.nodes, ("NODE", "ACTIONS", "BECAUSE"), _node_row)
    for step in plan.steps:
        click.echo()
        tasks = f", {step.task_run_count} task runs" if step.task_run_count else ""
        skipped = f" ({step.skipped_count} skipped)" if step.skipped_count else ""
        nodes = f"{len(step.uids)} nodes"
        click.echo(f"{step.kind} by {step.method}: {nodes}{tasks}{skipped}")
    if response.task_groups:
        click.echo()
        session.print_rows(response.task_groups, ("TASK", "TYPE", "NODES", "BECAUSE"), _group_row)
    if response.next_page_token:
        click.echo("… more tasks; ask for one with --explain NODE/TASK, or use --output json")
    for violation in plan.violations:
        click.echo(f"✗ {violation.message} [{violation.reason}]", err=True)
    click.echo(f"\nplan {plan.digest}")


def _print_explanation(place: str, groups: list[plan_pb2.PlannedTaskGroup]) -> None:
    if not groups:
        click.echo(f"{place}: no such task on that node: none of the node's roles and tags match")
        return
    for group in groups:
        verdict = "runs" if group.runs else "is skipped"
        click.echo(f"{place} {verdict}: {group.explanation} [{group.reason}]")


def _node_row(node: plan_pb2.PlannedNode) -> tuple[object, ...]:
    actions = ", ".join(label(action, plan_pb2.NodeAction) for action in node.actions)
    return node.node, actions, f"{node.explanation} [{node.reason}]"


def _group_row(group: plan_pb2.PlannedTaskGroup) -> tuple[object, ...]:
    uids = ",".join(group.uids[:SHOWN_NODES]) + (
        f",… ({len(group.uids)})" if len(group.uids) > SHOWN_NODES else ""
    )
    return group.task, group.type, uids, f"{group.explanation} [{group.reason}]"

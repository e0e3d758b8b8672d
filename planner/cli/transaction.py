"""``planner transaction …``: what was done, and what is being done."""

from __future__ import annotations

import click

from planner.cli.live import follow
from planner.cli.session import FAILED, Session, command, label, pages
from planner.v1 import planner_service_pb2, transaction_pb2
from planner.v1 import transaction_service_pb2 as pb

COLUMNS = ("TRANSACTION", "CLUSTER", "STATE", "PROGRESS", "CREATED")
RUN_COLUMNS = ("STEP", "NODE", "TASK", "STATE", "START", "END", "ERROR")


@click.group()
def transaction() -> None:
    """Look at transactions, follow and stop them."""


@transaction.command("list")
@click.option("--cluster", default="", help="Only transactions of this cluster.")
@command
def list_(session: Session, cluster: str) -> None:
    """List transactions, newest first."""
    request = pb.ListTransactionsRequest(cluster=cluster)
    rows = pages(session.transactions.ListTransactions, request, "transactions")
    session.print_rows(rows, COLUMNS, _row)


@transaction.command()
@click.argument("transaction_id", metavar="TRANSACTION")
@command
def show(session: Session, transaction_id: str) -> None:
    """Show TRANSACTION and its steps."""
    request = pb.GetTransactionRequest(transaction=transaction_id)
    show_transaction(session, session.transactions.GetTransaction(request).transaction)


@transaction.command()
@click.argument("transaction_id", metavar="TRANSACTION")
@command
def watch(session: Session, transaction_id: str) -> None:
    """Follow TRANSACTION to its end."""
    finished = follow(session, transaction_id)
    if finished.state != transaction_pb2.TRANSACTION_STATE_SUCCEEDED:
        raise SystemExit(FAILED)


@transaction.command()
@click.argument("transaction_id", metavar="TRANSACTION")
@click.option("--node", default="", help="Only runs on this node (its uid).")
@click.option("--task", default="", help="Only runs of this task.")
@command
def tasks(session: Session, transaction_id: str, node: str, task: str) -> None:
    """List what ran where in TRANSACTION."""
    request = pb.ListTaskRunsRequest(
        transaction=transaction_id, uid=node, task=task, page_size=5000
    )
    rows = pages(session.transactions.ListTaskRuns, request, "task_runs")
    session.print_rows(rows, RUN_COLUMNS, _run_row)


@transaction.command()
@click.argument("transaction_id", metavar="TRANSACTION")
@click.option("--force", is_flag=True, help="End running tasks too, after the grace period.")
@click.option("--grace-ms", default=0, help="How long running tasks may go on.")
@click.option("--erase", is_flag=True, help="Erase nodes that were cut off.")
@command
def stop(session: Session, transaction_id: str, *, force: bool, grace_ms: int, erase: bool) -> None:
    """Stop TRANSACTION: start nothing new and let running tasks end."""
    request = planner_service_pb2.StopTransactionRequest(
        transaction=transaction_id, force=force, grace_period_ms=grace_ms, erase=erase
    )
    show_transaction(session, session.planner.StopTransaction(request).transaction)


@transaction.command()
@click.argument("transaction_id", metavar="TRANSACTION")
@click.option("--watch", "is_watched", is_flag=True, help="Follow the new one to its end.")
@command
def retry(session: Session, transaction_id: str, *, is_watched: bool) -> None:
    """Do again what a failed or stopped TRANSACTION has not brought about."""
    request = planner_service_pb2.RetryTransactionRequest(transaction=transaction_id)
    accepted = session.planner.RetryTransaction(request).transaction
    if not is_watched:
        show_transaction(session, accepted)
        return
    finished = follow(session, accepted.name)
    if finished.state != transaction_pb2.TRANSACTION_STATE_SUCCEEDED:
        raise SystemExit(FAILED)


@transaction.command()
@click.argument("transaction_id", metavar="TRANSACTION")
@click.option("--include-secrets", is_flag=True, help="Leave passwords, keys and tokens in.")
@command
def messages(session: Session, transaction_id: str, *, include_secrets: bool) -> None:
    """Print the messages of TRANSACTION in the reference's JSON, one a line."""
    request = pb.StreamMessagesRequest(transaction=transaction_id, include_secrets=include_secrets)
    for piece in session.transactions.StreamMessages(request):
        click.echo(piece.data, nl=piece.last)


def show_transaction(session: Session, found: transaction_pb2.Transaction) -> None:
    """Print a transaction with its steps."""
    steps = [
        (
            f"step {step.kind}",
            (
                f"{label(step.state, transaction_pb2.StepState)} {step.progress_percent}%"
                f" ({step.node_count} nodes, {step.task_run_count} task runs)"
            ),
        )
        for step in found.steps
    ]
    failure = [("failure", f"{found.failure.message} [{found.failure.reason}]")]
    violations = [(f"  {v.reason}", v.message) for v in found.failure.violations]
    session.print_message(
        found,
        [
            ("transaction", found.name),
            ("cluster", found.cluster),
            ("state", label(found.state, transaction_pb2.TransactionState)),
            ("progress", f"{found.progress_percent}%"),
            ("activity", found.current_activity or "-"),
            *steps,
            *((failure + violations) if found.HasField("failure") else ()),
        ],
    )


def _row(found: transaction_pb2.Transaction) -> tuple[object, ...]:
    return (
        found.name,
        found.cluster,
        label(found.state, transaction_pb2.TransactionState),
        f"{found.progress_percent}%",
        found.create_time.ToJsonString(),
    )


def _run_row(run: transaction_pb2.TaskRun) -> tuple[object, ...]:
    return (
        run.step,
        run.uid,
        run.task,
        label(run.state, transaction_pb2.TaskState),
        run.start_offset.ToJsonString() if run.HasField("start_offset") else "-",
        run.end_offset.ToJsonString() if run.HasField("end_offset") else "-",
        run.error or "-",
    )

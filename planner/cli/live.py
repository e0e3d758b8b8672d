"""How does a person follow a transaction: live on a terminal, line by line elsewhere?"""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import click
import grpc
from google.protobuf.json_format import MessageToJson
from rich.console import Group
from rich.live import Live
from rich.progress import BarColumn, Progress, TaskID, TaskProgressColumn, TextColumn
from rich.table import Table
from rich.text import Text

from planner.cli.session import label
from planner.v1 import inventory_service_pb2, node_pb2, transaction_pb2
from planner.v1 import transaction_service_pb2 as pb

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import RenderableType

    from planner.cli.session import Session

SHOWN_TASKS: Final = 8
"""Most running tasks that the display names."""

SUMMARY_NODES: Final = 40
"""Most nodes that the summary lists one by one."""

STYLES: Final = {"ready": "green", "error": "bold red", "dep_failed": "red", "skipped": "dim"}


def follow(session: Session, transaction: str) -> transaction_pb2.Transaction:
    """Show a transaction until it is done, and a summary; return it in its final state.

    A connection that breaks is taken up again where it was: each event is shown once.
    """
    if session.is_json:
        return _follow_json(session, transaction)
    view = _View(transaction)
    if session.console.is_terminal:
        with Live(view.render(), console=session.console, refresh_per_second=8) as live:
            for response in _responses(session, transaction):
                view.take(response)
                live.update(view.render())
    else:
        for response in _responses(session, transaction):
            for line in view.take(response):
                click.echo(line)
    _print_summary(session, view.transaction)
    return view.transaction


def _follow_json(session: Session, transaction: str) -> transaction_pb2.Transaction:
    """Print each response of the stream as one line of JSON."""
    finished = transaction_pb2.Transaction()
    for response in _responses(session, transaction):
        click.echo(MessageToJson(response, preserving_proto_field_name=True, indent=None))
        if response.HasField("finished"):
            finished = response.finished
    return finished


def _responses(session: Session, transaction: str) -> Iterator[pb.WatchTransactionResponse]:
    after: int | None = None
    while True:
        request = pb.WatchTransactionRequest(transaction=transaction, after_sequence=after)
        try:
            for response in session.transactions.WatchTransaction(request):
                after = _sequence(response, after)
                yield response
                if response.HasField("finished"):
                    return
        except grpc.RpcError as error:
            if after is None or error.code() is not grpc.StatusCode.UNAVAILABLE:
                raise
            time.sleep(0.5)


def _sequence(response: pb.WatchTransactionResponse, after: int | None) -> int | None:
    if response.HasField("snapshot"):
        return response.snapshot.last_sequence
    return response.events.events[-1].sequence if response.events.events else after


@dataclass
class _View:
    """What is known of a transaction from its stream."""

    name: str
    transaction: transaction_pb2.Transaction = field(default_factory=transaction_pb2.Transaction)
    nodes: dict[str, transaction_pb2.NodeChange] = field(default_factory=dict)
    running: dict[tuple[str, str], None] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    _bars: Progress = field(
        default_factory=lambda: Progress(
            TextColumn("{task.description:<12}"), BarColumn(), TaskProgressColumn()
        )
    )
    _bar_of: dict[int, TaskID] = field(default_factory=dict)

    def take(self, response: pb.WatchTransactionResponse) -> list[str]:
        """Take a response in; return it as lines for people."""
        if response.HasField("snapshot"):
            self.transaction = response.snapshot
            return [f"{response.snapshot.name} of {response.snapshot.cluster}"]
        if response.HasField("finished"):
            self.transaction = response.finished
            self._sync_bars()
            return []
        lines = [line for event in response.events.events for line in self._take_event(event)]
        self._sync_bars()
        return lines

    def _take_event(self, event: transaction_pb2.TransactionEvent) -> list[str]:
        change = event.WhichOneof("change")
        if change == "task":
            return self._take_task(event.task)
        if change == "node":
            return self._take_node(event.node)
        if change == "step":
            return self._take_step(event.step)
        return self._take_transaction(event.transaction)

    def _take_task(self, task: transaction_pb2.TaskChange) -> list[str]:
        state = label(task.state, transaction_pb2.TaskState)
        place = (task.uid, task.task)
        if state == "running":
            self.running[place] = None
        else:
            self.running.pop(place, None)
            self.counts[state] += 1
        when = task.offset.ToMilliseconds() / 1000
        error = f": {task.error}" if task.error else ""
        return [f"{when:9.1f}s  {task.uid:>6}  {task.task}  {state}{error}"]

    def _take_node(self, node: transaction_pb2.NodeChange) -> list[str]:
        before = self.nodes.get(node.uid)
        self.nodes[node.uid] = node
        if before is not None and before.status == node.status:
            return []
        return [f"node {node.uid}: {label(node.status, node_pb2.NodeStatus)}"]

    def _take_step(self, change: transaction_pb2.StepChange) -> list[str]:
        while len(self.transaction.steps) <= change.step:
            self.transaction.steps.add()
        step = self.transaction.steps[change.step]
        step.kind = change.kind
        step.progress_percent = change.progress_percent
        if not change.state:
            return []
        step.state = change.state
        return [f"{step.kind}: {label(change.state, transaction_pb2.StepState)}"]

    def _take_transaction(self, change: transaction_pb2.TransactionChange) -> list[str]:
        self.transaction.progress_percent = change.progress_percent
        if change.current_activity:
            self.transaction.current_activity = change.current_activity
        if not change.state:
            return []
        self.transaction.state = change.state
        return [f"transaction: {label(change.state, transaction_pb2.TransactionState)}"]

    def _sync_bars(self) -> None:
        for position, step in enumerate(self.transaction.steps):
            if position not in self._bar_of:
                self._bar_of[position] = self._bars.add_task(step.kind, total=100)
            self._bars.update(
                self._bar_of[position],
                completed=step.progress_percent,
                description=step.kind,
            )

    def render(self) -> RenderableType:
        """Draw the present state: a bar a step, counts, what runs now."""
        state = label(self.transaction.state, transaction_pb2.TransactionState)
        head = Text(f"{self.name}  {state}  {self.transaction.progress_percent}%", style="bold")
        counts = "  ".join(f"{name} {count}" for name, count in sorted(self.counts.items()))
        lines = [Text(f"  {uid:>6}  {task}") for uid, task in list(self.running)[:SHOWN_TASKS]]
        more = len(self.running) - SHOWN_TASKS
        if more > 0:
            lines.append(Text(f"          … {more} more", style="dim"))
        activity = Text(self.transaction.current_activity, style="dim")
        return Group(head, self._bars, Text(counts), *lines, activity)


def _print_summary(session: Session, finished: transaction_pb2.Transaction) -> None:
    """Print how it ended and what became of every node."""
    state = label(finished.state, transaction_pb2.TransactionState)
    elapsed = finished.stats.elapsed.ToMilliseconds() / 1000
    runs = ", ".join(
        f"{entry.count} {label(entry.state, transaction_pb2.TaskState)}"
        for entry in finished.stats.task_runs
    )
    click.echo()
    click.echo(f"{finished.name} {state} after {elapsed:.1f}s on the orchestrator's clock")
    if runs:
        click.echo(f"task runs: {runs}")
    if finished.HasField("failure"):
        click.echo(f"failure: {finished.failure.message} [{finished.failure.reason}]")
        for violation in finished.failure.violations:
            click.echo(f"  {violation.subject}: {violation.message} [{violation.reason}]")
    request = inventory_service_pb2.ListNodesRequest(cluster=finished.cluster, page_size=1000)
    nodes = session.inventory.ListNodes(request).nodes
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("NODE", "NAME", "STATUS", "ROLES"):
        table.add_column(column)
    ordered = sorted(nodes, key=lambda node: (node.status == 1, int(node.uid)))
    for node in ordered[:SUMMARY_NODES]:
        status = label(node.status, node_pb2.NodeStatus)
        roles = ",".join(node.roles or node.pending_roles)
        table.add_row(node.uid, node.hostname, Text(status, STYLES.get(status, "")), roles)
    session.console.print(table)
    if len(nodes) > SUMMARY_NODES:
        statuses = Counter(label(node.status, node_pb2.NodeStatus) for node in nodes)
        counted = ", ".join(f"{n} {status}" for status, n in statuses.most_common())
        click.echo(f"… {len(nodes) - SUMMARY_NODES} more nodes; all: {counted}")

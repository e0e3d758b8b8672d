"""Does every event of a transaction's log obey the laws that the log is under?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from planner.domain.states import (
    NODE_TRANSITIONS,
    STEP_TRANSITIONS,
    TASK_TRANSITIONS,
    TRANSACTION_TRANSITIONS,
    NodeStatus,
    StepState,
    TaskState,
    TransactionState,
)
from planner.v1 import inventory_service_pb2 as inventory_pb
from planner.v1 import node_pb2, transaction_pb2
from planner.v1 import transaction_service_pb2 as transaction_pb

if TYPE_CHECKING:
    from tests.processes import Pair


class Chronicle:
    """Watches transactions and holds every event to the laws of the log.

    Sequences rise by one; states change as their tables allow; progress never falls.
    """

    def __init__(self, pair: Pair) -> None:
        self._pair = pair
        self._nodes: dict[str, NodeStatus] = {}

    def watch(self, transaction: str) -> transaction_pb2.Transaction:
        """Watch a transaction from its first event to its end; return how it ended."""
        self._read_nodes()
        laws = _Laws(self._nodes)
        request = transaction_pb.WatchTransactionRequest(transaction=transaction, after_sequence=0)
        for response in self._pair.transactions.WatchTransaction(request):
            for event in response.events.events:
                laws.take(event)
            if response.HasField("finished"):
                laws.check_end(response.finished)
                return response.finished
        raise AssertionError("a stream does not end without finished")

    def _read_nodes(self) -> None:
        request = inventory_pb.ListNodesRequest(page_size=1000)
        for node in self._pair.inventory.ListNodes(request).nodes:
            self._nodes.setdefault(node.uid, _state(NodeStatus, node_pb2.NodeStatus, node.status))


class _Laws:
    """The laws of one transaction's log, applied to one event after another."""

    def __init__(self, nodes: dict[str, NodeStatus]) -> None:
        self._nodes = nodes
        self._sequence = 0
        self._progress = 0
        self._transaction = TransactionState.PENDING
        self._steps: dict[int, StepState] = {}
        self._tasks: dict[tuple[int, str, str], TaskState] = {}

    def take(self, event: transaction_pb2.TransactionEvent) -> None:
        assert event.sequence == self._sequence + 1, "the log has a gap"
        self._sequence = event.sequence
        change = event.WhichOneof("change")
        assert change is not None, "an event says what changed"
        getattr(self, f"_take_{change}")(getattr(event, change))

    def check_end(self, finished: transaction_pb2.Transaction) -> None:
        assert finished.last_sequence == self._sequence
        assert finished.progress_percent >= self._progress
        assert self._transaction.is_final
        assert all(state.is_final for state in self._steps.values())

    def _take_transaction(self, change: transaction_pb2.TransactionChange) -> None:
        assert change.progress_percent >= self._progress, "progress fell"
        self._progress = change.progress_percent
        if change.state:
            proto = transaction_pb2.TransactionState
            new = _state(TransactionState, proto, change.state)
            is_first = self._sequence == 1
            assert is_first or new in TRANSACTION_TRANSITIONS[self._transaction], (
                self._transaction,
                new,
            )
            self._transaction = new

    def _take_step(self, change: transaction_pb2.StepChange) -> None:
        if not change.state:
            return
        new = _state(StepState, transaction_pb2.StepState, change.state)
        old = self._steps.get(change.step)
        assert old is None or new in STEP_TRANSITIONS[old], (change.step, old, new)
        self._steps[change.step] = new

    def _take_task(self, change: transaction_pb2.TaskChange) -> None:
        place = (change.step, change.uid, change.task)
        old = self._tasks.get(place, TaskState.PENDING)
        new = _state(TaskState, transaction_pb2.TaskState, change.state)
        assert new in TASK_TRANSITIONS[old], (place, old, new)
        self._tasks[place] = new

    def _take_node(self, change: transaction_pb2.NodeChange) -> None:
        new = _state(NodeStatus, node_pb2.NodeStatus, change.status)
        old = self._nodes.get(change.uid, NodeStatus.DISCOVER)
        assert new is old or new in NODE_TRANSITIONS[old], (change.uid, old, new)
        self._nodes[change.uid] = new


def _state(kind: Any, proto: Any, number: int) -> Any:
    """Read a proto state as the domain's of the same name."""
    return next(state for state in kind if proto.Name(number).endswith(f"_{state.name}"))

"""What does a `Message` on the wire say, in the domain's words?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from orchestrator.domain.envelope.reader import check_api_version, parse_envelope, read_envelope
from orchestrator.domain.errors import MessageRefusedError, Violation
from orchestrator.domain.message import (
    DumpEnvironment,
    Edges,
    ExecuteTasks,
    FaultToleranceGroup,
    GranularDeploy,
    Message,
    NetworkCheck,
    NodeEntry,
    NodeTransitions,
    Provision,
    ProvisionTolerance,
    RemoveNodes,
    RepositoryCheck,
    ResetEnvironment,
    StopDeployTask,
    Subgraph,
    TaskDefinition,
    TaskDeploy,
    TaskGraph,
    Work,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from orchestrator.v1 import message_pb2 as pb


def read_message(message: pb.Message) -> Message:
    """Convert a message; raises MessageRefusedError with every violation of its shape.

    Whether its graph can run is the business of `simulate.opening.check`.
    """
    violations: list[Violation] = []
    check_api_version(message.api_version, violations)
    method = str(message.WhichOneof("method") or "")
    if not method:
        text = "exactly one method is required"
        violations.append(Violation("INVALID_MESSAGE", "method", text))
    if violations:
        raise MessageRefusedError(violations)
    if method == "reference_json":
        return _read_reference(message)
    work = _READERS[method](getattr(message, method))
    subtasks = tuple(read_message(subtask) for subtask in message.subtasks)
    return Message(message.task_uuid, method, work, message.respond_to, subtasks)


def _read_reference(message: pb.Message) -> Message:
    """Read the reference's envelope; a task uuid on the outside has to be the one inside."""
    read = read_envelope(parse_envelope(message.reference_json))
    if message.task_uuid not in {"", read.task_uuid}:
        text = f"is {message.task_uuid!r}, the envelope says {read.task_uuid!r}"
        raise MessageRefusedError([Violation("INVALID_MESSAGE", "task_uuid", text)])
    return read


def _task_deploy(args: pb.TaskDeployArgs) -> TaskDeploy:
    return TaskDeploy(
        graph=_graph(args.graph),
        fault_tolerance_groups=tuple(
            FaultToleranceGroup(group.name, tuple(group.uids), group.fault_tolerance)
            for group in args.fault_tolerance_groups
        ),
        transitions=_transitions(args.node_statuses_transitions),
        subgraphs=tuple(Subgraph(tuple(s.start), tuple(s.end)) for s in args.subgraphs),
        dry_run=args.dry_run,
        noop_run=args.noop_run,
        debug=args.debug,
    )


def _graph(graph: pb.TaskGraph) -> TaskGraph:
    return TaskGraph(
        uids=tuple(graph.uids),
        task_ids=tuple(graph.task_ids),
        definitions=tuple(
            TaskDefinition(
                type=definition.type,
                fail_on_error=(
                    definition.fail_on_error if definition.HasField("fail_on_error") else None
                ),
                parameters=(
                    definition.parameters_json if definition.HasField("parameters_json") else None
                ),
            )
            for definition in graph.definitions
        ),
        node=_integers(graph.node),
        task=_integers(graph.task),
        definition=_integers(graph.definition),
        barriers=graph.barriers,
        requires=Edges(_integers(graph.requires.starts), _integers(graph.requires.targets)),
        required_for=Edges(
            _integers(graph.required_for.starts), _integers(graph.required_for.targets)
        ),
        directory=tuple((entry.task_id, entry.entry_json) for entry in graph.directory),
    )


def _integers(values: Iterable[int]) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Return a packed column as 64-bit integers; beyond 63 bits they turn negative, so invalid."""
    return np.array(values, dtype=np.uint64).astype(np.int64)


def _transitions(given: pb.NodeStatusTransitions) -> NodeTransitions:
    defaults = NodeTransitions()
    return NodeTransitions(
        successful=(
            given.successful_json if given.HasField("successful_json") else defaults.successful
        ),
        failed=given.failed_json if given.HasField("failed_json") else defaults.failed,
        stopped=given.stopped_json if given.HasField("stopped_json") else defaults.stopped,
    )


def _nodes(entries: Iterable[pb.NodeEntry | pb.ProvisionNode]) -> tuple[NodeEntry, ...]:
    return tuple(NodeEntry(entry.uid, entry.attributes_json or "{}") for entry in entries)


def _provision(args: pb.ProvisionArgs) -> Provision:
    return Provision(
        nodes=_nodes(args.nodes),
        fault_tolerance=tuple(
            ProvisionTolerance(tuple(rule.uids), rule.percentage) for rule in args.fault_tolerance
        ),
        pre_provision=args.pre_provision_json or "[]",
        engine=args.engine_json or "{}",
    )


def _granular(args: pb.GranularDeployArgs) -> GranularDeploy:
    return GranularDeploy(
        args.deployment_info_json or "[]",
        args.pre_deployment_json or "[]",
        args.post_deployment_json or "[]",
    )


def _stop(args: pb.StopDeployTaskArgs) -> StopDeployTask:
    return StopDeployTask(args.stop_task_uuid, _nodes(args.nodes), args.engine_json or "{}")


def _removal(args: pb.RemoveNodesArgs) -> RemoveNodes:
    return RemoveNodes(_nodes(args.nodes), args.engine_json or "{}", args.check_ceph)


_READERS: Final[dict[str, Callable[[Any], Work]]] = {
    "task_deploy": _task_deploy,
    "image_provision": _provision,
    "native_provision": _provision,
    "granular_deploy": _granular,
    "stop_deploy_task": _stop,
    "remove_nodes": _removal,
    "reset_environment": lambda args: ResetEnvironment(
        _nodes(args.nodes), args.engine_json or "{}"
    ),
    "execute_tasks": lambda args: ExecuteTasks(args.tasks_json or "[]"),
    "verify_networks": lambda args: NetworkCheck(_nodes(args.nodes)),
    "check_dhcp": lambda args: NetworkCheck(_nodes(args.nodes)),
    "multicast_verification": lambda args: NetworkCheck(_nodes(args.nodes)),
    "check_repositories": lambda args: RepositoryCheck(_nodes(args.nodes), tuple(args.urls)),
    "check_repositories_with_setup": lambda args: RepositoryCheck(
        _nodes(args.nodes), tuple(args.urls)
    ),
    "dump_environment": lambda args: DumpEnvironment(args.settings_json or "{}"),
}

"""What message does an envelope of the reference's JSON spell?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from orchestrator.domain.canonical import canonical_json, parse_json
from orchestrator.domain.envelope.fields import Fields, raise_if_any
from orchestrator.domain.envelope.task_graph_reader import read_task_graph
from orchestrator.domain.errors import MessageRefusedError, Violation
from orchestrator.domain.message import (
    DumpEnvironment,
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
    TaskDeploy,
    Work,
)

if TYPE_CHECKING:
    from collections.abc import Callable

API_VERSION: Final = "1"


def parse_envelope(text: str) -> dict[str, Any]:
    """Parse the JSON text of an envelope; raises MessageRefusedError."""
    try:
        value = parse_json(text)
        canonical_json(value)  # what is nested too deeply to be written is refused here
    except (ValueError, RecursionError) as error:
        text = f"is no JSON text: {error}"
        raise MessageRefusedError([Violation("INVALID_MESSAGE", "reference_json", text)]) from error
    if not isinstance(value, dict):
        text = "must be a JSON object"
        raise MessageRefusedError([Violation("INVALID_MESSAGE", "reference_json", text)])
    return value


def read_envelope(envelope: dict[str, Any]) -> Message:
    """Read an envelope of any method; raises MessageRefusedError with every violation.

    What a method does not interpret is ignored, as the reference does.
    """
    violations: list[Violation] = []
    fields = Fields(envelope, "message", violations)
    check_api_version(fields.text("api_version", API_VERSION), violations)
    method = fields.text("method", is_required=True)
    args = fields.inner("args", is_required=True)
    task_uuid = args.text("task_uuid", is_required=True)
    respond_to = fields.text("respond_to")
    read = READERS.get(method)
    if read is None:
        known = ", ".join(sorted(READERS))
        fields.refuse("method", f"unknown method {method!r}; known are {known}", "UNKNOWN_METHOD")
        raise MessageRefusedError(violations)
    work = read(args)
    raise_if_any(violations)
    subtasks = tuple(read_envelope(subtask) for subtask in fields.items("subtasks"))
    return Message(task_uuid, method, work, respond_to, subtasks)


def check_api_version(version: str, violations: list[Violation]) -> None:
    """Note a violation where the envelope's version is not the known one."""
    if version not in {"", API_VERSION}:
        text = f"must be {API_VERSION!r}, is {version!r}"
        violations.append(Violation("INVALID_MESSAGE", "message.api_version", text))


def read_task_deploy(args: Fields) -> TaskDeploy:
    """Read the arguments of task_deploy."""
    metadata = args.inner("tasks_metadata")
    rows = args.mapping("tasks_graph")
    if not rows:
        args.refuse("tasks_graph", "a deployment needs a graph", "EMPTY_GRAPH")
    directory = args.mapping("tasks_directory")
    graph = read_task_graph(rows, directory, "args.tasks_graph", args.violations)
    groups = [
        Fields(group, f"fault_tolerance_groups[{index}]", args.violations)
        for index, group in enumerate(metadata.items("fault_tolerance_groups"))
    ]
    subgraphs = [
        Fields(subgraph, f"subgraphs[{index}]", args.violations)
        for index, subgraph in enumerate(metadata.items("subgraphs"))
    ]
    return TaskDeploy(
        graph=graph,
        fault_tolerance_groups=tuple(
            FaultToleranceGroup(
                group.text("name"), group.uids("node_ids"), group.whole_number("fault_tolerance")
            )
            for group in groups
        ),
        transitions=_transitions(metadata.inner("node_statuses_transitions")),
        subgraphs=tuple(Subgraph(_selectors(s, "start"), _selectors(s, "end")) for s in subgraphs),
        dry_run=args.flag("dry_run"),
        noop_run=args.flag("noop_run"),
        debug=args.flag("debug"),
    )


def _transitions(fields: Fields) -> NodeTransitions:
    given = {
        name: canonical_json(fields.mapping(name))
        for name in ("successful", "failed", "stopped")
        if fields.has(name)
    }
    return NodeTransitions(**given)


def _selectors(fields: Fields, key: str) -> tuple[str, ...]:
    selectors = fields.items(key)
    if not all(isinstance(selector, str) for selector in selectors):
        fields.refuse(key, "must be a list of task names")
        return ()
    return tuple(selectors)


def read_provision(args: Fields) -> Provision:
    """Read the arguments of image_provision and native_provision."""
    info = args.inner("provisioning_info", is_required=True)
    tolerance = [
        Fields(rule, f"provisioning_info.fault_tolerance[{index}]", args.violations)
        for index, rule in enumerate(info.items("fault_tolerance"))
    ]
    return Provision(
        nodes=_nodes(info),
        fault_tolerance=tuple(
            ProvisionTolerance(rule.uids("uids"), rule.number("percentage")) for rule in tolerance
        ),
        pre_provision=canonical_json(info.items("pre_provision")),
        engine=canonical_json(info.mapping("engine")),
    )


def _nodes(fields: Fields) -> tuple[NodeEntry, ...]:
    entries = [
        Fields(node, f"nodes[{index}]", fields.violations)
        for index, node in enumerate(fields.items("nodes"))
    ]
    return tuple(NodeEntry(entry.uid(), canonical_json(entry.rest("uid"))) for entry in entries)


def _read_granular(args: Fields) -> GranularDeploy:
    return GranularDeploy(
        deployment_info=canonical_json(args.items("deployment_info")),
        pre_deployment=canonical_json(args.items("pre_deployment")),
        post_deployment=canonical_json(args.items("post_deployment")),
    )


def _read_stop(args: Fields) -> StopDeployTask:
    engine = canonical_json(args.mapping("engine"))
    return StopDeployTask(args.text("stop_task_uuid", is_required=True), _nodes(args), engine)


def _read_removal(args: Fields) -> RemoveNodes:
    engine = canonical_json(args.mapping("engine"))
    return RemoveNodes(_nodes(args), engine, args.flag("check_ceph"))


def _read_repositories(args: Fields) -> RepositoryCheck:
    urls = args.items("urls")
    if not all(isinstance(url, str) for url in urls):
        args.refuse("urls", "must be a list of texts")
        urls = []
    return RepositoryCheck(_nodes(args), tuple(urls))


READERS: Final[dict[str, Callable[[Fields], Work]]] = {
    "task_deploy": read_task_deploy,
    "image_provision": read_provision,
    "native_provision": read_provision,
    "granular_deploy": _read_granular,
    "stop_deploy_task": _read_stop,
    "remove_nodes": _read_removal,
    "reset_environment": lambda args: ResetEnvironment(
        _nodes(args), canonical_json(args.mapping("engine"))
    ),
    "execute_tasks": lambda args: ExecuteTasks(canonical_json(args.items("tasks"))),
    "verify_networks": lambda args: NetworkCheck(_nodes(args)),
    "check_dhcp": lambda args: NetworkCheck(_nodes(args)),
    "multicast_verification": lambda args: NetworkCheck(_nodes(args)),
    "check_repositories": _read_repositories,
    "check_repositories_with_setup": _read_repositories,
    "dump_environment": lambda args: DumpEnvironment(canonical_json(args.mapping("settings"))),
}

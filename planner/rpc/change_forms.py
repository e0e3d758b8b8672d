"""What does a client want done to a cluster? Reads the requests of PlannerService."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from planner.domain.states import RunMode
from planner.domain.transaction import GraphRun, Selection, StopRequest, Subgraph
from planner.rpc.enums import RUN_MODE
from planner.services.changes import Change

if TYPE_CHECKING:
    from collections.abc import Mapping

    from planner.rpc.names import Fields
    from planner.v1 import planner_service_pb2 as pb
    from planner.v1 import selection_pb2

MAX_LABELS, MAX_LABEL_LENGTH, MAX_SELECTED, MAX_GRAPHS = 64, 256, 10_000, 100
MAX_GRACE_MS: Final = 24 * 3_600_000
DIGEST: Final = re.compile(r"[0-9a-f]{64}\Z")


def read_preview(request: pb.PreviewChangesRequest, fields: Fields) -> Change:
    """Read what to look at."""
    return Change(
        cluster=fields.resource("clusters", request.cluster, "cluster"),
        selection=_read_selection(request.selection, fields),
        run_mode=RUN_MODE.read(request.run_mode, "run_mode", fields) or RunMode.NORMAL,
    )


def read_apply(request: pb.ApplyChangesRequest, fields: Fields) -> Change:
    """Read what to bring about."""
    digest = request.expected_plan_digest
    if digest and not DIGEST.match(digest):
        fields.violate("BAD_DIGEST", "expected_plan_digest", "is not 64 hexadecimal digits")
    return Change(
        cluster=fields.resource("clusters", request.cluster, "cluster"),
        selection=_read_selection(request.selection, fields),
        run_mode=RUN_MODE.read(request.run_mode, "run_mode", fields) or RunMode.NORMAL,
        expected_digest=digest,
        labels=read_labels(request.labels, fields),
        scenario=fields.optional("scenarios", request.scenario, "scenario") or "",
        etag=request.etag,
    )


def read_graphs(request: pb.RunGraphsRequest, fields: Fields) -> Change:
    """Read which graphs to run, and where."""
    fields.count(request.graphs, MAX_GRAPHS, "graphs")
    if len(request.subgraphs) > MAX_GRAPHS:
        text = f"{len(request.subgraphs)} are more than {MAX_GRAPHS}"
        fields.violate("TOO_MANY", "subgraphs", text)
    return Change(
        cluster=fields.resource("clusters", request.cluster, "cluster"),
        selection=Selection(
            graphs=tuple(
                _read_graph(graph, f"graphs[{index}]", fields)
                for index, graph in enumerate(request.graphs[:MAX_GRAPHS])
            ),
            force=request.force,
            debug=request.debug,
            subgraphs=tuple(
                Subgraph(tuple(part.start), tuple(part.end)) for part in request.subgraphs
            ),
        ),
        run_mode=RUN_MODE.read(request.run_mode, "run_mode", fields) or RunMode.NORMAL,
        labels=read_labels(request.labels, fields),
        scenario=fields.optional("scenarios", request.scenario, "scenario") or "",
        etag=request.etag,
    )


def _read_graph(graph: selection_pb2.GraphRun, field: str, fields: Fields) -> GraphRun:
    for name, values in (("nodes", graph.nodes.nodes), ("tasks", graph.tasks)):
        if len(values) > MAX_SELECTED:
            text = f"{len(values)} are more than {MAX_SELECTED}"
            fields.violate("TOO_MANY", f"{field}.{name}", text)
    nodes = [
        fields.resource("nodes", node, f"{field}.nodes[{index}]")
        for index, node in enumerate(graph.nodes.nodes[:MAX_SELECTED])
    ]
    return GraphRun(
        graph.type,
        tuple(dict.fromkeys(nodes)) if graph.HasField("nodes") else None,
        tuple(dict.fromkeys(graph.tasks)),
    )


def _read_selection(selection: selection_pb2.Selection, fields: Fields) -> Selection:
    for field in ("nodes", "tasks", "graph_types"):
        values: Any = getattr(selection, field)
        if len(values) > MAX_SELECTED:
            text = f"{len(values)} are more than {MAX_SELECTED}"
            fields.violate("TOO_MANY", f"selection.{field}", text)
    nodes = [
        fields.resource("nodes", node, f"selection.nodes[{index}]")
        for index, node in enumerate(selection.nodes[:MAX_SELECTED])
    ]
    return Selection(
        nodes=tuple(dict.fromkeys(nodes)),
        tasks=tuple(dict.fromkeys(selection.tasks)),
        graphs=tuple(GraphRun(kind) for kind in selection.graph_types),
        force=selection.force,
    )


def read_labels(labels: Mapping[str, str], fields: Fields) -> Mapping[str, str]:
    """Read the labels of a transaction."""
    if len(labels) > MAX_LABELS:
        fields.violate("TOO_MANY", "labels", f"{len(labels)} are more than {MAX_LABELS}")
    for key, value in labels.items():
        if not 1 <= len(key) <= MAX_LABEL_LENGTH or len(value) > MAX_LABEL_LENGTH:
            text = f"a label and its value have at most {MAX_LABEL_LENGTH} characters"
            fields.violate("BAD_LABEL", f"labels[{key[:40]!r}]", text)
    return dict(labels)


def read_stop(request: pb.StopTransactionRequest, fields: Fields) -> StopRequest:
    """Read how to stop a transaction."""
    if not request.force and (request.grace_period_ms or request.erase):
        fields.violate("NEEDS_FORCE", "force", "grace_period_ms and erase need force")
    if request.grace_period_ms > MAX_GRACE_MS:
        text = f"{request.grace_period_ms} is more than a day"
        fields.violate("OUT_OF_RANGE", "grace_period_ms", text)
    return StopRequest(request.force, request.grace_period_ms, request.erase)

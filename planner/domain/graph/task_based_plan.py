"""How is a graph planned for releases before LCM, in the older, task-based form (dossier 7.2)?"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from planner.domain.graph import reasons
from planner.domain.graph.assembly import Assembly
from planner.domain.graph.chains import Chain, ChainSearch, chain_relations
from planner.domain.graph.json_text import json_text
from planner.domain.graph.layout import Layout
from planner.domain.graph.node_set import NodeSet
from planner.domain.graph.older_cluster import OlderCluster
from planner.domain.graph.older_tasks import OlderPlacing, PlacedTask
from planner.domain.graph.plan_outcome import PlanOutcome
from planner.domain.graph.relations import read_relations
from planner.domain.graph.tables import Tables
from planner.domain.graph.task import TaskType
from planner.domain.graph.task_filling import Verdict
from planner.domain.graph.task_graph import Reason, TaskDefinition

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from planner.domain.graph.edge_drawing import DrawingRules
    from planner.domain.graph.payloads import Payload
    from planner.domain.graph.request import PlanRequest


def plan_task_based(request: PlanRequest, rules: DrawingRules) -> PlanOutcome:
    """Plan in the older form: payloads once per task id, in the directory.

    Raises GraphError: a version before 2.0.0 on a task that has nodes, an unknown member of a
    group, a condition that cannot be evaluated, a known id without its parameters.
    """
    nodes = NodeSet((*request.nodes, *request.affected_nodes))
    links = _collect(OlderPlacing(request, nodes, OlderCluster(request)).placed(), nodes)
    layout = Layout(nodes, links.present)
    tables = Tables()
    assembly = Assembly(layout, tables)
    affected = _positions(nodes, {node.uid for node in request.affected_nodes})
    for group, present in enumerate(links.present):
        for link_id, link in sorted(present.items()):
            verdicts = _verdicts(link, tables, nodes.groups[group].positions, affected)
            assembly.put(group, layout.task_index[link_id], verdicts)
    search = ChainSearch(layout, links.chains)
    directory = [(i, json_text({"id": i, **p})) for i, p in sorted(links.directory.items())]
    graph, loops = assembly.finish(search, rules, directory=directory)
    return PlanOutcome(graph, loops, assembly.relations(), tables)


@dataclass(frozen=True, slots=True)
class _Link:
    """One payload of a placed task; most tasks have a single one."""

    placed: PlacedTask
    index: int

    @property
    def type(self) -> str:
        return str(self.placed.payloads[self.index]["type"])


@dataclass(slots=True)
class _Links:
    """Links by group of nodes, the directory, and the chains that unfolded tasks form."""

    present: list[dict[str, _Link]]
    directory: dict[str, Payload] = field(default_factory=dict)
    chains: dict[str, Chain] = field(default_factory=dict)


def _collect(placed: Iterable[PlacedTask], nodes: NodeSet) -> _Links:
    links = _Links([{} for _ in nodes.groups])
    for task in placed:
        if not task.groups:
            continue
        chain = Chain.of(task.task.id, len(task.payloads))
        links.chains.update(dict.fromkeys(chain.ids, chain))
        for index, link_id in enumerate(chain.ids):
            link = _Link(task, index)
            for group in task.groups:
                _keep(links.present[group], link_id, link, is_idle=not task.runs)
            payload = task.payloads[index]
            held = links.directory.get(link_id)
            if held is None or _is_idle(held) > _is_idle(payload):
                links.directory[link_id] = payload
    return links


def _keep(present: dict[str, _Link], link_id: str, link: _Link, *, is_idle: bool) -> None:
    """Keep the first of an id on a node, unless it only carries edges and the other runs."""
    held = present.get(link_id)
    if held is None or (not held.placed.runs and not is_idle):
        present[link_id] = link


def _is_idle(payload: Payload) -> bool:
    return bool(payload["type"] == TaskType.SKIPPED.value)


def _verdicts(
    link: _Link, tables: Tables, positions: NDArray[np.int64], affected: NDArray[np.int64]
) -> list[Verdict]:
    relations = read_relations(link.placed.task.document, link.placed.task.id)
    chain = Chain.of(link.placed.task.id, len(link.placed.payloads))
    number = tables.relations.number(chain_relations(relations, chain, link.index))
    deployed = _verdict(link, tables, number, link.placed.reason)
    if not len(affected) or not len(np.intersect1d(positions, affected)):
        return [deployed]
    elsewhere = _verdict(link, tables, number, _reason_if_affected(link.placed))
    return [elsewhere if is_affected else deployed for is_affected in np.isin(positions, affected)]


def _verdict(link: _Link, tables: Tables, relations: int, reason: Reason) -> Verdict:
    kind = link.type if reason.code in reasons.RUNNING else TaskType.SKIPPED.value
    definition = TaskDefinition(kind, fail_on_error=None, parameters=None)
    return Verdict(tables.definitions.number(definition), tables.reasons.number(reason), relations)


def _reason_if_affected(placed: PlacedTask) -> Reason:
    if not placed.runs:
        return placed.reason
    if placed.is_forced:
        return Reason(reasons.SUBSCRIBED, "it subscribes to the event of this run")
    return Reason(reasons.AFFECTED_ONLY, "its node is only affected by this run")


def _positions(nodes: NodeSet, uids: set[str]) -> NDArray[np.int64]:
    return np.array([i for i, uid in enumerate(nodes.uids) if uid in uids], dtype=np.int64)

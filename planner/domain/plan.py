"""What would a change do? The pure function behind Preview, Apply and the offline doors (law 1)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from planner.domain.classic_plan import plan_classic
from planner.domain.graph_run import plan_graphs
from planner.domain.release import DEPLOY_SEQUENCE
from planner.domain.transaction import GraphRun, Selection

if TYPE_CHECKING:
    from planner.domain.planned import Plan, Snapshot
    from planner.domain.release import Release
    from planner.domain.states import RunMode


def plan(snapshot: Snapshot, selection: Selection, run_mode: RunMode) -> Plan:
    """Plan a change of a cluster. Equal input gives an equal plan, byte for byte.

    Raises a planner error for data that cannot be planned (an expression that fails); rules
    that are broken are violations of the plan. The selection must be ``settled``.
    """
    if selection.graphs:
        return plan_graphs(snapshot, selection, run_mode)
    return plan_classic(snapshot, selection, run_mode)


def settled(release: Release, selection: Selection) -> Selection:
    """Name the graphs that run one after another; none where messages do it (decision 4).

    Nodes and tasks of the whole selection hold for each graph that names none of its own.
    """
    graphs = selection.graphs
    if not graphs and release.has_lcm:
        graphs = tuple(GraphRun(kind) for kind in release.sequences.get(DEPLOY_SEQUENCE, ()))
    nodes = selection.nodes or None
    return replace(
        selection,
        graphs=tuple(
            GraphRun(
                graph.type,
                nodes if graph.nodes is None else graph.nodes,
                graph.tasks or selection.tasks,
            )
            for graph in graphs
        ),
    )

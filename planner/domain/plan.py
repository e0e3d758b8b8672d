"""What would a change do? The pure function behind Preview, Apply and the offline doors (law 1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.domain.classic_plan import plan_classic
from planner.domain.graph_run import plan_graphs
from planner.domain.release import DEPLOY_SEQUENCE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from planner.domain.planned import Plan, Snapshot
    from planner.domain.release import Release
    from planner.domain.states import RunMode
    from planner.domain.transaction import Selection


def plan(snapshot: Snapshot, selection: Selection, run_mode: RunMode) -> Plan:
    """Plan a change of a cluster. Equal input gives an equal plan, byte for byte.

    Raises a planner error for data that cannot be planned (an expression that fails); rules
    that are broken are violations of the plan.
    """
    graphs = graphs_to_run(snapshot.release, selection)
    if graphs:
        return plan_graphs(snapshot, graphs, selection, run_mode)
    return plan_classic(snapshot, selection, run_mode)


def graphs_to_run(release: Release, selection: Selection) -> Sequence[str]:
    """Name the graphs that run one after another; none where messages do it (decision 4)."""
    if selection.graph_types:
        return selection.graph_types
    return release.sequences.get(DEPLOY_SEQUENCE, ()) if release.has_lcm else ()

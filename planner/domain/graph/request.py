"""What does it take to plan a graph?"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any, Final

from planner.domain.graph.state import NEVER_RAN, ExpectedState, OldState

if TYPE_CHECKING:
    from collections.abc import Mapping

    from planner.domain.graph.node_set import RunNode
    from planner.domain.graph.task import Task

DEFAULT_SETTINGS: Final[Mapping[str, Any]] = {
    "MASTER_IP": "10.20.0.2",
    "LCM_CHECK_TASK_VERSION": False,
    "CLUSTER_ID": 1,
    "OPENSTACK_VERSION": "newton-10.0",
}
"""Settings of the service that planning reads (golden README); the last two only serve the
older form, which knows no state."""


class Engine(Enum):
    """Forms of planning a task graph (dossier 7.2, 8)."""

    LCM = "lcm"
    TASK_DEPLOY = "task_deploy"


@dataclass(frozen=True, slots=True)
class PlanRequest:
    """Everything a plan depends on; equal requests give equal plans, byte for byte.

    ``tasks`` are in stored form, in the order of their graph. ``selected_tasks`` empty means
    all. ``old_state`` NEVER_RAN is a first or a forced run. ``volatile`` lists dotted paths of
    facts that never count as changed (decision 8). The older form reads ``cluster`` (its
    ``editable`` settings and ``attributes``), ``affected_nodes`` and ``events`` instead of state.
    """

    engine: Engine
    tasks: tuple[Task, ...]
    nodes: tuple[RunNode, ...]
    state: ExpectedState = field(default_factory=ExpectedState)
    old_state: OldState = NEVER_RAN
    selected_tasks: frozenset[str] = frozenset()
    affected_nodes: tuple[RunNode, ...] = ()
    events: frozenset[str] = frozenset()
    adapts_legacy: bool = False
    plugin_tasks: tuple[Mapping[str, Any], ...] = ()
    cluster: Mapping[str, Any] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    volatile: frozenset[str] = frozenset()

    def setting(self, name: str) -> Any:
        """Return a setting of the service, or its default, or None."""
        value = self.settings.get(name)
        return DEFAULT_SETTINGS.get(name) if value is None else value

    @property
    def all_settings(self) -> Mapping[str, Any]:
        """Return the settings of the service, defaults included."""
        return {**DEFAULT_SETTINGS, **self.settings}

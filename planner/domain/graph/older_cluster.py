"""What does the older form of planning know about a cluster?"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from planner.domain.graph.errors import ExpressionError
from planner.domain.graph.legacy_condition import evaluate_condition, follow

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from planner.domain.graph.request import PlanRequest

_SETTINGS: Final = ("editable", "attributes")


class OlderCluster:
    """The cluster of a request: raw settings, attributes and facts, with the usual defaults."""

    def __init__(self, request: PlanRequest) -> None:
        self._request = request
        self._given = request.cluster
        self.operating_system: str = self._given.get("operating_system") or "Ubuntu"

    @cached_property
    def words(self) -> Mapping[str, Any]:
        """What placeholders of known task ids stand for."""
        setting = self._request.setting
        words = {
            "CLUSTER_ID": self._given.get("id", setting("CLUSTER_ID")),
            "OPENSTACK_VERSION": self._given.get("release_version", setting("OPENSTACK_VERSION")),
            "MASTER_IP": setting("MASTER_IP"),
            "CN_HOSTNAME": follow(self._given, "editable.public_ssl.hostname.value"),
        }
        return {word: value for word, value in words.items() if value is not None}

    @property
    def node_list(self) -> Sequence[Any]:
        """The nodes of the cluster as its shared data list them."""
        found = self._request.state.common.get("nodes")
        return found if isinstance(found, list) else []

    def repositories(self) -> Sequence[Mapping[str, Any]]:
        """Return the repositories to install from; raises KeyError if there are none."""
        found = follow(self._given, "attributes.repo_setup.repos")
        found = found or follow(self._given, "editable.repo_setup.repos.value")
        if not isinstance(found, list):
            raise KeyError("repo_setup.repos")
        return found

    def is_met(self, condition: Any) -> bool:
        """Evaluate a condition on the raw settings; missing paths are null (dossier 8.5).

        Raises ExpressionError, also for a computed condition, which this form does not know.
        """
        if isinstance(condition, bool):
            return condition
        if not isinstance(condition, str):
            raise ExpressionError(str(condition), "the older form has no computed conditions")
        return bool(evaluate_condition(condition, self._look_up))

    def _look_up(self, model: str, path: str) -> Any:
        if model == "settings":
            return follow(self._given.get("editable"), path)
        if model == "cluster":
            facts = {k: v for k, v in self._given.items() if k not in _SETTINGS}
            return follow({"id": self.words["CLUSTER_ID"], **facts}, path)
        raise ExpressionError(f"{model}:{path}", f"there is no model {model!r}")

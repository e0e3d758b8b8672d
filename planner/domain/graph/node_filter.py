"""On which nodes does a graph run?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from planner.domain.graph.errors import ExpressionError
from planner.domain.graph.yaql_engine import Scope, evaluate

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

DEFAULT_FILTER: Final = (
    "not ($.pending_addition or $.pending_deletion)"
    " and ($.status in ['ready', 'provisioned', 'stopped'] or $.error_type = 'deploy')"
)
"""What a graph without a filter of its own runs on (dossier 9.3)."""


def select_nodes(
    node_filter: str | None, nodes: Iterable[Mapping[str, Any]]
) -> list[Mapping[str, Any]]:
    """Return the nodes a filter keeps, in their order (dossier 9.3).

    A node is its stored facts: id, uid, name, status, pending_addition, pending_deletion,
    error_type, roles, pending_roles, attributes, meta, hostname, labels. None means the default
    filter, an empty text every node. Raises ExpressionError naming the node.
    """
    text = DEFAULT_FILTER if node_filter is None else node_filter
    if not text.strip():
        return list(nodes)
    return [node for node in nodes if _is_kept(text, node)]


def _is_kept(text: str, node: Mapping[str, Any]) -> bool:
    try:
        return bool(evaluate(text, Scope(new=node, old={}, common={}, node=node)))
    except ExpressionError as error:
        uid = node.get("uid", node.get("id"))
        raise ExpressionError(text, error.cause, node=str(uid), field="node_filter") from error

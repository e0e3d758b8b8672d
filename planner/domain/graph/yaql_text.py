"""How is a part of an expression's tree written out again, for people?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from yaql.language import expressions as ast

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


def written(tree: Any) -> str:
    """Return text that reads like the expression; spacing and quotes may differ."""
    write = _WRITTEN_BY.get(type(tree))
    return f"{tree.name}({_listed(tree.args)})" if write is None else write(tree)


def _binary(tree: Any) -> str:
    left, right = (written(argument) for argument in tree.args)
    gap = "" if tree.operator == "." else " "
    return f"{left}{gap}{tree.operator}{gap}{right}"


def _listed(trees: Any) -> str:
    return ", ".join(written(tree) for tree in trees)


def _constant(value: Any) -> str:
    words = {None: "null", True: "true", False: "false"}
    if isinstance(value, bool) or value is None:
        return words[value]
    return f"'{value}'" if isinstance(value, str) else str(value)


_WRITTEN_BY: Final[Mapping[type, Callable[[Any], str]]] = {
    ast.GetContextValue: lambda tree: str(tree.path.value),
    ast.KeywordConstant: lambda tree: str(tree.value),
    ast.Constant: lambda tree: _constant(tree.value),
    ast.BinaryOperator: _binary,
    ast.UnaryOperator: lambda tree: f"{tree.operator} {written(tree.args[0])}",
    ast.ListExpression: lambda tree: f"[{_listed(tree.args)}]",
    ast.MapExpression: lambda tree: f"{{{_listed(tree.args)}}}",
    ast.IndexExpression: lambda tree: f"{written(tree.args[0])}[{_listed(tree.args[1:])}]",
    ast.MappingRuleExpression: lambda t: f"{written(t.source)} => {written(t.destination)}",
    ast.Wrap: lambda tree: f"({written(tree.expr)})",
}

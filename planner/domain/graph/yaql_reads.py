"""Which parts of the state can an expression read at most?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from yaql.language import expressions as ast

ROOT: Final = frozenset({"$", "$1"})
"""Spellings of the value an expression starts from."""

PARTS: Final = frozenset({"$node", "$common"})
"""Variables that hold a part of the new state."""

COMPARING: Final = frozenset(
    {"old", "changed", "changedAny", "changedAll", "added", "deleted"},
)
"""Functions that look at the old state."""

ROOTED: Final = COMPARING | {"new"}
"""Functions whose arguments start from the whole state again, wherever they stand."""

PER_ITEM: Final = frozenset({"where", "select", "any", "all", "selectMany"})
"""Methods whose arguments start from an item of the receiver."""


@dataclass(frozen=True, slots=True)
class Reads:
    """Top-level keys, None if that cannot be told; and whether the old state is looked at.

    Never too little: whatever an expression's value depends on is among the keys.
    """

    keys: tuple[str, ...] | None
    compares: bool


def reads_of(tree: Any) -> Reads:
    """Find out what an expression can read, from its tree alone.

    Raises RecursionError for a tree that is too deep.
    """
    finder = _Finder()
    finder.visit(tree, is_root=True)
    return Reads(None if finder.reads_all else tuple(sorted(finder.keys)), finder.compares)


class _Finder:
    def __init__(self) -> None:
        self.keys: set[str] = set()
        self.reads_all = False
        self.compares = False

    def visit(self, tree: Any, *, is_root: bool) -> None:
        if isinstance(tree, ast.GetContextValue):
            self.reads_all |= (is_root and tree.path.value in ROOT) or tree.path.value in PARTS
        elif isinstance(tree, ast.BinaryOperator) and tree.operator == ".":
            self._visit_access(tree, is_root=is_root)
        elif isinstance(tree, ast.Function):
            self._visit_call(tree, is_root=is_root)
        elif isinstance(tree, ast.MappingRuleExpression):
            self.visit(tree.source, is_root=is_root)
            self.visit(tree.destination, is_root=is_root)
        elif isinstance(tree, ast.Wrap):
            self.visit(tree.expr, is_root=is_root)

    def _visit_access(self, tree: Any, *, is_root: bool) -> None:
        left, right = tree.args
        key = _key_of(right)
        names = left.path.value if isinstance(left, ast.GetContextValue) else None
        if key is not None and names in ROOT | PARTS:
            # On an item this notes a key that is not read; too much is harmless.
            self.keys.add(key)
        else:
            self.visit(left, is_root=is_root)
        if isinstance(right, ast.Function):
            self._visit_call(right, is_root=is_root)

    def _visit_call(self, tree: Any, *, is_root: bool) -> None:
        name = tree.name
        self.compares |= name in COMPARING
        starts_anew = name in ROOTED
        is_per_item = name in PER_ITEM
        for argument in tree.args:
            self.visit(argument, is_root=starts_anew or (is_root and not is_per_item))


def _key_of(tree: Any) -> str | None:
    """Return the key that ``.key`` or ``.get(key …)`` looks up, if it is written out."""
    if isinstance(tree, ast.KeywordConstant):
        return str(tree.value)
    if isinstance(tree, ast.Function) and tree.name == "get" and tree.args:
        key = tree.args[0]
        if isinstance(key, ast.Constant) and isinstance(key.value, str):
            return key.value
    return None

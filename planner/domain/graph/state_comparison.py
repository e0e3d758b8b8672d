"""How does an expression compare between the new and the old state, once per distinct pair?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from planner.domain.graph import data_difference
from planner.domain.graph.data_difference import UNDEFINED
from planner.domain.graph.fast_values import Fails, deeply_plain, is_lazy, limited, plain
from planner.domain.graph.union_view import UnionView
from planner.domain.graph.yaql_reads import reads_of
from planner.domain.graph.yaql_run import Change
from planner.domain.graph.yaql_text import written

if TYPE_CHECKING:
    from planner.domain.graph.yaql_run import Code, Run


@dataclass(frozen=True, slots=True)
class _Pair:
    """The finished values on both sides; ``is_same`` if nothing read differs."""

    new: Any
    old: Any
    is_same: bool


def old_value(code: Code, run: Run) -> Any:
    """Evaluate on the old state; where the library is sure to fail the value is undefined."""
    try:
        value = code(run.old, run)
        return tuple(limited(value)) if is_lazy(value) else value
    except Fails:
        return UNDEFINED


class Comparison:
    """The argument of changed(), added() or deleted(), remembered by what it reads."""

    def __init__(self, tree: Any, code: Code) -> None:
        self._text = written(tree)
        self._code = code
        self._keys = reads_of(tree).keys
        self._changes: dict[Any, Change | None] = {}
        self._differences: dict[Any, Any] = {}

    def has_changed(self, run: Run) -> bool:
        """Tell whether new and old value differ, and note it if so (dossier 8.2)."""
        run.compared += 1
        key = self._key(run)
        if key in self._changes:
            change = self._changes[key]
        else:
            change = self._changes[key] = self._compare(run)
        if change is not None:
            run.changes.append(change)
        return change is not None

    def added(self, run: Run) -> Any:
        """Return what is new (dossier 8.2)."""
        return self._difference(run, "added")

    def deleted(self, run: Run) -> Any:
        """Return what is gone (dossier 8.2)."""
        return self._difference(run, "deleted")

    def _key(self, run: Run) -> tuple[Any, Any]:
        return run.new.numbers(self._keys), run.old.numbers(self._keys)

    def _compare(self, run: Run) -> Change | None:
        new = plain(self._code(run.new, run))
        same_new, same_old = self._key(run)
        if same_new == same_old:
            # Equal input cannot give a different value; evaluating it has shown that it can be.
            return None
        old = plain(old_value(self._code, run))
        return Change(self._text, new, old) if new != old else None

    def _difference(self, run: Run, kind: str) -> Any:
        key = (kind, self._key(run))
        if key not in self._differences:
            new = _comparable(self._code(run.new, run))
            old = _comparable(old_value(self._code, run))
            compute = data_difference.added if kind == "added" else data_difference.deleted
            self._differences[key] = deeply_plain(compute(new, old))
        return self._differences[key]


def _comparable(value: Any) -> Any:
    """Keep the kind of a union, which decides how it is compared; the rest becomes plain."""
    return value if isinstance(value, UnionView) else plain(value)

"""What does one fast evaluation of an expression carry along, and find out on its way?"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from planner.domain.graph.fast_values import Refused
from planner.domain.graph.yaql_engine import MAX_CALLS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from planner.domain.graph.state_view import StateView

    Code = Callable[[Any, "Run"], Any]
    """Takes what ``$`` stands for: a view of the state, or an item within a loop."""


@dataclass(frozen=True, slots=True)
class Change:
    """Something that changed() found to differ: the expression, and both values."""

    text: str
    new: Any
    old: Any


@dataclass(slots=True)
class Run:
    """One evaluation: the two states; what was compared; how many steps are left.

    ``decisive`` is the part of a chain of ``and`` that made it false.
    """

    new: StateView
    old: StateView
    changes: list[Change] = field(default_factory=list)
    compared: int = 0
    decisive: str = ""
    steps: int = MAX_CALLS

    def step(self) -> None:
        """Count one item of a loop; raises Refused when there are too many."""
        self.steps -= 1
        if self.steps < 0:
            raise Refused


class TreeCompiler(Protocol):
    """What functions and methods need to compile their arguments."""

    def compile(self, tree: Any) -> Code:
        """Compile a tree where it stands."""
        ...

    def compile_rooted(self, tree: Any) -> Code:
        """Compile a tree that starts from the whole state; to be called with a view."""
        ...

    def compile_per_item(self, trees: Sequence[Any]) -> Code:
        """Compile the single argument of a loop; to be called with an item."""
        ...

"""Writing a document in turns gives the very text that writing it at once gives."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from planner.domain.documents import canonical, canonical_in_turns

if TYPE_CHECKING:
    from typing import Any

scalars = st.none() | st.booleans() | st.integers() | st.text(max_size=5)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(max_size=4), inner, max_size=4)
        | st.dictionaries(st.integers(), inner, max_size=3)
    ),
    max_leaves=30,
)


@given(values, st.integers(0, 5))
def test_text_is_the_canonical_one(value: Any, depth: int) -> None:
    """However deep it is cut, not a byte differs."""
    assert canonical_in_turns(value, depth) == canonical(value)

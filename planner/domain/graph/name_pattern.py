"""Which names does a written name stand for: one exactly, or all that a pattern finds?"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import re2

from planner.domain.graph.errors import PatternError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_OPTIONS: Final = re2.Options()
_OPTIONS.log_errors = False


def is_pattern(name: str) -> bool:
    """Tell whether a name is written between slashes, which makes it a pattern (dossier 6.3)."""
    return name.startswith("/") and name.endswith("/")


@lru_cache(maxsize=4096)
def matcher(name: str) -> Callable[[str], bool]:
    """Return the test of a name: equality, or a pattern tried at the start (dossier 6.3).

    Raises PatternError for a pattern that google-re2 does not accept.
    """
    if not is_pattern(name):
        return name.__eq__
    match = compile_pattern(name[1:-1]).match
    return lambda candidate: match(candidate) is not None


@lru_cache(maxsize=4096)
def compile_pattern(pattern: str) -> Any:
    """Compile a pattern of the linear-time engine; raises PatternError if it is refused."""
    try:
        return re2.compile(pattern, _OPTIONS)
    except re2.error as error:
        cause = error.args[0]
        text = cause.decode(errors="replace") if isinstance(cause, bytes) else str(cause)
        raise PatternError(f"{pattern!r} is no usable pattern: {text}") from None


def matching(name: str, names: Iterable[str]) -> list[str]:
    """List the names that a written name stands for, in their order."""
    test = matcher(name)
    return [candidate for candidate in names if test(candidate)]

"""Has a task, as its author wrote it, the shape that dossier 6.1 gives it?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from planner.domain.graph.errors import ExpressionError, PatternError, TaskInvalid
from planner.domain.graph.legacy_condition import parse_condition
from planner.domain.graph.name_pattern import matcher
from planner.domain.graph.task import read_version
from planner.domain.graph.task_template import EXPRESSION_KEY, VERBATIM_KEY
from planner.domain.graph.yaql_engine import parse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from planner.domain.graph.findings import FindingList

TASK_TYPES: Final = frozenset(
    {
        "puppet",
        "shell",
        "sync",
        "upload_file",
        "copy_files",
        "reboot",
        "master_shell",
        "move_to_bootstrap",
        "erase_node",
        "group",
        "stage",
        "skipped",
        "role",
    }
)
"""Types that a stored graph may have (dossier 1.3)."""

POLICIES: Final = ("all", "any")
STRATEGIES: Final = ("parallel", "one_by_one")
TARGET_FIELDS: Final = ("role", "roles", "groups", "tags")
CROSS_FIELDS: Final = ("cross-depends", "cross_depends", "cross-depended-by", "cross_depended_by")
NAME_FIELDS: Final = ("requires", "required_for")
WORD_FIELDS: Final = ("reexecute_on", "refresh_on", "tasks")


def is_expression(value: Any) -> bool:
    """Tell whether a value is computed, so that nothing is known of it beforehand."""
    return isinstance(value, dict) and EXPRESSION_KEY in value


def check_shape(task: Mapping[str, Any], subject: str, found: FindingList) -> None:
    """Note every field of a task that has another shape, bad pattern or unreadable expression."""
    checks: dict[str, Callable[[Any], Iterator[str]]] = {
        "type": _type,
        "version": _version,
        "condition": _condition,
        "parameters": _parameters,
        "fault_tolerance": _fault_tolerance,
        "fail_on_error": _flag,
        **dict.fromkeys(TARGET_FIELDS, _target),
        **dict.fromkeys(NAME_FIELDS, _names),
        **dict.fromkeys(CROSS_FIELDS, _cross),
        **dict.fromkeys(WORD_FIELDS, _words),
    }
    if "type" not in task:
        found.violate("TASK_TYPE_MISSING", f"{subject}.type", "every task needs a type")
    for name, value in task.items():
        if name in checks and not (is_expression(value) and name != "type"):
            for message in checks[name](value):
                found.violate("TASK_FIELD_INVALID", f"{subject}.{name}", message)
        for text, message in _unreadable(value):
            where = f"{subject}.{name}"
            found.violate("EXPRESSION_INVALID", where, f"expression {text!r}: {message}")


def _type(value: Any) -> Iterator[str]:
    if value not in TASK_TYPES if isinstance(value, str) else True:
        yield f"{value!r} is none of {', '.join(sorted(TASK_TYPES))}"


def _version(value: Any) -> Iterator[str]:
    try:
        read_version(value, "")
    except TaskInvalid:
        yield f"{value!r} is no version such as 2.0.0"


def _condition(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        try:
            parse_condition(value)
        except ExpressionError as error:
            yield str(error)
    elif not isinstance(value, bool):
        yield f"{value!r} is no condition: neither text nor true or false"


def _parameters(value: Any) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{value!r} is no mapping"
        return
    strategy = value.get("strategy")
    if strategy is None or is_expression(strategy):
        return
    kind = strategy.get("type") if isinstance(strategy, dict) else None
    if kind not in STRATEGIES and not is_expression(kind):
        yield f"strategy {strategy!r} has a type that is none of {', '.join(STRATEGIES)}"


def _fault_tolerance(value: Any) -> Iterator[str]:
    if isinstance(value, bool) or not isinstance(value, int | str):
        yield f"{value!r} is neither a number nor a percentage"


def _flag(value: Any) -> Iterator[str]:
    if not isinstance(value, bool):
        yield f"{value!r} is neither true nor false"


def _target(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield from _pattern(value)
    else:
        yield from _names(value)


def _names(value: Any) -> Iterator[str]:
    if not isinstance(value, list):
        yield f"{value!r} is no list of names"
        return
    for item in value:
        if isinstance(item, str):
            yield from _pattern(item)
        elif not is_expression(item):
            yield f"{item!r} is no name"


def _words(value: Any) -> Iterator[str]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        yield f"{value!r} is no list of words"


def _cross(value: Any) -> Iterator[str]:
    if not isinstance(value, list):
        yield f"{value!r} is no list of relations"
        return
    for item in value:
        if not is_expression(item):
            yield from _relation(item)


def _relation(item: Any) -> Iterator[str]:
    if not isinstance(item, dict) or "name" not in item:
        yield f"{item!r} is no relation: it needs a name"
        return
    name = item["name"]
    if isinstance(name, str):
        yield from _pattern(name)
    elif not is_expression(name):
        yield f"{name!r} is no name"
    for field in ("role", "tags"):
        role = item.get(field)
        if role is not None and not is_expression(role):
            yield from _target(role)
    policy = item.get("policy", POLICIES[0])
    if policy not in POLICIES and not is_expression(policy):
        yield f"policy {policy!r} is none of {', '.join(POLICIES)}"


def _pattern(name: str) -> Iterator[str]:
    try:
        matcher(name)
    except PatternError as error:
        yield str(error)


def _unreadable(value: Any) -> Iterator[tuple[str, str]]:
    """Find every expression below a value that does not parse."""
    if isinstance(value, dict):
        if EXPRESSION_KEY in value:
            try:
                parse(value[EXPRESSION_KEY])
            except ExpressionError as error:
                yield error.expression.strip(), error.cause
            return
        for key, item in value.items():
            if key != VERBATIM_KEY:
                yield from _unreadable(item)
    elif isinstance(value, list):
        for item in value:
            yield from _unreadable(item)

"""Which task types exist, what do they need, how often and how long do they try (dossier 10)?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final


@dataclass(frozen=True, slots=True)
class TaskType:
    """One type: required parameters, and the rules of its retries.

    `retries` counts attempts after the first; `interval_s` passes between two attempts;
    `timeout_s` is one clock over all attempts, 0 where the type has none. A type without
    `has_effect` does nothing and ends skipped.
    """

    name: str
    required: tuple[str, ...] = ()
    timeout_s: int = 0
    retries: int = 0
    interval_s: int = 0
    has_effect: bool = True
    runs_in_noop: bool = False


TASK_TYPES: Final[dict[str, TaskType]] = {
    kind.name: kind
    for kind in (
        TaskType("puppet", ("puppet_manifest",), 5400, 2, 2, runs_in_noop=True),
        TaskType("shell", ("cmd",), 300, 2, 2, runs_in_noop=True),
        TaskType("master_shell", ("cmd",), 300, 2, 2, runs_in_noop=True),
        TaskType("sync", ("src", "dst"), 300, 10, 2),
        TaskType("upload_file", ("path", "data"), 60, 3, 0),
        TaskType("upload_files", ("nodes",), 60),
        TaskType("copy_files", ("files",), 60),
        TaskType("reboot", (), 900),
        TaskType("cobbler_sync", ("provisioning_info",)),
        TaskType("move_to_bootstrap", ("provisioning_info",)),
        TaskType("erase_node"),
        TaskType("stage", has_effect=False),
        TaskType("skipped", has_effect=False),
        TaskType("noop", has_effect=False),
    )
}

SKIPPED_TYPE: Final = "skipped"

MAX_PROBLEMS: Final = 10
"""Problems of one task that are told."""

LARGEST_NUMBER: Final = 10**9
"""Bound of timeouts (seconds) and counts, so that clocks stay within 63 bits."""


@dataclass(frozen=True, slots=True)
class BackEnd:
    """How one task behaves on a node: its type's rules with its own parameters applied.

    `problem` says why it fails as soon as it starts; empty when its parameters are valid.
    """

    kind: TaskType
    timeout_ms: int
    retries: int
    interval_ms: int
    problem: str = ""


def back_end(kind: TaskType, parameters: dict[str, Any]) -> BackEnd:
    """Apply `parameters` to the rules of a type; never raises, a defect becomes `problem`."""
    problems = [
        f"parameter {name} is required"
        for name in kind.required
        if parameters.get(name) in (None, "")
    ]
    numbers = {}
    for name, default in (
        ("timeout", kind.timeout_s),
        ("retries", kind.retries),
        ("interval", kind.interval_s),
    ):
        value = as_whole_number(parameters.get(name, default))
        if value is None:
            problems.append(f"parameter {name} must be a number that is not negative")
        numbers[name] = default if value is None else value
    return BackEnd(
        kind=kind,
        timeout_ms=numbers["timeout"] * 1000,
        retries=numbers["retries"],
        interval_ms=numbers["interval"] * 1000,
        problem="; ".join([*problems, *_shape_problems(kind.name, parameters)][:MAX_PROBLEMS]),
    )


def as_whole_number(value: object) -> int | None:
    """Read a number that is not negative, a numeric string included; None is 0, else None."""
    if value is None:
        return 0
    if isinstance(value, str):
        value = int(value[:10]) if value.isdecimal() and value.isascii() else -1
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return int(value) if 0 <= value < LARGEST_NUMBER else None


def _shape_problems(kind: str, parameters: dict[str, Any]) -> list[str]:
    """Say what is wrong with lists and objects among the parameters."""
    if kind == "copy_files":
        return _entries_with("files", parameters.get("files"), ("src", "dst"))
    if kind == "upload_files":
        nodes = parameters.get("nodes")
        problems = _entries_with("nodes", nodes, ("uid", "files"))
        for entry in nodes if isinstance(nodes, list) and not problems else ():
            problems += _entries_with("files", entry["files"], ("dst", "data"))
        return problems
    if kind in {"cobbler_sync", "move_to_bootstrap"}:
        info = parameters.get("provisioning_info")
        if info is not None and not isinstance(info, dict):
            return ["parameter provisioning_info must be an object"]
    return []


def _entries_with(name: str, entries: object, keys: tuple[str, ...]) -> list[str]:
    if entries is None:
        return []  # a missing parameter is reported as such
    if not isinstance(entries, list):
        return [f"parameter {name} must be a list"]
    return [
        f"parameter {name}[{index}] needs {key}"
        for index, entry in enumerate(entries)
        for key in keys
        if not isinstance(entry, dict) or entry.get(key) is None
    ]

"""What does each task instance run: its definition, the directory applied, parsed and checked.

Instances share definitions, so everything here is done once a distinct content.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from orchestrator.domain.canonical import json_object
from orchestrator.domain.errors import Violation
from orchestrator.domain.task_types import TASK_TYPES, BackEnd, as_whole_number, back_end

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from orchestrator.domain.message import TaskDefinition, TaskGraph


@dataclass(frozen=True, slots=True)
class EffectiveTask:
    """One distinct content after the directory was applied.

    `limit` is how many tasks of the name may run at once as this content says it; None is no
    limit. `is_soft` tasks may fail without consequence.
    """

    back_end: BackEnd
    is_soft: bool
    limit: int | None


@dataclass(frozen=True, slots=True)
class EffectiveTasks:
    """The distinct contents, which of them each instance (as the message numbers it) has."""

    contents: tuple[EffectiveTask, ...]
    of_instance: NDArray[np.int64]


def effective_tasks(graph: TaskGraph) -> tuple[EffectiveTasks, list[Violation]]:
    """Resolve every instance's content; the violations name tasks that nothing can run.

    The graph's own entry wins over the directory key by key (decision 23, G05).
    """
    violations: list[Violation] = []
    directory = _directory(graph, violations)
    pairs, of_instance = _distinct_contents(graph)
    contents = []
    for definition_index, task_index in pairs:
        definition = graph.definitions[definition_index]
        task_id = graph.task_ids[task_index]
        shared = directory.get(task_id, {})
        reader = _ContentReader(task_id, violations)
        contents.append(reader.read(definition, shared))
    return EffectiveTasks(tuple(contents), of_instance), violations


def _distinct_contents(
    graph: TaskGraph,
) -> tuple[list[tuple[int, int]], NDArray[np.int64]]:
    """Return the distinct (definition, task) pairs and the pair of each instance.

    Without a directory the task's name matters only to messages: the first one speaks for all.
    """
    if not graph.directory:
        used, first, inverse = np.unique(graph.definition, return_index=True, return_inverse=True)
        tasks = graph.task[first]
    else:
        keys = graph.definition * len(graph.task_ids) + graph.task
        keys, inverse = np.unique(keys, return_inverse=True)
        used, tasks = np.divmod(keys, max(len(graph.task_ids), 1))
    return list(zip(used.tolist(), tasks.tolist(), strict=True)), inverse


def _directory(graph: TaskGraph, violations: list[Violation]) -> dict[str, dict[str, Any]]:
    entries = {}
    for task_id, text in graph.directory:
        entry = json_object(text)
        if entry is None:
            field = f"graph.directory[{task_id}]"
            violations.append(Violation("INVALID_MESSAGE", field, "must be a JSON object"))
        else:
            entries[task_id] = entry
    return entries


class _ContentReader:
    """Reads one content; what is wrong with it goes to the list of violations."""

    def __init__(self, task_id: str, violations: list[Violation]) -> None:
        self._task_id = task_id
        self._violations = violations

    def read(self, definition: TaskDefinition, shared: dict[str, Any]) -> EffectiveTask:
        kind = definition.type or shared.get("type") or ""
        if kind not in TASK_TYPES:
            text = f"unknown task type {kind!r}; known are {', '.join(TASK_TYPES)}"
            self._refuse("UNKNOWN_TASK_TYPE", "type", text)
            kind = "noop"
        fails = definition.fail_on_error
        if fails is None:
            fails = shared.get("fail_on_error", True)
        if not isinstance(fails, bool):
            self._refuse("INVALID_MESSAGE", "fail_on_error", f"must be a boolean, is {fails!r}")
        parameters = self._parameters(definition, shared)
        return EffectiveTask(
            back_end=back_end(TASK_TYPES[kind], parameters),
            is_soft=fails is False,
            limit=self._limit(parameters.get("strategy")),
        )

    def _parameters(self, definition: TaskDefinition, shared: dict[str, Any]) -> dict[str, Any]:
        if definition.parameters is None:
            parameters = shared.get("parameters") or {}
        else:
            parameters = json_object(definition.parameters)
        if not isinstance(parameters, dict):
            self._refuse("INVALID_MESSAGE", "parameters", "must be a JSON object")
            return {}
        return parameters

    def _limit(self, strategy: object) -> int | None:
        """Read a strategy: one_by_one is 1, parallel is its amount, 0 or none is no limit."""
        if strategy is None:
            return None
        if not isinstance(strategy, dict) or strategy.get("type") not in {"one_by_one", "parallel"}:
            text = f"must be one_by_one or parallel, is {strategy!r}"
            self._refuse("INVALID_STRATEGY", "parameters.strategy", text)
            return None
        if strategy["type"] == "one_by_one":
            return 1
        amount = as_whole_number(strategy.get("amount"))
        if amount is None:
            text = f"must be a whole number that is not negative, is {strategy['amount']!r}"
            self._refuse("INVALID_STRATEGY", "parameters.strategy.amount", text)
        return amount or None

    def _refuse(self, reason: str, field: str, text: str) -> None:
        field = f"graph.definitions[{self._task_id}].{field}"
        self._violations.append(Violation(reason, field, text))

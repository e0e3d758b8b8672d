"""Does a YAML text fit a JSON Schema, and if not, on which line?

Understands the keywords that the scenario's schema uses; the published schema is the only source
of what is allowed. Walks the YAML nodes instead of plain values because only they know lines.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from orchestrator.simulate.errors import Finding

if TYPE_CHECKING:
    import yaml

Schema = dict[str, Any]

_TYPES: Final[dict[str, tuple[type, ...]]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
}


class SchemaCheck:
    """Checks values against one schema and collects findings."""

    def __init__(self, schema: Schema) -> None:
        self._schema = schema

    def findings(self, node: yaml.Node, value: object) -> list[Finding]:
        """Return what keeps `value`, read from `node`, from fitting; empty when it fits."""
        return self._check(self._schema, node, value, "")

    def _check(self, schema: Schema, node: yaml.Node, value: Any, field: str) -> list[Finding]:
        if reference := schema.get("$ref"):
            name = reference.removeprefix("#/$defs/")
            return self._check(self._schema["$defs"][name], node, value, field)
        if choices := schema.get("anyOf"):
            return self._check_choices(choices, node, value, field)
        if "enum" in schema:
            is_listed = any(
                value is c or (value == c and type(value) is type(c)) for c in schema["enum"]
            )
            known = ", ".join(str(choice) for choice in schema["enum"])
            return [] if is_listed else [_finding(node, field, f"must be one of: {known}")]
        kind = schema.get("type")
        if kind is not None and not _is_of(kind, value):
            return [_finding(node, field, f"must be of type {kind}")]
        match value:
            case dict():
                found = self._check_object(schema, node, value, field)
            case list():
                found = self._check_array(schema, node, value, field)
            case _:
                found = _check_scalar(schema, node, value, field)
        return found

    def _check_choices(
        self, choices: list[Schema], node: yaml.Node, value: Any, field: str
    ) -> list[Finding]:
        """Accept what fits one choice; else tell of the choice that fits best."""
        attempts = [self._check(choice, node, value, field) for choice in choices]
        if not all(attempts):
            return []
        start = (node.start_mark.line + 1, node.start_mark.column + 1)
        deeper = [a for a in attempts if all((f.line, f.column) != start for f in a)]
        if len(deeper) == 1:
            return deeper[0]
        texts = dict.fromkeys(finding.description for attempt in attempts for finding in attempt)
        return [_finding(node, field, " or ".join(texts))]

    def _check_object(
        self, schema: Schema, node: yaml.Node, value: dict[Any, Any], field: str
    ) -> list[Finding]:
        findings = [
            _finding(node, field, f"needs {name}")
            for name in schema.get("required", ())
            if name not in value
        ]
        properties = schema.get("properties", {})
        others = schema.get("additionalProperties", True)
        for key_node, value_node in node.value:
            key = key_node.value
            inner = f"{field}.{key}" if field else str(key)
            if key in properties:
                findings += self._check(properties[key], value_node, value[key], inner)
            elif others is False:
                known = ", ".join(properties)
                findings.append(_finding(key_node, inner, f"is not known here; known are {known}"))
            elif isinstance(others, dict):
                findings += self._check(others, value_node, value[key], inner)
        return findings

    def _check_array(
        self, schema: Schema, node: yaml.Node, value: list[Any], field: str
    ) -> list[Finding]:
        findings = []
        if len(value) < schema.get("minItems", 0):
            findings.append(_finding(node, field, f"needs at least {schema['minItems']} entries"))
        if len(value) > schema.get("maxItems", len(value)):
            findings.append(_finding(node, field, f"takes at most {schema['maxItems']} entries"))
        for index, (item_node, item) in enumerate(zip(node.value, value, strict=True)):
            inner = f"{field}[{index}]"
            findings += self._check(schema.get("items", {}), item_node, item, inner)
        return findings


def _wrong_kind(schema: Schema, node: yaml.Node, value: object, field: str) -> Finding | None:
    choices = schema.get("enum")
    if choices and not any(value == c and type(value) is type(c) for c in choices):
        known = ", ".join(str(choice) for choice in choices)
        return _finding(node, field, f"must be one of: {known}")
    kind = schema.get("type")
    if kind is not None and not _is_of(kind, value):
        return _finding(node, field, f"must be of type {kind}")
    return None


def _check_scalar(schema: Schema, node: yaml.Node, value: Any, field: str) -> list[Finding]:
    if isinstance(value, str):
        if len(value) < schema.get("minLength", 0):
            return [_finding(node, field, "must not be empty")]
        if "pattern" in schema and not re.search(schema["pattern"], value):
            return [_finding(node, field, f"does not match {schema['pattern']}")]
    if isinstance(value, int | float) and not isinstance(value, bool):
        if not value >= schema.get("minimum", value):
            return [_finding(node, field, f"must be at least {schema['minimum']}")]
        if not value <= schema.get("maximum", value):
            return [_finding(node, field, f"must be at most {schema['maximum']}")]
        if "exclusiveMinimum" in schema and not value > schema["exclusiveMinimum"]:
            return [_finding(node, field, f"must be above {schema['exclusiveMinimum']}")]
    return []


def _is_of(kind: str, value: object) -> bool:
    if isinstance(value, bool):
        return kind == "boolean"
    if isinstance(value, float) and kind == "integer":
        return value.is_integer()
    return isinstance(value, _TYPES[kind])


def _finding(node: yaml.Node, field: str, text: str) -> Finding:
    mark = node.start_mark
    return Finding(mark.line + 1, mark.column + 1, field, text)

"""Placeholders, older conditions, names, YAML and canonical text."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from planner.domain.graph.errors import ExpressionError, PatternError
from planner.domain.graph.json_text import json_text
from planner.domain.graph.legacy_condition import evaluate_condition, flattened, follow
from planner.domain.graph.name_pattern import matcher
from planner.domain.graph.text_format import fill_in
from planner.domain.graph.yaml_text import yaml_text

WORDS = {"CLUSTER_ID": 7, "NOTHING": None, "SETTINGS": {"MASTER_IP": "10.0.0.1", "A": {"b": 3}}}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x {CLUSTER_ID}", "x 7"),
        ("{CLUSTER_ID:03d}", "007"),
        ("{NOTHING}", "None"),
        ("{{a}}", "{a}"),
        ("{SETTINGS.MASTER_IP} {SETTINGS[A][b]}", "10.0.0.1 3"),
        ("{CLUSTER_ID} {unknown}", "{CLUSTER_ID} {unknown}"),
        ("{CLUSTER_ID} {", "{CLUSTER_ID} {"),
        ("}", "}"),
        ("{}", "{}"),
        ("{0}", "{0}"),
        ("{CLUSTER_ID.real}", "{CLUSTER_ID.real}"),
        ("{CLUSTER_ID.__class__}", "{CLUSTER_ID.__class__}"),
        ("{SETTINGS}", "{SETTINGS}"),
        ("{CLUSTER_ID:99999999d}", "{CLUSTER_ID:99999999d}"),
        ("{CLUSTER_ID!z}", "{CLUSTER_ID!z}"),
        ("{CLUSTER_ID:{CLUSTER_ID}}", "{CLUSTER_ID:{CLUSTER_ID}}"),
    ],
)
def test_placeholders_are_filled_in_all_or_none(text: str, expected: str) -> None:
    """Dossier 8.4; attributes of values are never looked at (decision 12)."""
    assert fill_in(text, WORDS) == expected


MODELS: dict[str, Any] = {"settings": {"a": {"b": 1}, "on": True}, "cluster": {"mode": "ha"}}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("settings:a.b == 1", True),
        ("settings:a.b == -1", False),
        ("settings:a.b == 1.0", True),
        ("settings:nothing.here == null", True),
        ("settings:nothing? == null", True),
        ("not settings:on", False),
        ("not settings:on == false", True),
        ("not not settings:on", True),
        ("cluster:mode in 'ha_compact'", True),
        ('cluster:mode == "ha" and settings:on', True),
        ("false or settings:a.b", 1),
        ("true and null", None),
        ("true or false and false", True),
        ("(true or false) and false", False),
        ("true == false != true", True),
        ("  true\n", True),
    ],
)
def test_older_condition(text: str, expected: Any) -> None:
    """Not binds tightest, then in, comparison, and, or."""
    assert evaluate_condition(text, lambda model, path: follow(MODELS[model], path)) == expected


@pytest.mark.parametrize(
    "text", ["", "a ==", "settings:", "true or", "in in in", "(" * 2000, "not " * 5000 + "true"]
)
def test_unreadable_older_condition(text: str) -> None:
    """Any text that is no condition is an error of the input."""
    with pytest.raises(ExpressionError):
        evaluate_condition(text, lambda _, __: None)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("additional_components.murano.value", "murano.enabled"),
        ("common.debug.value", "debug"),
        ("storage.volumes.value", "storage.volumes"),
        ("debug.value", "debug"),
        ("debug", "debug"),
    ],
)
def test_raw_paths_are_flattened(path: str, expected: str) -> None:
    """Dossier 8.5."""
    assert flattened(path) == expected


@pytest.mark.parametrize(
    ("name", "candidate", "is_found"),
    [
        ("ctl", "ctl", True),
        ("ctl", "ctl2", False),
        ("/ctl/", "ctl2", True),
        ("/ctl/", "primary-ctl", False),
        ("/^ctl$/", "ctl2", False),
        ("//", "anything", True),
        ("/.*/", "", True),
    ],
)
def test_patterns_match_at_the_start(name: str, candidate: str, *, is_found: bool) -> None:
    """Dossier 6.3."""
    assert matcher(name)(candidate) is is_found


@pytest.mark.parametrize("name", ["/(/", "/(?=a)/", "/(a)\\1/"])
def test_patterns_without_linear_time_are_refused(name: str) -> None:
    """Decision 12."""
    with pytest.raises(PatternError):
        matcher(name)


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=20), inner, max_size=3)
    ),
    max_leaves=10,
)


@given(value=json_values)
def test_yaml_readers_understand_our_yaml(value: Any) -> None:
    """Whatever text and numbers, reading gives the value back (decision 13)."""
    assert yaml.safe_load(yaml_text(value)) == value


def test_canonical_text_of_keys_that_are_no_text() -> None:
    """They are spelled as JSON spells values; what has no JSON form is refused."""
    assert json_text({1: "a", None: [True]}) == '{"1":"a","null":[true]}'
    for value in (float("nan"), object(), {"a": {1, 2}}):
        with pytest.raises(ValueError, match=r".+"):
            json_text(value)

"""Text becomes JSON values, and values become canonical text."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.domain.documents import (
    MAX_DEPTH,
    canonical,
    digest,
    parse_object,
    parse_yaml_object,
)
from planner.domain.errors import InvalidInput

# A NUL and half a surrogate pair are no text everywhere; both are refused.
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"))
json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | texts,
    lambda values: st.lists(values) | st.dictionaries(texts, values),
    max_leaves=6,
)
json_objects = st.dictionaries(texts, json_values)


def refusal(error: InvalidInput) -> tuple[str, str]:
    """Return reason and subject of the only violation."""
    (violation,) = error.violations
    return violation.reason, violation.subject


def test_canonical_text_sorts_keys_and_has_no_spaces() -> None:
    """Equal values are equal bytes, whatever order they were written in."""
    assert canonical({"b": [1, 2.5], "a": "é"}) == '{"a":"\\u00e9","b":[1,2.5]}'


def test_canonical_refuses_what_json_cannot_say() -> None:
    """Infinity would not survive a strict reader."""
    with pytest.raises(ValueError, match="not JSON compliant"):
        canonical({"a": float("inf")})


def test_a_digest_names_a_text_by_its_content() -> None:
    """Equal texts have one name: 64 hexadecimal digits."""
    expected = "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"

    assert digest("{}") == expected


@given(json_objects)
def test_canonical_text_survives_a_round_trip(value: dict[str, object]) -> None:
    """What was written canonically is read as the same value, and written as the same text."""
    text = canonical(value)

    assert parse_object(text, "x") == value
    assert canonical(parse_object(text, "x")) == text


@given(json_objects)
def test_yaml_reads_json_objects_as_json_does(value: dict[str, object]) -> None:
    """YAML contains JSON: a document may be either."""
    assert parse_yaml_object(canonical(value), "x") == value


def test_a_json_document_is_read_as_json() -> None:
    """YAML would take the figure for text, and it does not know surrogate pairs."""
    document = '{"figure": 1e5, "smile": "\\ud83d\\ude00"}'

    assert parse_yaml_object(document, "x") == {"figure": 1e5, "smile": "\U0001f600"}


def test_empty_text_is_the_empty_object() -> None:
    """An unset proto field means no settings."""
    assert parse_object("", "settings_json") == {}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{", "NOT_JSON"),
        ("{'a': 1}", "NOT_JSON"),
        ("NaN", "NOT_JSON"),
        ('{"a": "\\ud800"}', "NOT_JSON"),
        ('{"a": "\\u0000"}', "NOT_JSON"),
        ('{"a": NaN}', "NOT_JSON"),
        ('{"a": -Infinity}', "NOT_JSON"),
        ("[" * 100_000, "NOT_JSON"),
        ('{"a": ' + "9" * 5000 + "}", "NOT_JSON"),
        ("[]", "NOT_AN_OBJECT"),
        ("null", "NOT_AN_OBJECT"),
        ('"text"', "NOT_AN_OBJECT"),
        ("7", "NOT_AN_OBJECT"),
    ],
)
def test_json_that_is_no_object_is_refused(text: str, reason: str) -> None:
    """The refusal names the field."""
    with pytest.raises(InvalidInput) as refused:
        parse_object(text, "settings_json")

    (violation,) = refused.value.violations
    assert (violation.reason, violation.subject.partition(".")[0]) == (reason, "settings_json")


@pytest.mark.parametrize(
    ("text", "reason", "subject"),
    [
        ('{"a": {"b": 1e999}}', "NOT_JSON", "x.a.b"),
        ('{"a": [0, -1e999]}', "NOT_JSON", "x.a[1]"),
        ('{"a": {"\\ud800": 1}}', "NOT_JSON", "x.a"),
        ('{"a": ["\\udfff"]}', "NOT_JSON", "x.a[0]"),
    ],
)
def test_a_value_json_cannot_say_is_named_by_its_path(text: str, reason: str, subject: str) -> None:
    """A figure that overflows is found wherever it hides."""
    with pytest.raises(InvalidInput) as refused:
        parse_object(text, "x")

    assert refusal(refused.value) == (reason, subject)


@pytest.mark.parametrize("parse", [parse_object, parse_yaml_object])
def test_nesting_has_a_bound(parse: object) -> None:
    """As deep as the bound is read, one level deeper is refused."""
    deepest = '{"a":' + "[" * (MAX_DEPTH - 1) + "]" * (MAX_DEPTH - 1) + "}"
    deeper = '{"a":' + "[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1) + "}"
    assert callable(parse)

    parse(deepest, "x")
    with pytest.raises(InvalidInput) as refused:
        parse(deeper, "x")

    assert refused.value.violations[0].reason == "TOO_DEEP"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a: [", "NOT_YAML"),
        ("a: b: c", "NOT_YAML"),
        ("a: !unknown 1", "NOT_YAML"),
        ("a: !!python/object/apply:os.system [ls]", "NOT_YAML"),
        ("a: *nothing", "NOT_YAML"),
        ("{[1]: 2}", "NOT_YAML"),
        ("\x00", "NOT_YAML"),
        ("a: !!int ''", "NOT_YAML"),
        ("a: !!int no", "NOT_YAML"),
        ("a: !!float ''", "NOT_YAML"),
        ("a: !!bool maybe", "NOT_YAML"),
        ("a: !!timestamp soon", "NOT_YAML"),
        ("[" * 5_000, "TOO_DEEP"),
        ("{a: " * 5_000, "TOO_DEEP"),
        ("- " * 5_000, "TOO_DEEP"),
        ("", "NOT_AN_OBJECT"),
        ("- a", "NOT_AN_OBJECT"),
        ("just text", "NOT_AN_OBJECT"),
        ("1: one", "NOT_JSON"),
        ("? null\n: one", "NOT_JSON"),
        ("a: !!set {b}", "NOT_JSON"),
        ("a: !!binary aGVsbG8=", "NOT_JSON"),
        ("a: .inf", "NOT_JSON"),
        ("a: .nan", "NOT_JSON"),
        ("a: &a [*a]", "TOO_DEEP"),
        ("a: &a {b: *a}", "TOO_DEEP"),
    ],
)
def test_yaml_that_is_no_mapping_of_json_values_is_refused(text: str, reason: str) -> None:
    """Hostile text gets an answer as specific as an honest mistake."""
    with pytest.raises(InvalidInput) as refused:
        parse_yaml_object(text, "document")

    assert [violation.reason for violation in refused.value.violations] == [reason]


def test_an_integer_too_long_to_write_is_refused() -> None:
    """YAML reads hexadecimal of any length; JSON has to write it in decimal."""
    with pytest.raises(InvalidInput) as refused:
        parse_yaml_object(f"a: 0x{'f' * 5000}", "document")

    assert refusal(refused.value) == ("NOT_JSON", "document.a")


def test_unparsable_yaml_is_located() -> None:
    """The author finds line and column."""
    with pytest.raises(InvalidInput, match="line 3, column 1"):
        parse_yaml_object("a: 1\nb: [\n", "document")


def test_a_date_stays_text() -> None:
    """JSON has no dates."""
    assert parse_yaml_object("a: 2026-11-22", "x") == {"a": "2026-11-22"}


def test_aliases_may_share_values() -> None:
    """Anchors are fine as long as they end."""
    value = parse_yaml_object("a: &x {k: [1]}\nb: *x\nc: {<<: *x, l: 2}", "x")

    assert value == {"a": {"k": [1]}, "b": {"k": [1]}, "c": {"k": [1], "l": 2}}


def laughs(line: str) -> str:
    """Write a document of a few lines that each use the one before nine times."""
    names = "abcdefghijkl"
    lines = [
        line.format(name=name, uses=",".join([f"*{names[i]}"] * 9))
        for i, name in enumerate(names[1:])
    ]
    return "\n".join(["a: &a {x: 1}", *lines])


@pytest.mark.timeout(60)
def test_aliases_that_multiply_are_refused() -> None:
    """A billion laughs is a few lines of text."""
    with pytest.raises(InvalidInput) as refused:
        parse_yaml_object(laughs("{name}: &{name} [{uses}]"), "x")

    assert refused.value.violations[0].reason == "TOO_LARGE"


@pytest.mark.timeout(60)
def test_merges_that_multiply_stay_as_small_as_their_keys() -> None:
    """Merging a mapping nine times over adds nothing."""
    value = parse_yaml_object(laughs("{name}: &{name} {{<<: [{uses}]}}"), "x")

    assert value["l"] == {"x": 1}


@pytest.mark.timeout(60)
def test_a_long_key_over_many_values_is_read_in_linear_time() -> None:
    """Naming paths must not copy the key once a value."""
    text = json.dumps({"k" * 1_000_000: [1] * 500_000})

    assert len(parse_object(text, "x")) == 1


def test_an_object_that_no_answer_could_hold_is_refused() -> None:
    """What was stored must fit into an answer: a character may take six in canonical text."""
    text = '{"a": "' + "é" * 600_000 + '"}'

    with pytest.raises(InvalidInput, match="more than 3145728") as raised:
        parse_object(text, "settings_json")

    assert raised.value.violations[0].reason == "TOO_LARGE"

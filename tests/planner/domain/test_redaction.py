"""No secret is shown, and nothing else is lost."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from planner.domain.documents import canonical
from planner.domain.redaction import REDACTED, redact, redact_text

SECRET = "Zx9-planted-Qw7"
PEM = f"-----BEGIN RSA PRIVATE KEY-----\n{SECRET}\n-----END RSA PRIVATE KEY-----"
SECRET_KEYS = [
    "password",
    "passwd",
    "db_password",
    "admin-password",
    "PASSWORD",
    "power_pass",
    "passphrase",
    "token",
    "auth_token",
    "secret",
    "metadata_proxy_shared_secret",
    "ssh_key",
    "private_key",
    "auth_key",
    "authorized_keys",
    "credentials",
    "encryption_key",
    "api_key",
]
TEXT_KEYS = ["password", "db_password", "auth_token", "secret", "private_key", "api_key"]
"""Keys that are known inside text as well."""

names = st.sampled_from(["name", "nodes", "path", "data", "a.b", "0"])
plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text("abc: \n-={}[]\"'#|>", max_size=30),
    lambda values: st.lists(values, max_size=3) | st.dictionaries(names, values, max_size=3),
    max_leaves=8,
)


def planted(draw: st.DrawFn) -> Any:
    """Hide the secret somewhere in a value: under a key, in a text, in a text in a text."""
    key = draw(st.sampled_from(TEXT_KEYS))
    mapping = {"before": draw(plain), key: SECRET, "after": draw(plain)}
    return draw(
        st.sampled_from(
            [
                mapping,
                {"deep": [mapping]},
                {"json": json.dumps(mapping)},
                {"pretty": json.dumps(mapping, indent=2)},
                {"yaml": yaml.safe_dump(mapping)},
                {"nested": yaml.safe_dump({"x": [{"y": {key: SECRET}}]})},
                {"flow": yaml.safe_dump({key: SECRET, "n": 1}, default_flow_style=True)},
                {"twice": json.dumps({"data": yaml.safe_dump(mapping)})},
                {"ini": f"[DEFAULT]\n{key}={SECRET}\nhost = x\n"},
                {"line": f"{key}: {SECRET}"},
                {"block": f"a:\n  {key}: |\n    {SECRET}\n    {SECRET}\n  b: 1\n"},
                {"below": f"a:\n- {key}:\n    {SECRET}\n  b: 1\n"},
                {"cmd": f"mysql --{key}={SECRET} -e 'select 1'"},
                {"env": f"export OS_{key.upper()}='{SECRET}'; run"},
                {"url": f"postgresql://nova:{SECRET}@10.0.0.1/nova"},
                {"at": f"amqp://nova:p@{SECRET}@10.0.0.1/"},
                {"pem": f"first\n{PEM}\nlast"},
                {"torn": PEM.partition("-----END")[0]},
            ]
        )
    )


@given(st.composite(planted)())
def test_a_planted_secret_is_never_left(value: Any) -> None:
    """Wherever it hides, in whatever form of text."""
    assert SECRET not in canonical(redact(value))


@given(st.composite(planted)() | plain)
def test_redaction_is_idempotent(value: Any) -> None:
    """What is redacted stays as it is."""
    once = redact(value)

    assert redact(once) == once


@given(st.dictionaries(names, plain))
def test_the_text_of_an_object_is_redacted_like_the_object(value: dict[str, Any]) -> None:
    """Stored texts and values are shown alike."""
    assert redact_text(canonical(value)) == canonical(redact(value))


@pytest.mark.parametrize("key", SECRET_KEYS)
@pytest.mark.parametrize("value", [SECRET, [SECRET], {"inner": SECRET}])
def test_values_under_secret_keys_are_replaced(key: str, value: Any) -> None:
    """Whatever they are; the key stays."""
    assert redact({"a": [{key: value}]}) == {"a": [{key: REDACTED}]}


@pytest.mark.parametrize("key", ["password", "admin_passwd", "secret", "token"])
def test_a_figure_may_be_a_secret(key: str) -> None:
    """A password of digits is read as a number."""
    assert redact({key: 123456}) == {key: REDACTED}


@pytest.mark.parametrize(
    "value",
    [
        {"token_timeout": 60, "password_length": 8},
        {"use_password": True, "password": None, "secret": ""},
        {"compass": "north", "hashed": "x", "monkey": "x", "passenger": "x"},
        {"url": "http://10.0.0.1:8080/path?q=a@b", "ip": "10.0.0.1"},
        {"text": "keys: none\nhost: x\n", "list": [1, 2.5, None]},
        {"data": "{not json", "more": "[1, 2"},
    ],
)
def test_what_is_no_secret_stays(value: dict[str, Any]) -> None:
    """Flags and figures about secrets are none themselves."""
    assert redact(value) == value


def test_the_lines_around_a_secret_stay() -> None:
    """A configuration file is still one."""
    text = "[DEFAULT]\nhost = x\ndb_password=hunter2\nport = 1\n"

    assert redact(text) == f"[DEFAULT]\nhost = x\ndb_password={REDACTED}\nport = 1\n"


def test_empty_text_stays_empty() -> None:
    """A message without parameters has none."""
    assert redact_text("") == ""


@pytest.mark.parametrize(
    "text",
    ["[" * 5000 + "]" * 5000, '{"a": NaN}', '{"a": ' * 600 + "1" + "}" * 600, "{" * 10],
)
def test_text_that_only_looks_like_json_is_text(text: str) -> None:
    """Nothing that a client wrote makes redaction fail."""
    assert redact(text) == text


@pytest.mark.timeout(20)
@pytest.mark.parametrize("text", ["a" * 1_000_000, "- " * 500_000, "\n \t" * 300_000])
def test_long_text_is_redacted_in_linear_time(text: str) -> None:
    """A hostile file does not hold the service up."""
    assert redact(text) == text

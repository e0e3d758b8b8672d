"""Whatever a client sends is answered, refused for a reason, and never a bug's doing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import grpc
import pytest
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message_factory import GetMessageClass
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from planner.domain.documents import canonical
from tests.planner.builders import a_release
from tests.planner.dump import dump
from tests.planner.rpc.door import METHODS, Door, Refused
from tests.planner.work import a_small_cluster, apply_and_plan, create, discover, import_, succeed

if TYPE_CHECKING:
    from google.protobuf.descriptor import Descriptor
    from google.protobuf.message import Message

    from planner.storage.unit_of_work import SqlStore

UNARY = sorted(
    name
    for name, method in METHODS.items()
    if not method.server_streaming and name != "WaitTransaction"
)
BUGS = {grpc.StatusCode.UNKNOWN, grpc.StatusCode.INTERNAL}

KNOWN = ["demo", "empty", "cloud", "clusters/demo", "releases/cloud", "nodes/1", "1", "2", "3"]
NAMES = ["compute", "controller", "hosts", "api", "default", "master", "null", "gone", "multinode"]
PATHS = ["settings_json", "attributes_json", "hostname", "online", "pending_deletion", "name", ""]
JSON = [
    "{}",
    '{"a": 1}',
    "[]",
    "{",
    '{"a": NaN}',
    '{"a": 1e999}',
    '{"a": "\\ud800"}',
    '{"\\udfff": 1}',
    '{"a": "\\u0000"}',
    '{"a": 1, "a": 2}',
    '{"interfaces": 5, "disks": {"a": 1}}',
    '{"provision": 5, "cobbler": [], "uid": 7, "roles": 1}',
    '{"nodes": null, "cluster": 3, "network_metadata": [], "master_ip": {}}',
    '{"dns_domain": ["x"], "propagate_task_deploy": "yes", "puppet_debug": {}}',
    '{"a":' * 300 + "1" + "}" * 300,
    canonical(a_release().content),
    "release: {version: x-9.0, modes: [m]}\nroles_metadata: {r: {}}\n",
    "a: &a [*a]",
]
STRANGE = [
    "",
    " ",
    "\x00",
    "a\x00b",
    "%",
    "_",
    "'; DROP TABLE nodes; --",
    "é",
    "\U0001f600",
    "x" * 300,
    "/",
    "clusters/",
    "nodes/0",
    "nodes/99999999999",
    "9" * 30,
    "00000000-0000-4000-8000-000000000000",
    "transactions/00000000-0000-4000-9000-000000000001",
    "52:54:00:00:00:01",
    "52:54:00:AA:BB:CC",
    "10.0.0.1",
    "fe80::1%" + "x" * 60,
    "fe80::1%\x00",
    "web.example.com",
    "W" * 10_000,
    "eyJhIjogMX0",
    "bnVsbA",
    "WzEsMl0",
]
texts = st.sampled_from(KNOWN + NAMES + JSON + STRANGE) | st.text(max_size=8)
FIGURES = {
    FieldDescriptor.CPPTYPE_INT32: st.sampled_from([0, 1, -1, 2**31 - 1, -(2**31)]),
    FieldDescriptor.CPPTYPE_UINT32: st.sampled_from([0, 1, 2, 50, 2**31, 2**32 - 1]),
    FieldDescriptor.CPPTYPE_INT64: st.sampled_from([0, 1, -1, 2**63 - 1, -(2**63)]),
    FieldDescriptor.CPPTYPE_UINT64: st.sampled_from([0, 1, 2**63 - 1, 2**63, 2**64 - 1]),
    FieldDescriptor.CPPTYPE_DOUBLE: st.floats(),
    FieldDescriptor.CPPTYPE_BOOL: st.booleans(),
    FieldDescriptor.CPPTYPE_ENUM: st.sampled_from([0, 1, 2, 3, 8, 99, -1, 2**31 - 1]),
    FieldDescriptor.CPPTYPE_STRING: texts,
}


def value_of(field: FieldDescriptor) -> st.SearchStrategy[Any]:
    """Generate a value of a field."""
    if field.message_type is not None:
        return messages(field.message_type)
    if field.type == FieldDescriptor.TYPE_BYTES:
        return st.binary(max_size=8)
    return FIGURES[field.cpp_type]


@st.composite
def messages(draw: st.DrawFn, kind: Descriptor) -> Message:
    """Generate a message with some of its fields set."""
    message = GetMessageClass(kind)()
    for field in kind.fields:
        if not draw(st.integers(0, 3)):
            continue
        if field.message_type is not None and field.message_type.GetOptions().map_entry:
            getattr(message, field.name).update(draw(st.dictionaries(texts, texts, max_size=3)))
        elif field.name == "paths":
            message.paths.extend(draw(st.lists(st.sampled_from(PATHS), max_size=3)))  # type: ignore[attr-defined]
        elif field.is_repeated:
            getattr(message, field.name).extend(draw(st.lists(value_of(field), max_size=3)))
        elif field.message_type is not None:
            getattr(message, field.name).CopyFrom(draw(value_of(field)))
        else:
            setattr(message, field.name, draw(value_of(field)))
    return message


@pytest.fixture
def inhabited(store: SqlStore) -> SqlStore:
    """A store with a deployed cluster, an empty one, free nodes, and a finished transaction."""
    a_small_cluster(store)
    create(store, "empty")
    discover(store, 2)
    succeed(store, apply_and_plan(store))
    import_(store, a_release("x-8.0", graphs={}), replace_existing=True)
    return store


@pytest.mark.parametrize("method", UNARY)
@settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_no_request_is_a_bug(inhabited: SqlStore, method: str, data: st.DataObject) -> None:
    """A refusal has a reason, tells what is wrong in text, and leaves the database alone."""
    request = data.draw(messages(METHODS[method].input_type))
    before = dump(inhabited)

    answer = Door(inhabited).ask(method, request)

    if isinstance(answer, Refused):
        assert answer.code not in BUGS, answer.message
        assert answer.reason
        assert answer.message
        assert dump(inhabited) == before

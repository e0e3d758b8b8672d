"""Settings, attributes and discovered facts are free content: planning copes with any of it."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from planner.domain.errors import PlannerError
from planner.domain.states import ClusterStatus, TransactionState
from planner.services.changes import Change, preview_changes
from planner.services.clusters import get_cluster, update_cluster_settings
from planner.services.nodes import NodeChange, get_node, update_node
from tests.planner.builders import NOW, a_release, a_task
from tests.planner.stored import put_node
from tests.planner.work import a_small_cluster, apply_and_plan, import_

if TYPE_CHECKING:
    from planner.storage.unit_of_work import SqlStore

KEYS = [
    "access",
    "auth_key",
    "cluster",
    "cobbler",
    "common",
    "data",
    "deployment_mode",
    "disks",
    "dns_domain",
    "dns_list",
    "editable",
    "engine",
    "fault_tolerance",
    "fuel_version",
    "image_data",
    "interfaces",
    "ip",
    "kernel",
    "kernel_params",
    "mac",
    "management_network_range",
    "master_ip",
    "meta",
    "method",
    "name",
    "network_metadata",
    "network_roles",
    "networks",
    "nodes",
    "ntp_list",
    "provision",
    "public_network_assignment",
    "puppet_debug",
    "propagate_task_deploy",
    "pxe",
    "repo_setup",
    "repos",
    "roles",
    "size",
    "status",
    "storage",
    "timezone",
    "uid",
    "value",
    "vips",
    "volumes",
    "cidr",
    "gateway",
    "ip_ranges",
    "vlan_start",
    "vlan",
    "meta",
    "use_gateway",
    "notation",
    "purpose",
    "assigned_networks",
    "driver",
    "disk",
    "bus_info",
    "current_speed",
    "memory",
    "cpu",
    "total",
]
values = st.recursive(
    st.none()
    | st.booleans()
    | st.sampled_from([0, 1, -1, 65536, 2**70, 1.5])
    | st.sampled_from(["", "text", "10.0.0.0/24", "10.0.0.1", "fe80::/64", "eth0", "%", "a" * 300]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4)
    ),
    max_leaves=12,
)
objects = st.dictionaries(st.sampled_from(KEYS), values, max_size=4)

many = settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.fixture
def uid(store: SqlStore) -> str:
    """A store with a cluster of two nodes; the second node's uid."""
    return a_small_cluster(store)[1]


def is_planned_or_refused(store: SqlStore) -> bool:
    """Tell whether a preview answers, or refuses for a reason."""
    try:
        preview_changes(store, Change(cluster="demo"))
    except PlannerError as error:
        return bool(error.reason and error.message)
    return True


@many
@given(content=objects)
def test_any_settings_can_be_planned_with(store: SqlStore, uid: str, content: Any) -> None:
    """Or are refused for a reason, as data of the plan."""
    assert uid
    update_cluster_settings(store, "demo", content, etag="", key=None, now=NOW)

    assert is_planned_or_refused(store)


@many
@given(content=objects)
def test_any_attributes_can_be_planned_with(store: SqlStore, uid: str, content: Any) -> None:
    """Or are refused for a reason."""
    update_node(store, uid, NodeChange(attributes=content), etag="", key=None, now=NOW)

    assert is_planned_or_refused(store)


@many
@given(content=objects)
def test_any_discovered_facts_can_be_planned_with(store: SqlStore, uid: str, content: Any) -> None:
    """Or are refused for a reason."""
    node = get_node(store, uid)
    with store.write() as work:
        work.nodes.save([replace(node, meta=content)])

    assert is_planned_or_refused(store)


@many
@given(networks=values, roles=values, volumes=values)
def test_any_free_section_of_a_release_can_be_planned_with(
    store: SqlStore, uid: str, networks: Any, roles: Any, volumes: Any
) -> None:
    """Import refuses what it can tell is wrong, planning the rest."""
    assert uid
    sections = {
        "networks_metadata": {"neutron": {"networks": networks, "config": roles}},
        "network_roles_metadata": roles,
        "volumes_metadata": {"volumes": volumes, "volumes_roles_mapping": roles},
    }

    with suppress(PlannerError):
        import_(store, a_release(**sections), replace_existing=True)

    assert is_planned_or_refused(store)


@pytest.mark.parametrize(
    "expression",
    ["$.no.such.thing.here", "1/0", "$.cluster + 1", "int('x')", "$.nodes.map($.a.b.c)"],
)
def test_an_expression_that_fails_ends_the_transaction_as_data(
    store: SqlStore, expression: str
) -> None:
    """FAILED with a reason, the cluster as it was (law 8); nothing hangs."""
    task = a_task("asks", parameters={"value": {"yaql_exp": expression}, "timeout": 1})
    a_small_cluster(store, graphs={"default": {"tasks": [task]}})

    ended = apply_and_plan(store)

    assert ended.state is TransactionState.FAILED
    assert ended.failure is not None
    assert ended.failure.reason == "EXPRESSION_FAILED"
    assert get_cluster(store, "demo").cluster.status is ClusterStatus.NEW


def test_an_offline_node_fails_the_plan_with_every_violation(store: SqlStore, uid: str) -> None:
    """Named, never dropped silently (decision 4)."""
    update_node(store, uid, NodeChange(online=False), etag="", key=None, now=NOW)
    other = put_node(store, online=False, pending_roles=("gone",)).uid

    ended = apply_and_plan(store)

    assert ended.state is TransactionState.FAILED
    assert ended.failure is not None
    assert ended.failure.reason == "CHECKS_FAILED"
    assert [(v.reason, v.subject) for v in ended.failure.violations] == [
        ("NODE_OFFLINE", f"nodes/{uid}"),
        ("NODE_OFFLINE", f"nodes/{other}"),
        ("UNKNOWN_ROLE", f"nodes/{other}"),
    ]

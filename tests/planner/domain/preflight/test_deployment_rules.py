"""Whether a cluster can be deployed as it is (dossier 5.1, 5.3): each rule with an example."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from planner.domain.states import NodeErrorType, NodeStatus
from tests.planner.domain.preflight.scenes import HARDWARE, ROLES, changed, found, new, ready

if TYPE_CHECKING:
    from planner.domain.node import Node

SMALL = {**HARDWARE, "disks": [{"name": "sda", "size": 2**30}]}


@pytest.mark.parametrize(
    ("node", "expected"),
    [
        (new(meta=SMALL), True),
        (ready(meta=SMALL), False),
        (ready(meta=SMALL, status=NodeStatus.PROVISIONED), False),
        (ready(meta=SMALL, status=NodeStatus.ERROR, error_type=NodeErrorType.DEPLOY), False),
        (ready(meta=SMALL, status=NodeStatus.ERROR, error_type=NodeErrorType.PROVISION), True),
    ],
)
def test_disks_must_hold_what_roles_need(node: Node, *, expected: bool) -> None:
    """Row 1: only where they are going to be partitioned."""
    assert found(node) == ([("NOT_ENOUGH_SPACE", "nodes/1")] if expected else [])


def role(**metadata: Any) -> dict[str, Any]:
    """Give the role compute some metadata."""
    return ROLES | {"compute": metadata}


@pytest.mark.parametrize(
    ("restriction", "expected"),
    [
        ({"condition": "settings:cloud.small.value == true"}, True),
        ({"condition": "settings:cloud.small.value == false"}, False),
        ({"condition": "cluster:mode == 'ha_compact'", "message": "no"}, True),
        ({"condition": "'experimental' in version:feature_groups"}, False),
        ({"condition": "settings:cloud.small.value == true", "action": "hide"}, False),
    ],
)
def test_a_restricted_role_is_refused(restriction: dict[str, Any], *, expected: bool) -> None:
    """Row 3: conditions over settings, cluster and version; hiding is for people only."""
    roles = role(restrictions=[restriction])

    violations = found(new(), settings={"cloud": {"small": True}}, roles_metadata=roles)

    assert violations == ([("ROLE_RESTRICTED", "nodes/1")] if expected else [])


@pytest.mark.parametrize(
    ("storage", "stores", "expected"),
    [
        ({"volumes_ceph": True, "osd_pool_size": "3"}, 2, True),
        ({"volumes_ceph": True, "osd_pool_size": "3"}, 3, False),
        ({"objects_ceph": {"value": True}, "osd_pool_size": {"value": 2}}, 1, True),
        ({"volumes_ceph": False, "osd_pool_size": "3"}, 0, False),
    ],
)
def test_there_are_as_many_stores_as_copies(
    storage: dict[str, Any], stores: int, *, expected: bool
) -> None:
    """Row 4: where anything is kept in them."""
    nodes = [new(str(number), "ceph-osd") for number in range(1, stores + 1)] or [new()]

    violations = found(*nodes, settings={"storage": storage})

    subject = "settings/storage.osd_pool_size"
    assert violations == ([("NOT_ENOUGH_OSD_NODES", subject)] if expected else [])


@pytest.mark.parametrize(("last", "expected"), [("172.16.0.3", True), ("172.16.0.4", False)])
def test_public_addresses_suffice(last: str, *, expected: bool) -> None:
    """Row 5: one for the controller and two that move."""
    networks = changed("public", ip_range=["172.16.0.2", last])

    violations = found(new("1", "controller"), new("2"), networks=networks)

    subject = "networks/public"
    assert violations == ([("NOT_ENOUGH_PUBLIC_ADDRESSES", subject)] if expected else [])


def test_other_networks_have_enough_addresses_too() -> None:
    """Two addresses for three nodes."""
    networks = changed("storage", cidr="192.168.1.0/30")

    violations = found(new("1"), new("2"), new("3"), networks=networks)

    assert violations == [("NOT_ENOUGH_ADDRESSES", "networks/storage")]


def test_network_roles_do_not_contradict_each_other() -> None:
    """5.1: the same role in two forms, the same address asked for twice."""
    roles = [
        {"id": "a", "properties": {"vip": [{"name": "one"}]}},
        {"id": "a", "properties": {"vip": [{"name": "two"}]}},
        {"id": "b", "properties": {"vip": [{"name": "one"}]}},
    ]

    assert found(new(), network_roles_metadata=roles) == [
        ("NETWORK_ROLE_CONFLICT", "network_roles/a"),
        ("DUPLICATE_VIP", "vips/one"),
    ]


TEMPLATE: dict[str, Any] = {
    "network_assignments": {"management": {"ep": "br-mgmt"}, "fuelweb_admin": {"ep": "br-adm"}},
    "templates_for_node_role": {"compute": ["common"]},
    "network_scheme": {
        "common": {
            "endpoints": ["br-mgmt", "br-prv"],
            "roles": {"management": "br-mgmt", "neutron/private": "br-prv"},
            "transformations": [
                {"action": "add-br", "name": "br-prv", "provider": "dpdkovs"},
                {"action": "add-br", "name": "br-mgmt"},
            ],
        }
    },
}


def template(**changes: Any) -> dict[str, Any]:
    """Write a template for the default group with something changed."""
    return {"network_template": {"default": {**TEMPLATE, **changes}}}


def scheme(**changes: Any) -> dict[str, Any]:
    """Write a template whose only scheme has something changed."""
    return template(network_scheme={"common": {**TEMPLATE["network_scheme"]["common"], **changes}})


def test_a_sound_template_breaks_no_rule() -> None:
    """One fast endpoint, for private networks only."""
    assert found(new(), settings=template()) == []


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"network_template": {"rack-2": TEMPLATE}}, ("TEMPLATE_LACKS_GROUP", "default")),
        (template(network_assignments={"far": {}}), ("TEMPLATE_NETWORK_MISSING", "default")),
        (template(templates_for_node_role={"mongo": []}), ("TEMPLATE_LACKS_ROLE", "default")),
        (
            scheme(
                transformations=[
                    {"name": "br-prv", "provider": "dpdkovs"},
                    {"name": "br-mgmt", "provider": "dpdkovs"},
                ],
                roles={},
            ),
            ("DPDK_ENDPOINT_NOT_UNIQUE", "default/common"),
        ),
        (scheme(roles={"storage": "br-prv"}), ("DPDK_ENDPOINT_SHARED", "default/common")),
    ],
)
def test_a_template_covers_what_is_assigned(
    settings: dict[str, Any], expected: tuple[str, str]
) -> None:
    """Row 6: groups, networks, roles, and the endpoint for fast packets."""
    reason, place = expected

    assert found(new(), settings=settings) == [(reason, f"network_template/{place}")]


def fast(**changes: Any) -> dict[str, Any]:
    """Describe a node that gives fast packets all they need."""
    return {
        "interfaces": [{"name": "eth1", "dpdk": {"enabled": True}}],
        "cpu_pinning": {"dpdk": 1, "nova": {"value": 2}},
        "hugepages": {"dpdk": 128, "nova": {"value": {"2048": 512}}},
        **changes,
    }


KVM = {"libvirt_type": "kvm"}


@pytest.mark.parametrize(
    ("attributes", "settings", "expected"),
    [
        (fast(), KVM, None),
        (fast(), {"libvirt_type": "qemu"}, "NFV_NEEDS_KVM"),
        ({"interfaces": [{"name": "eth1", "sriov": True}]}, {}, "NFV_NEEDS_KVM"),
        (fast(cpu_pinning={"nova": 1}), KVM, "DPDK_NEEDS_PROCESSORS"),
        (fast(cpu_pinning={"dpdk": 6, "nova": 2}), KVM, "NOT_ENOUGH_PROCESSORS"),
        (fast(hugepages={"dpdk": 128}), KVM, "DPDK_NEEDS_HUGEPAGES"),
        (fast(hugepages={"nova": 128, "dpdk": 0}), KVM, "DPDK_NEEDS_HUGEPAGES"),
    ],
)
def test_network_functions_get_what_they_need(
    attributes: dict[str, Any], settings: dict[str, Any], expected: str | None
) -> None:
    """Row 7: the hypervisor, processors, huge pages."""
    violations = found(new(attributes=attributes), settings=settings)

    assert violations == ([(expected, "nodes/1")] if expected else [])


def test_older_releases_know_no_network_functions() -> None:
    """Row 7 begins with 9.0."""
    assert found(new(attributes=fast()), version="cloud-8.0") == []


@pytest.mark.parametrize(
    ("components", "role_of_node", "expected"),
    [
        (
            {"ceilometer": True},
            "compute",
            ("NO_MONGO_NODE", "settings/additional_components.ceilometer"),
        ),
        ({"ceilometer": True}, "mongo", None),
        (
            {"ceilometer": True, "mongo": True},
            "mongo",
            ("EXTERNAL_MONGO_EXCLUDES_NODES", "nodes/1"),
        ),
        ({"ceilometer": True, "mongo": True}, "compute", None),
        ({"ceilometer": False}, "compute", None),
    ],
)
def test_telemetry_has_one_kind_of_database(
    components: dict[str, bool], role_of_node: str, expected: tuple[str, str] | None
) -> None:
    """Row 8: nodes of its own or one outside, not both."""
    node, settings = new("1", role_of_node), {"additional_components": components}

    assert found(node, settings=settings) == ([expected] if expected else [])
    assert found(node, settings=settings, version="cloud-6.0") == []


@pytest.mark.parametrize("value", [None, 5, "text", True, [], [1], {"a": 1}, {"default": [1]}])
@pytest.mark.parametrize(
    "key", ["networks", "node_groups", "networking", "network_template", "storage", "vips"]
)
def test_settings_may_hold_anything(key: str, value: Any) -> None:
    """What has not the expected shape says nothing, or is a violation; it never fails."""
    assert isinstance(found(new(), settings={key: value}), list)


@pytest.mark.parametrize("value", [None, 5, "text", True, [], [1], {"a": 1}])
@pytest.mark.parametrize("key", ["interfaces", "cpu_pinning", "hugepages", "node_group"])
def test_attributes_may_hold_anything(key: str, value: Any) -> None:
    """The same for what is said of a node."""
    assert isinstance(found(new(attributes=fast(**{key: value}))), list)

"""How a node's disks are divided among what its roles need (dossier 4.1)."""

from __future__ import annotations

from typing import Any

import pytest

from planner.domain.disks import GIGABYTE, lay_out_disks, render_spaces, swap_size

VOLUMES: dict[str, Any] = {
    "volumes_roles_mapping": {
        "web": [{"id": "os", "allocate_size": "min"}, {"id": "data", "allocate_size": "all"}],
        "store": [
            {"id": "os", "allocate_size": "min"},
            {"id": "raw", "allocate_size": "full-disk"},
        ],
        "other": [{"id": "os", "allocate_size": "all"}],
    },
    "volumes": [
        {
            "id": "os",
            "type": "vg",
            "min_size": {"generator": "calc_min_os_size"},
            "volumes": [
                {"name": "root", "type": "lv", "size": {"generator": "calc_total_root_vg"}},
                {"name": "swap", "type": "lv", "size": {"generator": "calc_swap_size"}},
            ],
        },
        {
            "id": "data",
            "type": "vg",
            "min_size": {"generator": "calc_gb_to_mb", "generator_args": [5]},
            "volumes": [
                {
                    "name": "data",
                    "type": "lv",
                    "size": {"generator": "calc_total_vg", "generator_args": ["data"]},
                }
            ],
        },
        {"id": "raw", "type": "partition", "mount": "none", "min_size": 100},
    ],
    "rule_to_pick_boot_disk": [
        {"type": "exclude_disks_by_name", "regex": "^nvme"},
        {"type": "pick_root_disk_if_disk_name_match", "regex": "^md"},
    ],
}


def meta(*sizes: int, names: str = "abc") -> dict[str, Any]:
    """Describe a node with 16 GB of memory and disks of these sizes in gigabytes."""
    disks = [
        {"name": f"sd{name}", "size": size * 2**30}
        for name, size in zip(names, sizes, strict=False)
    ]
    return {"memory": {"total": 16 * 2**30}, "disks": disks}


@pytest.mark.parametrize(
    ("memory", "expected"), [(1, 2), (2, 4), (4, 4), (8, 8), (16, 8), (64, 32), (128, 4)]
)
def test_swap_follows_memory(memory: int, expected: int) -> None:
    """Twice, as much, half of it, or 4 GB; all in gigabytes."""
    assert swap_size({"memory": {"total": memory * 2**30}}) == expected * GIGABYTE


def test_least_sizes_come_first_and_the_rest_grows() -> None:
    """The system takes 50 GB and its swap of the first disk, data what is left of both."""
    layout = lay_out_disks(VOLUMES, ["web"], meta(100, 100))

    system = 50 * GIGABYTE + 8 * GIGABYTE
    usable = 100 * GIGABYTE - 500 - 2 * 64
    assert [disk.taken for disk in layout.disks] == [
        {"os": system, "data": usable - system},
        {"os": 0, "data": usable},
    ]
    assert layout.missing == {}


def test_what_is_laid_out_is_written_for_the_engine() -> None:
    """Each part of a group costs 64 MB of the reserve; a group's volumes fill it."""
    spaces = render_spaces(lay_out_disks(VOLUMES, ["web"], meta(100)))

    disk, system, data = spaces
    parts = [(part["type"], part.get("vg"), part["size"]) for part in disk["volumes"]]
    assert parts[:3] == [("boot", None, 300), ("raid", None, 200), ("lvm_meta_pool", None, 0)]
    assert parts[3] == ("pv", "os", 58 * GIGABYTE + 64)
    assert [volume["size"] for volume in system["volumes"]] == [50 * GIGABYTE, 8 * GIGABYTE]
    assert data["volumes"][0]["size"] == disk["free_space"] - 58 * GIGABYTE


def test_whole_disks_spare_the_first_one() -> None:
    """Unless there is no other."""
    two = lay_out_disks(VOLUMES, ["store"], meta(100, 10)).disks
    one = lay_out_disks(VOLUMES, ["store"], meta(100)).disks

    assert [disk.taken["raw"] for disk in two] == [100, two[1].usable]
    assert one[0].taken["raw"] == one[0].usable - 58 * GIGABYTE


def test_what_does_not_fit_is_missing() -> None:
    """By how many megabytes, so that a person knows what to buy."""
    layout = lay_out_disks(VOLUMES, ["web"], meta(50))

    assert layout.missing == {"os": 8 * GIGABYTE + 500 + 128, "data": 5 * GIGABYTE}


def test_a_role_that_the_release_does_not_list_gets_a_system() -> None:
    """The mapping's fallback."""
    layout = lay_out_disks(VOLUMES, ["unheard-of"], meta(100))

    assert [space.id for space in layout.spaces] == ["os"]


@pytest.mark.parametrize(
    ("names", "expected"), [(["nvme0", "sda"], "sda"), (["sda", "md127"], "md127"), ([], "")]
)
def test_the_release_picks_the_disk_to_boot_from(names: list[str], expected: str) -> None:
    """The first that is not excluded; one of a raid if there is one."""
    disks = [{"name": name, "size": 2**40} for name in names]

    assert lay_out_disks(VOLUMES, ["web"], {"disks": disks}).boot_disk == expected


@pytest.mark.parametrize("value", [None, 5, "text", [], [1], {"a": 1}])
@pytest.mark.parametrize("key", ["volumes_roles_mapping", "volumes", "rule_to_pick_boot_disk"])
def test_a_release_may_hold_anything(key: str, value: Any) -> None:
    """What has not the expected shape says nothing."""
    layout = lay_out_disks({**VOLUMES, key: value}, ["web"], meta(100))

    assert render_spaces(layout)


def test_a_pattern_that_cannot_be_used_picks_nothing() -> None:
    """A release with one is imported and planned all the same."""
    rules = [{"type": "exclude_disks_by_name", "regex": "("}]

    layout = lay_out_disks({**VOLUMES, "rule_to_pick_boot_disk": rules}, ["web"], meta(100))

    assert layout.boot_disk == "sda"

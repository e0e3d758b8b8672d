"""How are a node's disks divided among what its roles need (dossier 4.1, ks_spaces)?

Sizes are megabytes of 2**20 bytes. A disk of size 0 is no disk (decision 7).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from planner.domain.free_content import follow, integer, mapping, mappings, words
from planner.domain.graph.errors import PatternError
from planner.domain.graph.name_pattern import matcher

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

MEGABYTE: Final = 2**20
GIGABYTE: Final = 1024
"""In megabytes."""

BOOT_LOADER: Final = 300
BOOT_FILES: Final = 200
"""What every disk gives away, so that any of them can be booted from."""

LVM_META: Final = 64
"""What a part of a volume group costs on a disk."""

ROOT: Final = 50 * GIGABYTE

MINIMUMS: Final[Mapping[str, float]] = {
    "calc_min_glance_size": 5 * GIGABYTE,
    "calc_min_vm_size": 5 * GIGABYTE,
    "calc_min_mysql_size": 20 * GIGABYTE,
    "calc_min_mongo_size": 10 * GIGABYTE,
    "calc_min_cinder_size": 1.5 * GIGABYTE,
    "calc_min_ceph_size": 3 * GIGABYTE,
    "calc_min_ceph_journal_size": 0,
}
"""Sizes that the release names instead of writing them."""

SHARES: Final = ("min", "full-disk", "all")
"""How much of the disks a space gets, in the order of giving: its least size, whole disks, what
is left."""

FALLBACK_ROLE: Final = "other"
"""Stands in the release's mapping for roles that it does not list."""


@dataclass(frozen=True, slots=True)
class Space:
    """What a node's roles need: a volume group or a partition, and how much of the disks.

    ``share`` is one of SHARES.
    """

    id: str
    share: str
    minimum: int
    definition: Mapping[str, Any]

    @property
    def is_group(self) -> bool:
        """Tell whether it spans disks as a volume group."""
        return self.definition.get("type") == "vg"


@dataclass(slots=True)
class Disk:
    """A disk being divided; ``taken`` maps a space to what it gets here."""

    id: str
    name: str
    size: int
    extra: Sequence[str]
    usable: int
    taken: dict[str, int] = field(default_factory=dict)

    @property
    def free(self) -> int:
        """What nobody has taken yet."""
        return self.usable - sum(self.taken.values())


@dataclass(frozen=True, slots=True)
class Layout:
    """Divided disks; ``missing`` says by how much the least sizes do not fit, by space."""

    disks: Sequence[Disk]
    spaces: Sequence[Space]
    swap: int
    boot_disk: str
    missing: Mapping[str, int]


def lay_out_disks(
    volumes_metadata: Mapping[str, Any], roles: Iterable[str], meta: Mapping[str, Any]
) -> Layout:
    """Divide a node's disks: least sizes first, in order, then what may grow.

    Deterministic. A release without volumes asks for nothing, and nothing is missing.
    """
    swap = swap_size(meta)
    spaces = _spaces(volumes_metadata, roles, swap)
    disks = _disks(meta, sum(space.is_group for space in spaces))
    missing = _give_minimums(disks, [space for space in spaces if space.share != "all"])
    _give_rest(disks, [space for space in spaces if space.share == "full-disk"], first=1)
    _give_rest(disks, [space for space in spaces if space.share == "all"])
    missing |= {
        space.id: space.minimum - total
        for space in spaces
        if space.share == "all" and (total := _total(disks, space.id)) < space.minimum
    }
    return Layout(disks, spaces, swap, _boot_disk(volumes_metadata, disks), missing)


def swap_size(meta: Mapping[str, Any]) -> int:
    """Size the swap by memory: twice, as much, half of it, or 4 GB."""
    size = integer(follow(meta, "memory", "total")) // MEGABYTE
    for bound, factor in ((2, 2.0), (8, 1.0), (64, 0.5)):
        if size <= bound * GIGABYTE:
            return int(size * factor)
    return 4 * GIGABYTE


def render_spaces(layout: Layout) -> list[dict[str, Any]]:
    """Write a layout as the provisioning engine reads it: disks, then volume groups."""
    groups = [space for space in layout.spaces if space.is_group]
    disks = [_render_disk(disk, layout, len(groups)) for disk in layout.disks]
    return disks + [_render_group(space, layout) for space in groups]


def _spaces(metadata: Mapping[str, Any], roles: Iterable[str], swap: int) -> list[Space]:
    by_role = mapping(metadata.get("volumes_roles_mapping"))
    definitions = {str(item.get("id")): item for item in mappings(metadata.get("volumes"))}
    wanted: dict[str, str] = {}
    for role in roles:
        for item in mappings(by_role.get(role, by_role.get(FALLBACK_ROLE))):
            share = str(item.get("allocate_size"))
            wanted.setdefault(str(item.get("id")), share if share in SHARES else "min")
    return [
        Space(name, share, _minimum(definitions[name].get("min_size"), swap), definitions[name])
        for name, share in wanted.items()
        if name in definitions
    ]


def _minimum(written: Any, swap: int) -> int:
    generator = str(follow(written, "generator"))
    if generator == "calc_min_os_size":
        return ROOT + swap
    if generator == "calc_gb_to_mb":
        return integer(_argument(written)) * GIGABYTE
    return int(MINIMUMS.get(generator, integer(written)))


def _argument(written: Any) -> Any:
    """Return the only argument of a size that the release lets compute."""
    arguments = follow(written, "generator_args")
    return arguments[0] if isinstance(arguments, list) and arguments else None


def _disks(meta: Mapping[str, Any], groups: int) -> list[Disk]:
    reserved = BOOT_LOADER + BOOT_FILES + LVM_META * groups
    found = []
    for disk in mappings(meta.get("disks")):
        size = integer(disk.get("size")) // MEGABYTE
        if size > 0:
            name = str(disk.get("name"))
            identity, extra = str(disk.get("disk") or name), words(disk.get("extra"))
            found.append(Disk(identity, name, size, extra, max(0, size - reserved)))
    return found


def _give_minimums(disks: Sequence[Disk], spaces: Sequence[Space]) -> dict[str, int]:
    missing = {}
    for space in spaces:
        needed = space.minimum
        for disk in disks:
            part = min(disk.free, needed)
            disk.taken[space.id] = part
            needed -= part
        if needed:
            missing[space.id] = needed
    return missing


def _give_rest(disks: Sequence[Disk], spaces: Sequence[Space], first: int = 0) -> None:
    """Share what is left of each disk equally; ``first`` disks are spared if there are more."""
    if not spaces:
        return
    for disk in disks[first:] or disks:
        share, rest = divmod(disk.free, len(spaces))
        for index, space in enumerate(spaces):
            disk.taken[space.id] = disk.taken.get(space.id, 0) + share + (rest if not index else 0)


def _boot_disk(metadata: Mapping[str, Any], disks: Sequence[Disk]) -> str:
    names = [disk.name for disk in disks]
    for rule in mappings(metadata.get("rule_to_pick_boot_disk")):
        is_named = _name_test(rule.get("regex"))
        if rule.get("type") == "exclude_disks_by_name":
            names = [name for name in names if not is_named(name)]
        elif rule.get("type") == "pick_root_disk_if_disk_name_match":
            names = [name for name in names if is_named(name)] or names
    return names[0] if names else ""


def _name_test(regex: Any) -> Callable[[str], bool]:
    """Return the test of a disk's name; a pattern that cannot be used matches none."""
    try:
        return matcher(f"/{regex}/")
    except PatternError:
        return lambda _: False


def _total(disks: Iterable[Disk], space: str) -> int:
    return sum(disk.taken.get(space, 0) for disk in disks)


def _render_disk(disk: Disk, layout: Layout, groups: int) -> dict[str, Any]:
    parts = [_render_part(space, disk.taken.get(space.id, 0)) for space in _by_growth(layout)]
    used = sum(1 for space in layout.spaces if space.is_group and disk.taken.get(space.id))
    return {
        "id": disk.id,
        "name": disk.name,
        "type": "disk",
        "size": disk.size,
        "extra": list(disk.extra),
        "bootable": disk.name == layout.boot_disk,
        "free_space": disk.usable,
        "volumes": [
            {"type": "boot", "size": BOOT_LOADER},
            {
                "type": "raid",
                "name": "Boot",
                "mount": "/boot",
                "file_system": "ext2",
                "size": BOOT_FILES,
            },
            {"type": "lvm_meta_pool", "size": LVM_META * (groups - used)},
            *parts,
        ],
    }


def _by_growth(layout: Layout) -> list[Space]:
    """Order parts as they were given: least sizes, whole disks, then what may grow."""
    return sorted(layout.spaces, key=lambda space: SHARES.index(space.share))


def _render_part(space: Space, size: int) -> dict[str, Any]:
    if space.is_group:
        meta = LVM_META if size else 0
        return {"type": "pv", "vg": space.id, "size": size + meta, "lvm_meta_size": meta}
    kept = ("name", "mount", "file_system", "partition_guid", "disk_label")
    return {
        "type": "partition",
        "size": size,
        **{key: space.definition[key] for key in kept if key in space.definition},
    }


def _render_group(space: Space, layout: Layout) -> dict[str, Any]:
    volumes = [
        {**volume, "size": _volume_size(volume.get("size"), layout)}
        for volume in mappings(space.definition.get("volumes"))
    ]
    return {
        **{key: value for key, value in space.definition.items() if key != "volumes"},
        "_allocate_size": space.share,
        "min_size": space.minimum,
        "volumes": volumes,
    }


def _volume_size(written: Any, layout: Layout) -> int:
    generator = follow(written, "generator")
    if generator == "calc_total_root_vg":
        return _total(layout.disks, "os") - layout.swap
    if generator == "calc_total_vg":
        return _total(layout.disks, str(_argument(written)))
    return layout.swap if generator == "calc_swap_size" else integer(written)

"""Which steps make a node install from the cluster's repositories?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    Shell = Callable[[Mapping[str, Any], str], dict[str, Any]]

CENTOS: Final = "CentOS"


def repository_payloads(
    operating_system: str, repositories: Sequence[Mapping[str, Any]], shell: Shell
) -> list[dict[str, Any]]:
    """Return the payloads in order (golden case td-chain).

    A repository's priority would need a look at its Release file and is left out, as in the
    original where that file cannot be had. Raises KeyError for a repository that lacks a part.
    """
    if operating_system == CENTOS:
        files = [_yum_file(repository) for repository in repositories]
        return [*files, shell({"timeout": 180}, "yum clean all")]
    return [
        shell({"timeout": 60}, "> /etc/apt/sources.list"),
        _upload("/etc/apt/apt.conf.d/05disable-ipv6", 'Acquire::ForceIPv4 "true";\n'),
        _upload("/etc/apt/apt.conf.d/02fuel-allow-unsigned", "APT::Get::AllowUnauthenticated 1;\n"),
        *(_apt_file(repository) for repository in repositories),
        shell({"timeout": 1800}, "apt-get update"),
    ]


def _apt_file(repository: Mapping[str, Any]) -> dict[str, Any]:
    line = " ".join(str(repository[part]) for part in ("type", "uri", "suite", "section"))
    return _upload(f"/etc/apt/sources.list.d/{repository['name']}.list", line)


def _yum_file(repository: Mapping[str, Any]) -> dict[str, Any]:
    name = repository["name"]
    lines = [f"[{name}]", f"name=Plugin {name} repository", f"baseurl={repository['uri']}"]
    lines.append("gpgcheck=0")
    if repository.get("priority"):
        lines.append(f"priority={repository['priority']}")
    return _upload(f"/etc/yum.repos.d/{name}.repo", "\n".join(lines))


def _upload(path: str, data: str) -> dict[str, Any]:
    return {"type": "upload_file", "parameters": {"path": path, "data": data}}

"""Builds domain values for tests: say what matters, the rest is filled in."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import count
from typing import Any

from planner.domain.cluster import Cluster
from planner.domain.node import Node
from planner.domain.release import Release
from planner.domain.transaction import Step, StepKind, Transaction, TransactionKind

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)

_numbers = count(1)


def a_release(version: str = "cloud-10.0", **sections: Any) -> Release:
    """Build a release with the roles controller, compute and storage and one small graph."""
    content: dict[str, Any] = {
        "release": {"name": "Cloud", "version": version, "modes": ["ha_compact", "multinode"]},
        "roles_metadata": {
            "controller": {"tags": ["controller"], "update_required": ["compute"]},
            "compute": {"tags": ["compute"], "fault_tolerance": "50%", "conflicts": ["controller"]},
            "storage": {"tags": ["storage"], "update_once": ["controller"]},
        },
        "tags_metadata": {"controller": {"has_primary": True}},
        "graphs": {"default": {"tasks": [a_task("hosts"), a_task("api", requires=["hosts"])]}},
    }
    return Release("cloud", content | sections)


def a_task(task: str, **fields: Any) -> dict[str, Any]:
    """Build a puppet task for every node."""
    known = {"id": task, "type": "puppet", "version": "2.1.0", "roles": "*"}
    parameters = {"puppet_manifest": f"/{task}.pp", "puppet_modules": "/modules", "timeout": 60}
    return {**known, "parameters": parameters, **fields}


def a_cluster(**fields: Any) -> Cluster:
    """Build a cluster of the release "cloud"."""
    known: dict[str, Any] = {
        "id": "demo",
        "number": 1,
        "release": "cloud",
        "mode": "ha_compact",
        "settings": {},
        "created_at": NOW,
        "updated_at": NOW,
    }
    return Cluster(**{**known, **fields})


def a_node(uid: str | None = None, **fields: Any) -> Node:
    """Build a node of the cluster "demo"."""
    number = int(uid) if uid else next(_numbers)
    known: dict[str, Any] = {
        "uid": str(number),
        "mac": f"52:54:00:00:{number // 256 % 256:02x}:{number % 256:02x}",
        "hostname": f"node-{number}",
        "ip": f"10.20.{number // 250}.{number % 250 + 1}",
        "cluster": "demo",
        "attributes": {},
        "meta": {},
        "created_at": NOW,
        "updated_at": NOW,
    }
    return Node(**{**known, **fields})


def a_transaction(**fields: Any) -> Transaction:
    """Build a pending transaction on the cluster "demo"."""
    known: dict[str, Any] = {
        "id": f"00000000-0000-4000-8000-{next(_numbers):012d}",
        "kind": TransactionKind.DEPLOY,
        "cluster": "demo",
        "created_at": NOW,
    }
    return Transaction(**{**known, **fields})


def a_step(**fields: Any) -> Step:
    """Build a deployment step of node 1."""
    known: dict[str, Any] = {
        "position": 0,
        "kind": StepKind.DEPLOYMENT,
        "method": "task_deploy",
        "execution": f"execution-{next(_numbers)}",
        "uids": ("1",),
        "weight": 1.0,
    }
    return Step(**{**known, **fields})

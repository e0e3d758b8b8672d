"""Other people's clients through reflection: the real grpcurl and buf curl."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from tests.processes import BIN
from tests.scenes import SAMPLE_ROLES, SAMPLES

if TYPE_CHECKING:
    from tests.processes import Pair


def grpcurl(address: str, method: str, body: dict[str, Any]) -> list[dict[str, Any]]:
    """Call a method with grpcurl; return its responses."""
    done = subprocess.run(
        [BIN / "grpcurl", "-plaintext", "-d", "@", address, method],
        input=json.dumps(body),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return _responses(done.stdout)


def buf_curl(address: str, method: str, body: dict[str, Any]) -> list[dict[str, Any]]:
    """Call a method with buf curl; return its responses."""
    done = subprocess.run(
        [
            BIN / "buf",
            "curl",
            "--http2-prior-knowledge",
            "--protocol",
            "grpc",
            "--data",
            "@-",
            f"http://{address}/{method}",
        ],
        input=json.dumps(body),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return _responses(done.stdout)


def _responses(text: str) -> list[dict[str, Any]]:
    decoder = json.JSONDecoder()
    responses = []
    while text := text.lstrip():
        response, end = decoder.raw_decode(text)
        responses.append(response)
        text = text[end:]
    return responses


@pytest.mark.parametrize("client", [grpcurl, buf_curl])
def test_a_cluster_is_deployed_by_hand(pair: Pair, client: Any) -> None:
    """From import to finished, with nothing but the command line and reflection."""
    address = pair.planner.address
    name = client.__name__.replace("_", "-")
    document = (SAMPLES / "release.yaml").read_text()
    client(
        address,
        "planner.v1.InventoryService/ImportRelease",
        {"release": "cloud", "document": document},
    )
    macs = [f"02:{len(name):02x}:00:00:00:{number:02x}" for number in range(6)]
    (registered,) = client(
        address,
        "planner.v1.InventoryService/RegisterNodes",
        {"nodes": [{"mac": mac} for mac in macs]},
    )
    client(
        address,
        "planner.v1.InventoryService/CreateCluster",
        {"cluster": name, "release": "cloud"},
    )
    client(
        address,
        "planner.v1.InventoryService/AssignNodes",
        {
            "cluster": name,
            "assignments": [
                {"node": node["name"], "roles": [role]}
                for node, role in zip(registered["nodes"], SAMPLE_ROLES, strict=True)
            ],
        },
    )

    (applied,) = client(address, "planner.v1.PlannerService/ApplyChanges", {"cluster": name})
    transaction = applied["transaction"]["name"]
    watched = client(
        address,
        "planner.v1.TransactionService/WatchTransaction",
        {"transaction": transaction},
    )

    assert "snapshot" in watched[0]
    assert watched[-1]["finished"]["state"] == "TRANSACTION_STATE_SUCCEEDED"
    assert watched[-1]["finished"]["done"] is True


def test_reflection_lists_the_services(pair: Pair) -> None:
    """Both services say what they serve."""
    for service, expected in (
        (pair.planner, "planner.v1.PlannerService"),
        (pair.orchestrator, "orchestrator.v1.OrchestratorService"),
    ):
        done = subprocess.run(
            [BIN / "grpcurl", "-plaintext", service.address, "list"],
            capture_output=True,
            text=True,
            check=True,
        )

        assert expected in done.stdout.split()
        assert "grpc.health.v1.Health" in done.stdout.split()


@pytest.mark.parametrize("protocol", ["grpc-v1", "grpc-v1alpha"])
def test_both_versions_of_reflection_are_served(pair: Pair, protocol: str) -> None:
    """Clients that know only one of the two find it."""
    for service in (pair.planner, pair.orchestrator):
        subprocess.run(
            [
                BIN / "buf",
                "curl",
                "--http2-prior-knowledge",
                "--protocol",
                "grpc",
                "--reflect-protocol",
                protocol,
                "--list-methods",
                f"http://{service.address}",
            ],
            capture_output=True,
            check=True,
            timeout=60,
        )


def test_health_answers_serving(pair: Pair) -> None:
    """The whole and each service are healthy."""
    for service, name in (
        (pair.planner, "planner.v1.TransactionService"),
        (pair.orchestrator, "orchestrator.v1.OrchestratorService"),
    ):
        for asked in ("", name):
            (answer,) = grpcurl(service.address, "grpc.health.v1.Health/Check", {"service": asked})

            assert answer == {"status": "SERVING"}


def test_error_details_are_readable(pair: Pair) -> None:
    """A person sees reason and violations: reflection serves their types."""
    done = subprocess.run(
        [
            BIN / "grpcurl",
            "-plaintext",
            "-d",
            '{"cluster": "NO SUCH", "release": "?"}',
            pair.planner.address,
            "planner.v1.InventoryService/CreateCluster",
        ],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode != 0
    assert "InvalidArgument" in done.stderr
    assert "google.rpc.ErrorInfo" in done.stderr
    assert "BAD_NAME" in done.stderr

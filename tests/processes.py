"""Runs the services as processes of their own, as a user would."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import grpc

from orchestrator.v1.orchestrator_service_pb2_grpc import OrchestratorServiceStub
from planner.v1.inventory_service_pb2_grpc import InventoryServiceStub
from planner.v1.planner_service_pb2_grpc import PlannerServiceStub
from planner.v1.transaction_service_pb2_grpc import TransactionServiceStub

if TYPE_CHECKING:
    from collections.abc import Iterator

BIN = Path(sys.executable).parent
START_S = 60


@dataclass
class Service:
    """A service that can be started, killed and started again at the same address."""

    command: list[str]
    address: str = "127.0.0.1:0"
    process: subprocess.Popen[str] | None = field(default=None, repr=False)

    def start(self) -> None:
        """Start it and wait until it says that it serves; keeps the port once it has one."""
        command = [str(BIN / self.command[0]), *self.command[1:], "--listen", self.address]
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, text=True, env=os.environ | {"NO_COLOR": "1"}
        )
        assert self.process.stdout is not None
        line = self.process.stdout.readline().strip()
        assert line, f"{command} did not start"
        self.address = line.rpartition(" ")[2]

    def kill(self) -> None:
        """End it with SIGKILL, in the middle of whatever it does."""
        assert self.process is not None
        self.process.kill()
        self._ended()

    def stop(self) -> int:
        """End it with SIGTERM; return its exit code."""
        if self.process is None:
            return 0
        self.process.send_signal(signal.SIGTERM)
        return self._ended()

    def _ended(self) -> int:
        assert self.process is not None
        code = self.process.wait(START_S)
        if self.process.stdout is not None:
            self.process.stdout.close()
        return code


@dataclass
class Pair:
    """A planner and an orchestrator, and stubs to talk to them."""

    planner: Service
    orchestrator: Service

    def __post_init__(self) -> None:
        self._channels: list[grpc.Channel] = []
        channel = self._channel(self.planner.address)
        self.inventory = InventoryServiceStub(channel)
        self.changes = PlannerServiceStub(channel)
        self.transactions = TransactionServiceStub(channel)
        self.executions = OrchestratorServiceStub(self._channel(self.orchestrator.address))

    def _channel(self, address: str) -> grpc.Channel:
        channel = grpc.insecure_channel(address)
        self._channels.append(channel)
        return channel

    def close(self) -> None:
        """Close the stubs' connections."""
        for channel in self._channels:
            channel.close()


@contextmanager
def running_pair(
    data: Path, *, database_url: str = "", orchestrator_flags: tuple[str, ...] = ()
) -> Iterator[Pair]:
    """Run a planner and an orchestrator as two processes until the context ends."""
    orchestrator = Service(
        ["orchestrator", "serve", "--data-dir", str(data / "orchestrator"), *orchestrator_flags]
    )
    orchestrator.start()
    flags = ["--database-url", database_url] if database_url else []
    planner = Service(
        [
            "planner",
            "serve",
            "--data-dir",
            str(data / "planner"),
            "--orchestrator",
            orchestrator.address,
            *flags,
        ]
    )
    try:
        planner.start()
        pair = Pair(planner, orchestrator)
        try:
            yield pair
        finally:
            pair.close()
    finally:
        planner.stop()
        orchestrator.stop()

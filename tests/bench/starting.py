"""How long until a service serves, and until a client has its stubs?"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tests.processes import Service

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.bench.subjects import Figure

STUBS: Final = (
    "from planner.v1 import planner_service_pb2_grpc, inventory_service_pb2_grpc,"
    " transaction_service_pb2_grpc"
)


def measure() -> Iterator[Figure]:
    """Start each service on data it has had before, and a client that imports nothing else."""
    with tempfile.TemporaryDirectory() as data:
        for name in ("planner", "orchestrator"):
            service = Service([name, "serve", "--data-dir", str(Path(data) / name)])
            _start(service)
            before = _children_cpu_s()
            yield f"start_{name}", _start(service)
            yield f"start_{name}_cpu", _children_cpu_s() - before
    yield "import_stubs", _run(STUBS) - _run("pass")


def _children_cpu_s() -> float:
    """Return the CPU seconds of all processes that were started here and have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _start(service: Service) -> float:
    started = time.perf_counter()
    service.start()
    took = time.perf_counter() - started
    service.stop()
    return took


def _run(code: str) -> float:
    started = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True)
    return time.perf_counter() - started

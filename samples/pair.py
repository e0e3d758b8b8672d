"""Runs a planner and an orchestrator as two processes, with the sample release and cluster.

    python samples/pair.py demo     deploy the sample cluster, show it, end
    python samples/pair.py serve    keep both running until Ctrl-C

Everything goes through the commands and the RPCs that anybody else would use.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).parent
BIN = Path(sys.executable).parent
PLANNER = "127.0.0.1:50051"
ORCHESTRATOR = "127.0.0.1:50052"
ASSIGNMENT = (
    "1=controller",
    "2=controller",
    "3=controller",
    "4=compute",
    "5=compute",
    "6=storage",
)


def main() -> int:
    """Run what was asked for; return its exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=["demo", "serve"])
    what = parser.parse_args().what
    free = ":0" if what == "demo" else ""
    with ExitStack() as running:
        data = Path(running.enter_context(tempfile.TemporaryDirectory(prefix="deploy-changes-")))
        orchestrator = running.enter_context(
            service(
                "orchestrator",
                "serve",
                "--listen",
                f"127.0.0.1{free}" if free else ORCHESTRATOR,
                "--data-dir",
                str(data / "orchestrator"),
            )
        )
        planner = running.enter_context(
            service(
                "planner",
                "serve",
                "--listen",
                f"127.0.0.1{free}" if free else PLANNER,
                "--data-dir",
                str(data / "planner"),
                "--orchestrator",
                orchestrator,
            )
        )
        load_sample(planner)
        return demo(planner) if what == "demo" else serve(planner)


@contextmanager
def service(*command: str) -> Iterator[str]:
    """Start a service as a process of its own; yield its address, stop it at the end."""
    # The command is ours, from the environment that runs this script.
    process = subprocess.Popen([BIN / command[0], *command[1:]], stdout=subprocess.PIPE, text=True)
    try:
        if process.stdout is None:
            raise AssertionError("the output is a pipe")
        line = process.stdout.readline().strip()
        if not line:
            raise SystemExit(f"{command[0]} did not start; see above")
        print(line, f"(process {process.pid})")
        yield line.rpartition(" ")[2]
    finally:
        process.terminate()
        process.wait()


def load_sample(planner: str) -> None:
    """Import the sample release, register six machines, make a cluster of them."""
    run(planner, "release", "import", "cloud", str(HERE / "release.yaml"))
    run(planner, "node", "register", str(HERE / "nodes.yaml"))
    run(planner, "cluster", "create", "demo", "--release", "cloud")
    run(planner, "cluster", "assign", "demo", *ASSIGNMENT)


def demo(planner: str) -> int:
    """Deploy the cluster and show what became of it."""
    return run(planner, "apply", "demo", "--watch", check=False)


def serve(planner: str) -> int:
    """Say what can be done now, and wait."""
    print(f"""
Both services are running; stop them with Ctrl-C. In another terminal:

  grpcurl -plaintext -d '{{"cluster": "demo"}}' {planner} planner.v1.PlannerService/ApplyChanges
  planner apply demo --watch
""")
    try:
        subprocess.run(["sleep", "infinity"], check=False)
    except KeyboardInterrupt:
        print("stopping")
    return 0


def run(planner: str, *arguments: str, check: bool = True) -> int:
    """Run one planner command, shown as a person would type it; return its exit code."""
    print(f"\n$ planner {' '.join(arguments)}", flush=True)
    command = [BIN / "planner", "--server", planner, *arguments]
    return subprocess.run(command, check=check).returncode


if __name__ == "__main__":
    raise SystemExit(main())

"""What the README shows works as it is written there."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from tests.processes import BIN
from tests.scenes import load_sample

if TYPE_CHECKING:
    from tests.processes import Pair

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()


def _commands(program: str) -> list[str]:
    """Return the command lines of the README that call a program, comments cut off."""
    lines = re.findall(r"^\$ (.*)$", README, re.MULTILINE)
    return [line.split("   #")[0].strip() for line in lines if program in line]


def test_the_transcript_can_be_pasted(pair: Pair) -> None:
    """The six grpcurl lines, one after another, in one shell."""
    load_sample(pair)
    lines = _commands("grpcurl")
    script = "set -eo pipefail\n" + "\n".join(lines)
    script = script.replace("localhost:50051", pair.planner.address)

    done = subprocess.run(
        ["bash", "-c", script],
        env=os.environ | {"PATH": f"{BIN}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )

    assert len(lines) == 6
    assert done.returncode == 0, done.stderr
    assert "TRANSACTION_STATE_SUCCEEDED" in done.stdout
    # One group in the preview, two runs in the history.
    assert done.stdout.count('"task": "database"') == 3


def test_the_command_lines_work(pair: Pair) -> None:
    """Each planner command of the README that needs no file answers well."""
    transaction = ""
    for line in _commands("planner "):
        if "compile" in line:
            continue
        words = line.replace("TRANSACTION", transaction).split()

        done = subprocess.run(
            [BIN / words[0], "--server", pair.planner.address, *words[1:]],
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

        assert done.returncode == 0, (line, done.stdout, done.stderr)
        if found := re.search(r"transactions/([0-9a-f-]{36})", done.stdout):
            transaction = found.group(1)


def test_every_page_it_names_exists() -> None:
    """No link of the README leads nowhere."""
    targets = re.findall(r"\]\((?!https?:)([^)#]+)", README)

    assert [target for target in targets if not (ROOT / target).exists()] == []

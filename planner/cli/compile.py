"""How is a recorded case planned without a server?"""

from __future__ import annotations

import gzip
import json
import sys
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from planner.domain.errors import PlannerError
from planner.domain.graph.case_answer import answer_case, answer_error
from planner.domain.graph.errors import GraphError

if TYPE_CHECKING:
    from collections.abc import Iterable

GZIP_MAGIC = b"\x1f\x8b"


@click.command("compile")
@click.argument("case", type=click.Path(path_type=Path, allow_dash=True))
@click.option("-o", "--out", type=click.Path(path_type=Path, allow_dash=True), default="-")
@click.option("--strict", is_flag=True, help="Refuse what the server refuses.")
def compile_command(case: Path, out: Path, *, strict: bool) -> None:
    """Plan CASE offline: JSON whose key "input" holds tasks, nodes and data; - is stdin.

    The answer is the reference form of the planned graph, or {"error": …} and exit status 1.
    """
    try:
        _write(out, answer_case(_read(case), is_strict=strict))
    except PlannerError as error:
        _write(out, [answer_error(error)])
        sys.exit(1)


def _read(path: Path) -> dict[str, Any]:
    try:
        content = sys.stdin.buffer.read() if str(path) == "-" else path.read_bytes()
        if content.startswith(GZIP_MAGIC):
            content = gzip.decompress(content)
        document = json.loads(content, parse_constant=_refuse)
    except OSError as error:
        raise GraphError(f"{path} cannot be read: {error.strerror or error}") from None
    except (ValueError, EOFError, zlib.error, RecursionError) as error:
        raise GraphError(f"{path} is no JSON: {error}") from None
    given = document.get("input") if isinstance(document, dict) else None
    if not isinstance(given, dict):
        raise GraphError('the case has no object under the key "input"', field="input")
    return given


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON number")


def _write(path: Path, pieces: Iterable[str]) -> None:
    try:
        with click.open_file(str(path), "w", encoding="utf-8") as file:
            for piece in pieces:
                file.write(piece)
            file.write("\n")
    except OSError as error:
        raise click.ClickException(f"{path} cannot be written: {error.strerror}") from None

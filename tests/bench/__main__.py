"""``python -m tests.bench``: measure, show a table, write JSON."""

from __future__ import annotations

import json
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import click
from rich.console import Console

from tests.bench.library import Absent
from tests.bench.meters import calibrate
from tests.bench.subjects import SUBJECTS, Subject, measure
from tests.bench.table import Results


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--json", "out", type=click.Path(path_type=Path), help="Where figures go.")
@click.option(
    "--only",
    multiple=True,
    type=click.Choice([subject.name for subject in SUBJECTS]),
    help="Which.",
)
@click.option("--quick", is_flag=True, help="Each once, the long ones not at all.")
def main(out: Path | None, only: tuple[str, ...], *, quick: bool) -> None:
    """Measure what planning, executing, recording and watching cost."""
    console, results = Console(), Results()
    for subject in SUBJECTS:
        if subject.name in only or not (only or (quick and subject.is_long)):
            _run(subject, 1 if quick else subject.times, results, console)
    console.print(results.table())
    for name, reason in results.absent.items():
        console.print(f"{name} was not measured: {reason}")
    if out is not None:
        out.write_text(json.dumps(results.document(), indent=2) + "\n")


def _run(subject: Subject, times: int, results: Results, console: Console) -> None:
    """Run a subject, each time in a fresh process: nothing is warm, and memory is its own."""
    for _ in range(times):
        with (
            console.status(subject.name),
            ProcessPoolExecutor(1, get_context("spawn"), max_tasks_per_child=1) as process,
        ):
            calibration_s = process.submit(calibrate).result()
            try:
                figures = process.submit(measure, subject.entry).result()
            except Absent as error:
                results.absent[subject.name] = str(error)
                return
            results.add(calibration_s, figures)


if __name__ == "__main__":
    main()

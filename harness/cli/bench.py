"""The verb ``bench``: what the harness costs, as ratios measured within one run."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import click

import harness.bench
from harness.bench.benchmarks import MODULES, benchmark_named
from harness.bench.contract import Benchmark, Effort, Figure, NotMeasured, Ratio, Setup
from harness.bench.elsewhere import BenchmarkFailed
from harness.bench.table import csv_text, kept_text, table
from harness.cli.console import Terminal
from harness.cli.exits import Exit, leave
from harness.cli.options import environments_option, reports_in
from harness.cli.progress import progress
from harness.wholefile import write_whole

KEPT = Path(harness.bench.__file__).with_name("results.csv")
_WIDTH = 140  # of what is not written to a terminal
EXAMPLES = """\b
Examples:
  harness bench
  harness bench checkers reference
  harness bench checkers --effort quick
"""


@click.command(name="bench", epilog=EXAMPLES)
@click.argument("names", nargs=-1, metavar="[NAME...]")
@click.option("--list", "listing", is_flag=True, help="Print the benchmarks and what each compares, and run none.")
@click.option(
    "--effort",
    type=click.Choice([effort.value for effort in Effort]),
    default=Effort.USUAL.value,
    show_default=True,
    help="How much is measured: quick only shows that it runs, full also what takes many minutes.",
)
@click.option("--keep", is_flag=True, help="Make these the figures of record, harness/bench/results.csv.")
@reports_in("reports/bench", holds="the results: a CSV file for each benchmark")
@environments_option
def command(*, names: Sequence[str], listing: bool, effort: str, keep: bool, reports: Path, environments: Path) -> None:
    """Measure what the harness costs, as ratios within one run.

    Runs the benchmarks named, by default all: each measures two things in turns, in one process and both warm, in the
    interpreter that has what it needs (HARNESS_PYTHON_<NAME>, or the one of tox). Exit code 0 where every target is
    met, 1 where one is missed, 3 where a framework is not there.
    """
    if unknown := [name for name in names if name not in MODULES]:
        leave(Exit.USAGE, f"no benchmark is called {unknown[0]!r}; there are {', '.join(MODULES)}")
    chosen = [benchmark_named(name) for name in dict.fromkeys(names or MODULES)]
    if listing:
        for one in chosen:
            click.echo(f"{one.name}: {one.compares}")
        return
    found: dict[str, list[Figure]] = {}
    for one in chosen:
        target, found[one.name] = reports / f"{one.name}.csv", []
        for figure in _measured(one, effort=Effort(effort), environments=environments):
            found[one.name].append(figure)
            _write(target, csv_text({one.name: found[one.name]}))  # so that an interrupted run leaves what it has
        Terminal(width=None if sys.stdout.isatty() else _WIDTH).print(table(one.name, found[one.name]))
        click.echo(f"harness: written to {target}", err=True)
    if keep:
        _write(KEPT, kept_text(KEPT.read_text(encoding="utf-8") if KEPT.exists() else "", found))
        click.echo(f"harness: kept in {KEPT}", err=True)
    raise SystemExit(int(_ended(found)))


def _measured(one: Benchmark, *, effort: Effort, environments: Path) -> Iterator[Figure]:
    with tempfile.TemporaryDirectory(prefix="harness-bench-") as folder:
        setup = Setup(
            environ=os.environ,
            environments=environments,
            folder=Path(folder),
            effort=effort,
            step=lambda label, total: progress(label, total=total),
        )
        try:
            yield from one.measure(setup)
        except BenchmarkFailed as error:
            leave(Exit.OUR_FAULT, str(error))


def _ended(found: Mapping[str, Sequence[Figure]]) -> Exit:
    every = [figure for figures in found.values() for figure in figures]
    if any(isinstance(figure, Ratio) and not figure.met for figure in every):
        return Exit.FINDINGS
    return Exit.NOT_RUN if any(isinstance(figure, NotMeasured) for figure in every) else Exit.AGREED


def _write(path: Path, content: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, content)
    except OSError as error:
        leave(Exit.USAGE, f"the figures cannot be written: {error}: name another folder with --reports")

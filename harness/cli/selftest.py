"""The verb ``selftest``: every fault of the catalogue before the harness, and before the checkers that people use."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from harness.cli.console import Terminal
from harness.cli.exits import Exit, leave
from harness.cli.options import environments_option, names, reports_in
from harness.cli.progress import progress
from harness.selftest import catalogue, right, text
from harness.selftest.checkers import table
from harness.selftest.checkers.jobs import RIGHT
from harness.selftest.checkers.score import (
    OURS,
    CheckerFailed,
    absent_scores,
    all_jobs,
    beside,
    frameworks_here,
    ours,
    scores,
)
from harness.selftest.control import Grid, control
from harness.selftest.slips import SLIPS, Slip
from harness.selftest.verdict import complaints
from harness.wholefile import write_whole
from reference.faults import CATALOGUE, Fault

PIPED = 100  # characters of a line where there is no terminal
EXAMPLES = """\b
Examples:
  harness selftest
  harness selftest --list
  harness selftest --faults dot-term-missing,wrong-axis
"""


@click.command(name="selftest", epilog=EXAMPLES)
@click.option(
    "--faults",
    metavar="NAMES",
    help="These of the catalogue alone, separated by commas, and no right kernels.  [default: all of it]",
)
@click.option("--list", "listed", is_flag=True, help="Print the catalogue of faults, and do nothing else.")
@click.option("--markdown", is_flag=True, help="With --list: as the table that reference/faults/README.md has.")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Which numbers.")
@click.option("--csv", "as_csv", is_flag=True, help="Print every count as CSV, in place of the table.")
@click.option(
    "--checkers",
    is_flag=True,
    help="Put the faults before the checkers of torch, jax and mxnet instead, beside this harness; writes score.csv.",
)
@reports_in("reports/selftest", holds="selftest.csv and selftest.md")
@environments_option
def command(
    *,
    faults: str | None,
    listed: bool,
    markdown: bool,
    seed: int,
    as_csv: bool,
    checkers: bool,
    reports: Path,
    environments: Path,
) -> None:
    """Prove the harness by faults that it must catch and name, and by right kernels that it must not flag.

    Every wrong rule of the catalogue becomes a wrong adapter, over ops, dtypes, lengths of the axis and cotangents,
    before the judge of `harness compare`; so do wrong kernels that are written step by step, as people write them, and
    follow one of these rules. Each has to be caught, and named, wherever it changes a result by more than rounding
    explains; the share of its changes that lies below that is printed. Exit code 0 where all of that holds and no
    right kernel is flagged, and 1 otherwise, with what was missed.

    With --checkers, each fault becomes the backward of a custom op of each framework, before the checkers which that
    brings, at their defaults and in its own interpreter: how often they refuse it, and how often a right one.

    With --faults, a selection is tried, where it has a place: the faults named and the kernels that follow them. What
    is written goes to REPORTS/selection, so that the score of all is never replaced.
    """
    chosen = CATALOGUE if faults is None else _chosen(faults)
    reports = reports if faults is None else reports / "selection"
    if markdown and not listed:
        leave(Exit.USAGE, "--markdown without --list: it is a form of the catalogue; selftest.md has the score as well")
    if listed:
        _list(chosen, markdown=markdown)
        return
    if checkers:
        raise SystemExit(int(_score(chosen, seed=seed, as_csv=as_csv, reports=reports, environments=environments)))
    grid, slips = Grid(seed=seed), _slips_of(chosen)
    kernels = right.RIGHT if faults is None else ()
    with progress("self-test", total=len(grid)) as step:
        found = control(chosen, slips, grid, right=kernels, progress=step)
    wrong = list(complaints(found, chosen, slips, right=kernels))
    page = text.page(found, chosen, slips, grid, complaints=wrong)
    _write(reports, {"selftest.csv": text.csv_text(found), "selftest.md": page})
    lines = [*text.tables(found, chosen, slips), "", text.summary(found)]
    click.echo(text.csv_text(found) if as_csv else "\n".join(lines))
    for one in wrong:
        click.echo(f"harness: {one}", err=True)
    raise SystemExit(int(Exit.FINDINGS if wrong else Exit.AGREED))


def _score(chosen: Sequence[Fault], *, seed: int, as_csv: bool, reports: Path, environments: Path) -> Exit:
    """Score every checker that is here; a framework that is not is said, and is no failure."""
    pythons, absent = frameworks_here(os.environ, environments)
    with progress("choosing kernels", total=len(chosen)) as step:
        jobs = all_jobs(chosen, seed=seed, progress=step)
    with progress(OURS, total=len(jobs)) as step:
        found = list(scores(chosen, jobs, ours(jobs, progress=step)))
    for framework, python in pythons.items():
        with progress(framework, total=len(jobs)) as step:
            try:
                answers = beside(framework, jobs, python, os.environ, progress=step)
            except CheckerFailed as error:
                leave(Exit.OUR_FAULT, str(error))
        found += scores(chosen, jobs, answers)
    for framework, reason in absent.items():
        click.echo(f"harness: not run: {framework}: {reason}", err=True)
        found += absent_scores(framework, reason)
    _write(reports, {"score.csv": table.csv_text(found)})
    click.echo(
        table.csv_text(found)
        if as_csv
        else "\n".join([*table.table(found), "", table.chosen(), "", *table.asleep(found)])
    )
    mine = [one for one in found if one.checker == OURS]
    sound = all(one.refused == (0 if one.fault == RIGHT else one.tried) for one in mine)
    if not sound:
        return Exit.FINDINGS
    return Exit.NOT_RUN if absent else Exit.AGREED


def _write(reports: Path, files: Mapping[str, str]) -> None:
    try:
        reports.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            write_whole(reports / name, content)
    except OSError as error:
        leave(Exit.USAGE, f"the table cannot be written: {error}: name another folder with --reports")
    written = " and ".join(str(reports / name) for name in files)
    click.echo(f"harness: written to {written}", err=True)


def _list(faults: Sequence[Fault], *, markdown: bool) -> None:
    """Print the catalogue, to the width of a terminal where that is one; as the table of its page where asked for."""
    console = Terminal()
    width = console.width if console.is_terminal else PIPED
    lines = catalogue.markdown(faults) if markdown else catalogue.listing(faults, width=width)
    click.echo("\n".join(lines))


def _slips_of(faults: Sequence[Fault]) -> tuple[Slip, ...]:
    """Return the kernels that follow one of the faults; all of them where these are the whole catalogue."""
    if len(faults) == len(CATALOGUE):
        return SLIPS
    return tuple(slip for slip in SLIPS if slip.fault in {fault.name for fault in faults})


def _chosen(text_of_names: str) -> tuple[Fault, ...]:
    wanted = names(text_of_names)
    known = {fault.name: fault for fault in CATALOGUE}
    if not wanted:
        leave(Exit.USAGE, "--faults: no name; give some, separated by commas, or leave it out to try all")
    if unknown := [name for name in wanted if name not in known]:
        leave(Exit.USAGE, f"--faults: no fault is called {unknown[0]!r}; the catalogue has {', '.join(known)}")
    return tuple(known[name] for name in wanted)

"""The verb ``sensitivity``: how small an error of one element is seen, by this harness and by the usual checks."""

from __future__ import annotations

import os
from pathlib import Path

import click

from harness.campaign.sensitivity.checks import BY_FRAMEWORK
from harness.campaign.sensitivity.measure import OURS, CheckFailed, interpreters, sensitivity
from harness.campaign.sensitivity.summary import summary
from harness.campaign.sensitivity.table import csv_text, markdown_table
from harness.campaign.sensitivity.trials import cells
from harness.cli.exits import Exit, leave
from harness.cli.options import environments_option, names, reports_in
from harness.cli.progress import progress
from harness.wholefile import write_whole

EXAMPLES = """\b
Examples:
  harness sensitivity
  harness sensitivity --lengths 2,10 --beside numpy
"""
_ELEMENTS = 2_000_000  # of all rows of one cell
_FEWEST, _MOST = 20, 100  # rows: enough for a 95 % quantile, and enough


@click.command(name="sensitivity", epilog=EXAMPLES)
@click.option(
    "--lengths", default="2,10,1000,100000", show_default=True, metavar="LENGTHS", help="Lengths of the axis."
)
@click.option(
    "--beside",
    default=",".join(BY_FRAMEWORK),
    show_default=True,
    metavar="NAMES",
    help="Whose own checks are measured too, separated by commas.",
)
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Which rows.")
@reports_in("reports/campaign", holds="sensitivity.csv, and what is kept of finished lengths and dtypes")
@environments_option
def command(*, lengths: str, beside: str, seed: int, reports: Path, environments: Path) -> None:
    """Plant errors of known size in one element of a correct result, and find the smallest that is flagged.

    Logits are N(0, 1); results are those of the NumPy reference. Sizes are relative, in unit roundoffs (4.9e-4 in
    float16, 3.9e-3 in bfloat16, 6e-8 in float32, 1.1e-16 in float64): median and 95 % quantile over the rows, for this
    harness and, at their defaults, for the checks that numpy, torch and mxnet bring, each run in its own interpreter.
    What is finished is kept: the same command goes on where an earlier one stopped.
    """
    wanted = names(beside)
    if unknown := [name for name in wanted if name not in BY_FRAMEWORK]:
        leave(Exit.USAGE, f"--beside: {unknown[0]!r} brings no check; give some of {', '.join(BY_FRAMEWORK)}")
    counts = _lengths(lengths)
    pythons, absent = interpreters(wanted, environ=os.environ, environments=environments)
    for name, reason in absent.items():
        click.echo(f"harness: not run: {name}: {reason}", err=True)
    try:
        with progress("sensitivity", total=len(cells(counts))) as step:
            found = list(
                sensitivity(
                    counts,
                    pythons,
                    rows=_rows,
                    seed=seed,
                    folder=reports / "kept" / "sensitivity",
                    environ=os.environ,
                    progress=step,
                )
            )
        reports.mkdir(parents=True, exist_ok=True)
        write_whole(reports / "sensitivity.csv", csv_text(found))
    except CheckFailed as error:
        leave(Exit.OUR_FAULT, str(error))
    except OSError as error:
        leave(Exit.USAGE, f"the table cannot be written: {error}: name another folder with --reports")
    for check in dict.fromkeys(one.check for one in found):
        click.echo(markdown_table(found, check))
    click.echo(summary(found))
    click.echo(f"harness: written to {reports / 'sensitivity.csv'}", err=True)
    if any(one.alarms for one in found if one.check == OURS):
        raise SystemExit(int(Exit.FINDINGS))
    raise SystemExit(int(Exit.NOT_RUN if absent else Exit.AGREED))


def _lengths(text: str) -> tuple[int, ...]:
    try:
        lengths = tuple(dict.fromkeys(int(part) for part in text.split(",")))
    except ValueError:
        lengths = ()
    if not lengths or min(lengths) < 1:
        leave(Exit.USAGE, f"--lengths {text!r}: give lengths of the axis, separated by commas, as in 2,10")
    return lengths


def _rows(n: int) -> int:
    return min(max(_ELEMENTS // n, _FEWEST), _MOST)

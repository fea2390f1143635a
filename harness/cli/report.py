"""``harness report``: a comparison in, pages and files out, the summary on the terminal."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from harness.cli.console import Terminal
from harness.cli.exits import Exit, leave
from harness.cli.options import reports_option
from harness.layout import Layout
from harness.plan.store import PlanError, read_plan
from harness.record.lock import AlreadyLocked, locked

if TYPE_CHECKING:
    from harness.compare.comparison import Comparison
    from harness.plan.plan import Plan

EXAMPLES = """\b
Examples:
  harness report                     after `harness compare`
  harness report --reports /tmp/r    where plan, recordings and comparison lie elsewhere
"""


@click.command(name="report", epilog=EXAMPLES)
@reports_option
def command(reports: Path) -> None:
    """Write the report on the current plan's comparison, and print its summary.

    Writes index.html (one page, readable offline), summary.md, accuracy.md and accuracy.csv, comparison.csv and
    comparison.parquet, findings.json and junit.xml beside the comparison: into REPORTS, or into REPORTS/selection where
    the plan is of a selection, so that a part never replaces the full report.

    In a job of GitHub Actions every finding that fails the run is shown at the line of its case, too.

    The exit code is 0 once they are written, whatever was found: the verdict is the exit code of `harness compare`. It
    is 2 where there is no comparison of the current plan, or none that can be read, or where nothing can be written.
    """
    from harness.cli.repeated import repeats_of  # noqa: PLC0415 - so that --help needs nothing but click
    from harness.compare.accounts import Accounts  # noqa: PLC0415
    from harness.report.files import ReportFile, Unwritable  # noqa: PLC0415
    from harness.report.github import commands  # noqa: PLC0415
    from harness.report.selftest import SelfTestUnreadable, read  # noqa: PLC0415
    from harness.report.terminal import show  # noqa: PLC0415
    from harness.report.write import write_report  # noqa: PLC0415

    comparison, home, plan = _current(Layout(reports))
    score = None
    try:
        score = read(Layout(reports).selftest)
    except SelfTestUnreadable as error:  # of another version, perhaps: no reason to withhold the report
        click.echo(f"harness: {error}; the report says nothing of it", err=True)
    try:
        with locked(home, doing="at work"):
            page = write_report(comparison, home, repeats_of(comparison, plan, reports), score)
    except (Unwritable, AlreadyLocked) as error:
        leave(Exit.USAGE, str(error))
    except OSError as error:
        leave(Exit.USAGE, f"{home}: the report cannot be written: {error}: name another folder with --reports")
    _lenient(sys.stdout)
    show(comparison, Accounts(comparison), Terminal(file=sys.stdout, highlight=False))
    if os.environ.get("GITHUB_ACTIONS") == "true":
        for line in commands(comparison):
            click.echo(line)
    click.echo(f"report: {page}")
    click.echo(f"as text: {page.with_name(ReportFile.SUMMARY.value)}")
    click.echo(f"accuracy: {page.with_name(ReportFile.ACCURACY.value)}")


def _current(layout: Layout) -> tuple[Comparison, Path, Plan]:
    """Return the comparison of the current plan, the folder it lies in, and the plan; leave where there is none."""
    from harness.compare.store import ComparisonUnreadable, read_comparison  # noqa: PLC0415

    try:
        plan = read_plan(layout.plan)
        home = layout.home(selected=plan.selection is not None)
        comparison = read_comparison(home)
    except (PlanError, ComparisonUnreadable) as error:
        leave(Exit.USAGE, str(error))
    if (comparison.plan, comparison.selection) != (plan.digest, plan.selection):
        leave(
            Exit.USAGE,
            f"{home}: the comparison here is of plan {comparison.plan[:12]}, the current plan is {plan.digest[:12]}: "
            "run `harness record` for each framework, then `harness compare` again",
        )
    return comparison, home, plan


def _lenient(stream: object) -> None:
    """Let a terminal that cannot show a character show a question mark, rather than end the report."""
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(errors="replace")

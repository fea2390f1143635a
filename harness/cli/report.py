"""``harness report``: a comparison in, pages and files out, the summary on the terminal."""

from __future__ import annotations

import io
import os
import re
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from harness.cli.console import Terminal
from harness.cli.exits import Exit, leave, note
from harness.cli.options import current_option
from harness.copies import Jobs, processors
from harness.layout import Layout
from harness.plan.store import PlanError, read_plan
from harness.record.lock import AlreadyLocked, locked

if TYPE_CHECKING:
    from harness.compare.comparison import Comparison
    from harness.compare.kept.cabinet import Cabinet
    from harness.plan.plan import Plan

_END: Final = re.compile(r"(?:[ \t]|\x1b\[[0-9;]*m)+$", flags=re.MULTILINE)  # of a line: blanks, and where colours end

EXAMPLES = """\b
Examples:
  harness report                     after `harness compare`
  harness report --reports /tmp/r    where plan, recordings and comparison lie elsewhere
"""


@click.command(name="report", epilog=EXAMPLES)
@current_option
def command(reports: Path) -> None:
    """Write the report on the current plan's comparison, and print its summary.

    Writes index.html (one page, readable offline), summary.md, accuracy.md and accuracy.csv, comparison.csv and
    comparison.parquet, findings.json and junit.xml beside the comparison: into REPORTS, or into REPORTS/selection where
    the plan is of a selection, so that a part never replaces the full report.

    In a job of GitHub Actions every finding that fails the run is shown at the line of its case, too.

    The exit code is 0 once they are written, whatever was found: the verdict is the exit code of `harness compare`. It
    is 2 where there is no comparison of the current plan, or none that can be read, or where nothing can be written.
    """
    from harness.compare.kept.cabinet import Cabinet  # noqa: PLC0415 - so that --help needs nothing but click

    layout = Layout(reports)
    try:
        plan = read_plan(layout.plan)
    except PlanError as error:
        leave(Exit.USAGE, str(error))
    with closing(Cabinet(layout.judgements, note=note)) as kept:
        reported(layout, plan, kept)


def reported(layout: Layout, plan: Plan, kept: Cabinet, *, comparison: Comparison | None = None) -> None:
    """Write the report on the comparison of ``plan``, where it is not written already, and print its summary.

    ``comparison`` is what its file holds, if it is at hand.
    """
    from harness.compare.kept.whole import Whole  # noqa: PLC0415
    from harness.compare.store import comparison_in  # noqa: PLC0415
    from harness.report.files import ReportFile  # noqa: PLC0415

    home = layout.home(selected=plan.selection is not None)
    console = Terminal(file=sys.stdout, highlight=False)
    github = os.environ.get("GITHUB_ACTIONS") == "true"
    whole = Whole(
        "report",
        kept,
        inputs=[comparison_in(home), layout.plan, layout.selftest, layout.shrunk, layout.kernels],
        options=[console.width, console.color_system, console.encoding, github],
    )
    files = [home / file.value for file in ReportFile]
    try:
        with locked(home, doing="at work"):
            ending = whole.ending(files)
            if ending is None:
                found = comparison or _current(home, plan)
                said = _written(layout, plan, found, kept=kept, console=console, github=github)
                ending = whole.keep(files, said=said, code=int(Exit.AGREED))
    except AlreadyLocked as error:
        leave(Exit.USAGE, str(error))
    except OSError as error:
        leave(Exit.USAGE, f"{home}: the report cannot be written: {error}: name another folder with --reports")
    _lenient(sys.stdout)
    click.echo(ending.said, nl=False, color=True)
    page = home / ReportFile.PAGE.value
    click.echo(f"report: {page}")
    click.echo(f"as text: {page.with_name(ReportFile.SUMMARY.value)}")
    click.echo(f"accuracy: {page.with_name(ReportFile.ACCURACY.value)}")


def _written(
    layout: Layout, plan: Plan, comparison: Comparison, *, kept: Cabinet, console: Terminal, github: bool
) -> str:
    """Write the files of the report; return what the terminal is told."""
    from harness.cli.repeated import repeats_of  # noqa: PLC0415
    from harness.compare.accounts import Accounts  # noqa: PLC0415
    from harness.repeat.earlier import Earlier  # noqa: PLC0415
    from harness.report.files import Unwritable  # noqa: PLC0415
    from harness.report.github import commands  # noqa: PLC0415
    from harness.report.selftest import SelfTestUnreadable, read  # noqa: PLC0415
    from harness.report.terminal import show  # noqa: PLC0415
    from harness.report.write import write_report  # noqa: PLC0415

    score = None
    try:
        score = read(layout.selftest)
    except SelfTestUnreadable as error:  # of another version, perhaps: no reason to withhold the report
        note(f"{error}; the report says nothing of it")
    home = layout.home(selected=plan.selection is not None)
    try:
        write_report(
            comparison,
            home,
            lambda: repeats_of(comparison, plan, layout.root, earlier=Earlier(kept, question=plan.question)),
            score,
            jobs=Jobs(min(processors() - 1, 1), note),  # a second copy would find nothing that takes long
        )
    except Unwritable as error:
        leave(Exit.USAGE, str(error))
    with console.capture() as capture:
        show(comparison, Accounts(comparison), console)
    return _END.sub(lambda end: re.sub(r"[ \t]", "", end[0]), capture.get()) + "".join(
        f"{line}\n" for line in (commands(comparison) if github else ())
    )


def _current(home: Path, plan: Plan) -> Comparison:
    """Return the comparison of ``plan`` in ``home``; leave where there is none."""
    from harness.compare.store import ComparisonUnreadable, read_comparison  # noqa: PLC0415

    try:
        comparison = read_comparison(home)
    except ComparisonUnreadable as error:
        leave(Exit.USAGE, str(error))
    if (comparison.plan, comparison.selection) != (plan.digest, plan.selection):
        leave(
            Exit.USAGE,
            f"{home}: the comparison here is of plan {comparison.plan[:12]}, the current plan is {plan.digest[:12]}: "
            "run `harness record` for each framework, then `harness compare` again",
        )
    return comparison


def _lenient(stream: object) -> None:
    """Let a terminal that cannot show a character show a question mark, rather than end the report."""
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(errors="replace")

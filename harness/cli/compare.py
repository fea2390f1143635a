"""``harness compare``: hold the recordings against the oracle and each other."""

from __future__ import annotations

import difflib
from pathlib import Path

import click

from harness.adapters.registry import BUILT_IN
from harness.cli.exits import Exit, leave
from harness.cli.options import names, reports_option
from harness.cli.progress import progress
from harness.compare.comparison import Comparison
from harness.layout import Layout
from harness.plan.store import PlanError, read_plan
from harness.report.legible import legible

EXAMPLES = """\b
Examples:
  harness compare
  harness compare --require mxnet,torch,jax     exit 3 unless all three ran
"""


@click.command(name="compare", epilog=EXAMPLES)
@reports_option
@click.option(
    "--require",
    metavar="NAMES",
    default="",
    help="Adapters that must have run, separated by commas, beside those that were recorded.",
)
@click.option("--only", metavar="NAMES", default="", help="Compare these adapters alone, separated by commas.")
def command(reports: Path, require: str, only: str) -> None:
    """Hold the recordings of the current plan against the oracle and each other.

    Judges every recording below REPORTS/recordings and writes REPORTS/comparison.json, from which `harness report`
    makes the report. A recording that is incomplete, damaged or of another plan costs no other, and is not a pass: the
    exit code is 3 where an adapter that was recorded, or is required, did not run.
    """
    from harness.compare.compare import compare  # noqa: PLC0415 - so that --help needs nothing but click
    from harness.compare.gather import gather  # noqa: PLC0415
    from harness.compare.store import remove_comparison, write_comparison  # noqa: PLC0415

    layout = Layout(reports)
    try:
        plan = read_plan(layout.plan)
    except PlanError as error:
        leave(Exit.USAGE, str(error))
    selected = plan.selection is not None
    home, folder = layout.home(selected=selected), layout.recordings(selected=selected)
    required = _names(require, option="--require", recordings=folder)
    chosen = _names(only, option="--only", recordings=folder)
    try:
        remove_comparison(home)
        recordings = gather(folder, plan, only=chosen or None)
        with progress("comparing", total=len(plan.problems)) as step:
            comparison = compare(plan, recordings, required=(*required, *recordings), progress=step)
        path = write_comparison(comparison, home)
    except OSError as error:
        leave(Exit.USAGE, f"the comparison cannot be made in {home}: {error}: name another folder with --reports")
    click.echo(_verdict(comparison))
    click.echo(f"harness: written to {path}", err=True)
    raise SystemExit(int(_exit(comparison)))


def _names(text: str, *, option: str, recordings: Path) -> tuple[str, ...]:
    """Return the adapters that an option names; leave where one is neither built in nor recorded."""
    named = names(text)
    known = sorted({*BUILT_IN, *(path.name for path in recordings.glob("*") if path.is_dir())})
    for name in named:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(known)}"
            leave(Exit.USAGE, f"{option}: no adapter is called {name!r}: {hint}")
    return named


def _exit(comparison: Comparison) -> Exit:
    """Return what the shell is told: a wrong result weighs more than one that did not come."""
    if comparison.unexpected:
        return Exit.FINDINGS
    if comparison.not_run or not comparison.judged:
        return Exit.NOT_RUN
    return Exit.AGREED


def _verdict(comparison: Comparison) -> str:
    """Say in a few lines how the run ended: denominators, then what fails it."""
    agreed = sum(verdict.outcome.agreed for verdict in comparison.verdicts)
    lines = [
        f"{len(comparison.verdicts)} evaluations planned, {comparison.judged} judged, {agreed} agreed; "
        f"{len(comparison.unexpected)} unexpected findings"
    ]
    lines += [f"not run: {run.name}: {run.why_not}" for run in comparison.adapters if not run.ran]
    if not comparison.judged:
        lines.append("nothing was judged: this run proves nothing")
    lines += [f"{found.kind.value} in {found.case}: {_on_one_line(found.sentence)}" for found in comparison.unexpected]
    return "\n".join(lines)


def _on_one_line(text: str) -> str:
    """Return a text that may hold what a framework said, so that it moves no cursor and starts no line."""
    return " ".join(legible(text).split())

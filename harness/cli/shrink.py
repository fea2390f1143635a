"""``harness shrink``: the smallest input that still shows each fault."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import click

from harness.cli.exits import Exit, leave
from harness.cli.options import Positive, environments_option, reports_option
from harness.cli.progress import progress
from harness.layout import Layout
from harness.plan.store import PlanError, read_plan

if TYPE_CHECKING:
    from harness.plan.plan import Plan
    from harness.record.recording import Header
    from harness.repeat.kept import Shrunk
    from harness.repeat.shrink import Target

EXAMPLES = """\b
Examples:
  harness shrink                      after `harness compare`: what is unexpected, and one of each known fault
  harness shrink --known none         what is unexpected alone
  harness report                      shows what was found
"""


@click.command(name="shrink", epilog=EXAMPLES)
@reports_option
@environments_option
@click.option(
    "--known",
    type=click.Choice(["none", "one", "all"]),
    default="one",
    show_default=True,
    help="How many of the faults that a ledger entry, or a case, excuses.",
)
@click.option(
    "--limit",
    type=Positive(),
    default=60.0,
    show_default=True,
    help="Seconds for each fault of a framework, which share them; a round that has begun is finished.",
)
def command(*, reports: Path, environments: Path, known: str, limit: float) -> None:
    """Look for the smallest input that still shows each fault of the current comparison.

    Fewer rows, fewer elements along the axis, fewer digits: candidates are recorded in the framework's own interpreter
    (HARNESS_PYTHON_<NAME>, or the one of tox) and judged as `harness compare` does. The smallest that still gives the
    same finding is kept below REPORTS/shrunk, where `harness report` finds it. What is kept is not looked for again:
    an interrupted run goes on where it stopped. A fault for which nothing smaller was found in its time is tried again.

    The exit code is 0 whatever was found, and 3 where a framework could not be recorded as it was for the comparison:
    a line says why, and the others go on.
    """
    from harness.campaign.recorder import RecorderFailed  # noqa: PLC0415 - so that --help needs nothing but click
    from harness.compare.store import ComparisonUnreadable, read_comparison  # noqa: PLC0415
    from harness.repeat.chosen import Known, chosen  # noqa: PLC0415
    from harness.repeat.kept import Shrunk  # noqa: PLC0415
    from harness.repeat.shrink import Target  # noqa: PLC0415

    layout, folder = Layout(reports), reports / "shrunk"
    missing = 0
    try:
        plan = read_plan(layout.plan)
        comparison = read_comparison(layout.home(selected=plan.selection is not None))
        shrunk = Shrunk(folder)
        problems = {problem.id: problem for problem in plan.problems}
        headers = {run.name: run.header for run in comparison.adapters if run.header is not None}
        faults = chosen(comparison.findings, Known(known))
        if not faults:
            click.echo(
                "nothing to shrink: no fault is unexpected" if known == "none" else "nothing to shrink: no fault"
            )
        for adapter, findings in faults.items():
            targets = [Target(finding=one, problem=problems[one.problems[0]]) for one in findings]
            new = [one for one in targets if shrunk.find(one.finding, one.problem, headers[adapter]) is None]
            click.echo(f"{adapter}: {len(targets) - len(new)} of {len(targets)} faults were shrunk before")
            if new:
                missing += not _shrink(
                    new, headers[adapter], shrunk, plan=plan, folder=folder, environments=environments, limit=limit
                )
    except RecorderFailed as error:
        leave(Exit.USAGE if error.code == Exit.USAGE else Exit.OUR_FAULT, str(error))
    except (PlanError, ComparisonUnreadable, OSError) as error:
        leave(Exit.USAGE, str(error))
    raise SystemExit(int(Exit.NOT_RUN if missing else Exit.AGREED))


def _shrink(
    targets: list[Target],
    header: Header,
    shrunk: Shrunk,
    *,
    plan: Plan,
    folder: Path,
    environments: Path,
    limit: float,
) -> bool:
    """Shrink ``targets``, all of one adapter; return False, with a message, where it cannot be recorded as before."""
    from harness.repeat.hunt import CannotRepeat, bench_of  # noqa: PLC0415
    from harness.repeat.shrink import shrink  # noqa: PLC0415

    work = folder / "work"
    try:
        bench = bench_of(header, plan, work=work, environments=environments, environ=os.environ)
    except CannotRepeat as error:
        click.echo(f"harness: {error}", err=True)
        return False
    done: list[Target] = []
    with progress(f"shrinking the faults of {header.adapter}", total=len(targets)) as step:

        def finished(target: Target) -> None:
            if target.best is not None or not target.cut_short:
                shrunk.keep(target.current, target.finding, target.problem, header)
            done.append(target)
            step(len(done))

        shrink(targets, bench, seconds=limit, finished=finished)
    shutil.rmtree(work, ignore_errors=True)
    for target in done:
        click.echo(f"  {target.sentence}")
    return True

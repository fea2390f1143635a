"""``harness shrink``: the smallest input that still shows each fault."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from harness.cli.exits import Exit, leave, note
from harness.cli.hunting import Hunt
from harness.cli.options import Positive, current_option, environments_option
from harness.layout import Layout
from harness.plan.store import PlanError, read_plan

if TYPE_CHECKING:
    from harness.record.recording import Header
    from harness.repeat.shrink import Target

EXAMPLES = """\b
Examples:
  harness shrink                      after `harness compare`: what is unexpected, and one of each known fault
  harness shrink --known none         what is unexpected alone
  harness report                      shows what was found
"""


@click.command(name="shrink", epilog=EXAMPLES)
@current_option
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
@click.option(
    "--timeout", type=Positive(), metavar="SECONDS", help="Limit for one evaluation, as with `harness record`."
)
def command(*, reports: Path, environments: Path, known: str, limit: float, timeout: float | None) -> None:
    """Look for the smallest input that still shows each fault of the current comparison.

    Fewer rows, fewer elements along the axis, fewer digits: candidates are recorded in the framework's own interpreter
    (HARNESS_PYTHON_<NAME>, or the one of tox; for a file of your own the Python that recorded it) and judged as
    `harness compare` does. The smallest that still gives the same finding is kept below REPORTS/shrunk, where `harness
    report` finds it. What is kept is not looked for again: an interrupted run goes on where it stopped. A fault whose
    time was up is taken up again from the smallest that was found.

    The exit code is 0 whatever was found, and 3 where a framework could not be recorded as it was for the comparison:
    a line says why, and the others go on.
    """
    from harness.campaign.recorder import RecorderFailed  # noqa: PLC0415 - so that --help needs nothing but click
    from harness.cli.repeated import kernels_of  # noqa: PLC0415
    from harness.compare.store import ComparisonUnreadable, read_comparison  # noqa: PLC0415
    from harness.repeat.chosen import Known, chosen  # noqa: PLC0415
    from harness.repeat.kept import Shrunk  # noqa: PLC0415

    layout, folder = Layout(reports), Layout(reports).shrunk
    how = () if timeout is None else ("--timeout", str(timeout))
    missing = 0
    try:
        plan = read_plan(layout.plan)
        comparison = read_comparison(layout.home(selected=plan.selection is not None))
        hunt = Hunt(
            layout=layout, plan=plan, shrunk=Shrunk(folder), environments=environments, environ=os.environ, limits=how
        )
        headers = {run.name: run.header for run in comparison.adapters if run.header is not None}
        faults = chosen(comparison.findings, Known(known))
        kernels_of(comparison, plan, layout, environ=os.environ)  # so that `harness report` has programs that call them
        if not faults:
            click.echo(
                "nothing to shrink: no fault is unexpected" if known == "none" else "nothing to shrink: no fault"
            )
        for adapter, findings in faults.items():
            targets = hunt.open_targets(findings, headers[adapter])
            click.echo(f"{adapter}: {len(findings) - len(targets)} of {len(findings)} faults were shrunk before")
            missing += not _shrunk(hunt, targets, headers[adapter], seconds=limit * len(targets))
    except RecorderFailed as error:
        leave(Exit.USAGE if error.code == Exit.USAGE else Exit.OUR_FAULT, str(error))
    except (PlanError, ComparisonUnreadable, OSError) as error:
        leave(Exit.USAGE, str(error))
    raise SystemExit(int(Exit.NOT_RUN if missing else Exit.AGREED))


def _shrunk(hunt: Hunt, targets: list[Target], header: Header, *, seconds: float) -> bool:
    """Shrink ``targets``, all of one adapter; return False, with a message, where it cannot be recorded as before."""
    from harness.repeat.hunt import CannotRepeat  # noqa: PLC0415

    if not targets:
        return True
    try:
        hunt.run(targets, header, seconds=seconds)
    except CannotRepeat as error:
        note(str(error))
        return False
    finally:
        for target in targets:
            if target.done:
                click.echo(f"  {target.sentence}")
    return True

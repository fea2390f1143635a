"""The verb ``plan``: case files in, one plan out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from harness.cli.casefiles import (
    GIBIBYTES,
    counted,
    memory_option,
    plan_cases,
    read_cases,
)
from harness.cli.exits import Exit, leave
from harness.cli.options import keyword_option, paths_argument, reports_option
from harness.layout import Layout
from harness.plan.kept import Kept
from harness.plan.plan import Plan
from harness.plan.signatures import count_signatures
from harness.plan.store import PlanError, note_failure, remove_plan, write_plan
from harness.record.lock import AlreadyLocked, locked
from harness.vocabulary import Op

EXAMPLES = """\b
Examples:
  harness plan
  harness plan -k forum
  harness plan -k "zero-gradient and not float64"
  harness plan --op softmax --op log_softmax
  harness plan mycases/port.yaml --reports port
"""


@click.command("plan", epilog=EXAMPLES)
@paths_argument
@keyword_option
@click.option(
    "--op",
    "ops",
    type=click.Choice([op.value for op in Op]),
    multiple=True,
    help="Only problems of this op; may be given several times.",
)
@reports_option
@memory_option
def command(
    *, paths: tuple[Path, ...], keyword: str | None, ops: tuple[str, ...], reports: Path, gibibytes: float
) -> None:
    """Turn cases into problems with exact input bits.

    PATHS are case files, or folders of them; by default the folder cases. Beside a file, the ledger of its folder is
    read too. The old plan is removed first: a plan that fails is never followed by a report of an older one.

    A word of -k matches, in any letter case, inside a problem's id, op, dtype, mode, temperature (T=0.5), reduction,
    cotangent, tag or file name; words with spaces stand in quotation marks. A plan of explicit paths, with -k or with
    --op is a selection: its recordings and report go to the folder selection there, and leave the full report as it is.
    """
    planned(Layout(reports), paths, keyword=keyword, ops=[Op(op) for op in ops], gibibytes=gibibytes)


def planned(
    layout: Layout,
    paths: tuple[Path, ...],
    *,
    keyword: str | None,
    ops: Sequence[Op] = (),
    gibibytes: float = GIBIBYTES,
) -> Plan:
    """Make the plan, and say what is in it; leave with what is wrong with the cases, or with what is asked of them."""
    folder = layout.plan
    try:
        with locked(layout.root, doing="at work"):
            remove_plan(folder)
            kept = Kept(layout.planned)
            library = read_cases(paths, gibibytes=gibibytes, kept=kept, note=lambda text: note_failure(folder, text))
            plan = plan_cases(library, paths, keyword=keyword, ops=ops)
            write_plan(plan, folder)
            kept.save()
    except (PlanError, AlreadyLocked) as error:
        leave(Exit.USAGE, str(error))
    except OSError as error:
        leave(Exit.USAGE, f"{folder}: the plan cannot be written: {error}; choose another folder with --reports")
    _describe(plan, folder)
    return plan


def _describe(plan: Plan, folder: Path) -> None:
    counts = [
        counted(len(plan.cases), "case"),
        counted(len(plan.problems), "problem"),
        counted(plan.evaluations, "evaluation") + " per adapter",
    ]
    click.echo(f"plan: {folder}  ({', '.join(counts)})")
    if plan.selection is not None:
        click.echo(f"selected: {plan.selection}")
    click.echo(count_signatures(plan.problems).sentence)
    click.echo(f"digest: {plan.digest[:16]}")

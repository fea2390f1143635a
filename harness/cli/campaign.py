"""The verb ``campaign``: thousands of random problems per framework, by the same path as the cases."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

import click

from harness.adapters.registry import AdapterFault
from harness.campaign.account import page, terminal
from harness.campaign.campaign import chunks, muster, run_campaign
from harness.campaign.chunk import Chunk, Contender
from harness.campaign.examine import described, examine
from harness.campaign.recorder import RecorderFailed
from harness.campaign.sample import UnknownProblem, identified
from harness.campaign.table import csv_text
from harness.cli.casefiles import read_cases
from harness.cli.exits import Exit, leave
from harness.cli.options import environments_option, names, reports_in
from harness.cli.progress import progress
from harness.compare.compare import NotRun
from harness.plan.plan import LedgerEntry
from harness.plan.store import PlanError
from harness.wholefile import write_whole

EXAMPLES = """\b
Examples:
  harness campaign
  harness campaign --problems 20000
  harness campaign --problems 5000 --seed 1 --adapters torch,jax
  harness campaign --only campaign-0-1234
"""


@click.command(name="campaign", epilog=EXAMPLES)
@click.option("--problems", type=click.IntRange(min=1), default=2000, show_default=True, help="How many, per adapter.")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Which problems.")
@click.option(
    "--adapters",
    default="reference,mxnet,torch,jax",
    show_default=True,
    metavar="NAMES",
    help="Who takes part, separated by commas: names, or files with an adapter of your own.",
)
@click.option("--chunk", type=click.IntRange(min=1), default=5000, show_default=True, help="Problems taken at a time.")
@click.option("--only", metavar="PROBLEM", help="Repeat this one problem, named by its id, and show it in full.")
@reports_in("reports/campaign", holds="the table and what is kept of finished chunks")
@environments_option
@click.option(
    "--cases",
    type=click.Path(path_type=Path),
    default=Path("cases"),
    show_default=True,
    help="The folder whose ledger says which differences are known.",
)
def command(
    *,
    problems: int,
    seed: int,
    adapters: str,
    chunk: int,
    only: str | None,
    reports: Path,
    environments: Path,
    cases: Path,
) -> None:
    """Look for false alarms, and for faults, in random problems.

    Draws shapes, logits, cotangents and tangents, records every adapter in its own interpreter (HARNESS_PYTHON_<NAME>,
    or the one of tox), judges as `harness compare` does, and prints the worst share of the bound per adapter, op,
    dtype and quantity; the same goes to REPORTS/campaign.csv and campaign.md. Finished chunks are kept: the same
    command, or one with more problems, goes on where an earlier one stopped.
    """
    ledger = read_cases((cases,)).ledger
    wanted = names(adapters)
    try:
        if only is not None:
            found = _examine(identified(only), wanted, reports=reports, environments=environments, ledger=ledger)
        else:
            parts = list(chunks(seed, problems, size=chunk))
            found = _run(parts, wanted, reports=reports, environments=environments, ledger=ledger)
    except UnknownProblem as error:
        leave(Exit.USAGE, f"--only: {error}")
    except RecorderFailed as error:
        leave(Exit.USAGE if error.code == Exit.USAGE else Exit.OUR_FAULT, str(error))
    except (AdapterFault, PlanError, OSError) as error:
        leave(Exit.USAGE, str(error))
    raise SystemExit(int(found))


def _run(
    parts: Sequence[Chunk], wanted: Sequence[str], *, reports: Path, environments: Path, ledger: Sequence[LedgerEntry]
) -> Exit:
    contenders, absent = _muster(wanted, reports=reports, environments=environments)
    campaign = run_campaign(parts, contenders, absent=absent, folder=reports, ledger=ledger, step=_step)
    reports.mkdir(parents=True, exist_ok=True)
    write_whole(reports / "campaign.csv", csv_text(campaign.cells))
    write_whole(reports / "campaign.md", page(campaign))
    click.echo(terminal(campaign))
    click.echo(f"harness: written to {reports / 'campaign.md'} and {reports / 'campaign.csv'}", err=True)
    if campaign.findings:
        return Exit.FINDINGS
    judged = sum(cell.problems - cell.silent for cell in campaign.cells)
    return Exit.NOT_RUN if absent or not judged else Exit.AGREED


def _examine(
    which: tuple[int, int],
    wanted: Sequence[str],
    *,
    reports: Path,
    environments: Path,
    ledger: Sequence[LedgerEntry],
) -> Exit:
    contenders, absent = _muster(wanted, reports=reports, environments=environments)
    if not contenders:
        return Exit.NOT_RUN
    outcome = examine(*which, contenders, folder=reports, ledger=ledger, step=_step)
    click.echo("\n".join(described(*which, outcome)))
    if any(finding.unexpected for finding in outcome.findings):
        return Exit.FINDINGS
    return Exit.NOT_RUN if absent else Exit.AGREED


def _muster(wanted: Sequence[str], *, reports: Path, environments: Path) -> tuple[list[Contender], dict[str, NotRun]]:
    contenders, absent = muster(wanted, folder=reports, environments=environments, environ=os.environ)
    for name, absence in absent.items():
        click.echo(f"harness: not run: {name}: {absence.reason}", err=True)
    return contenders, absent


def _step(label: str, total: int) -> AbstractContextManager[Callable[[int], None]]:
    return progress(label, total=total)

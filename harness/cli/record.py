"""The verb ``record``: run one adapter over the plan."""

from __future__ import annotations

import os
import sys
from collections import Counter
from pathlib import Path

import click

from harness.adapters.registry import AdapterFault
from harness.cli.exits import Exit, leave
from harness.cli.options import Positive, current_option
from harness.cli.progress import progress
from harness.layout import Layout
from harness.plan.outline import read_outline
from harness.plan.store import PlanError
from harness.record.codec import KINDS
from harness.record.crew import Observer
from harness.record.lock import AlreadyLocked
from harness.record.origin import Origin, keep_origin
from harness.record.runner import Ending, Run, record
from harness.record.watch import CannotGoOn, HarnessBroken, Limits

EXAMPLES = """\b
Examples:
  harness record reference
  .tox/mxnet/bin/python -m harness record mxnet
  harness record path/to/my_kernel.py --timeout 10
"""


@click.command(name="record", epilog=EXAMPLES)
@click.argument("adapter")
@current_option
@click.option(
    "--timeout",
    type=Positive(),
    default=120.0,
    show_default=True,
    help="Seconds that one evaluation may take.",
)
@click.option(
    "--memory",
    type=Positive(),
    default=8.0,
    show_default=True,
    help="GiB of memory that the recording process may grow to, mapped files not counted.",
)
@click.option("--fresh", is_flag=True, help="Record everything again, whatever is there.")
@click.option("--device", help="Where it is to run, one that it declares, e.g. cpu or cuda:0.  [default: its own]")
@click.option(
    "--rows-per-call",
    type=click.IntRange(min=1),
    metavar="N",
    help="Call it for at most N rows at a time, where rows do not influence each other.  [default: all rows]",
)
@click.option("--when-told", is_flag=True, hidden=True, help="Begin at a line of standard input; end without one.")
def command(
    *,
    adapter: str,
    reports: Path,
    timeout: float,
    memory: float,
    fresh: bool,
    device: str | None,
    rows_per_call: int | None,
    when_told: bool,
) -> None:
    """Run ADAPTER over the current plan and keep what came back.

    ADAPTER is reference, mxnet, torch or jax, or the path of a .py file with a kernel of your own. Run this with the
    Python that has the framework. What a framework does wrong (raise, hang, die) becomes its result, and the rest is
    recorded. An interrupted recording goes on where it stopped when the same command is given again.

    --rows-per-call is for arrays that are too large for one call. The recording says so: a call of some rows is another
    call, which a framework may compute in another way.

    Exit codes: 0 recorded, 2 usage, 3 the framework cannot be used here, 70 a fault of the harness, 130 interrupted.
    """
    if when_told and not (sys.stdin and sys.stdin.readline()):  # no stream, where it was closed
        return
    layout = Layout(reports)
    limits = Limits(timeout=timeout, memory=int(memory * 2**30))
    if not Path("/proc/self/status").exists():
        click.echo("harness: memory is not watched: this system does not say how much a process uses", err=True)
    try:
        outline = read_outline(layout.plan)
        with progress(adapter, total=len(outline.asked)) as done:
            observer = Observer(progress=done, note=lambda text: click.echo(f"harness: {adapter}: {text}", err=True))
            run = record(
                adapter,
                outline=outline,
                recordings=layout.recordings(selected=outline.selection is not None),
                limits=limits,
                observer=observer,
                environ=os.environ,
                fresh=fresh,
                device=device,
                compiled=layout.compiled,
                rows_per_call=rows_per_call,
            )
        keep_origin(run.folder, Origin(adapter=adapter, python=sys.executable, device=device))
    except (PlanError, CannotGoOn, AdapterFault, AlreadyLocked) as error:
        leave(Exit.USAGE, str(error))
    except OSError as error:
        leave(Exit.USAGE, f"the recording cannot be written: {error}: make room, or name another folder with --reports")
    except HarnessBroken as error:
        leave(Exit.OUR_FAULT, f"this is a fault of the harness, not of the adapter: please report it\n{error}")
    except KeyboardInterrupt:  # before the first evaluation, or behind the last one
        leave(Exit.INTERRUPTED, f"interrupted: what is recorded is kept; {_goes_on(fresh=fresh)}")
    _conclude(run, adapter, fresh=fresh)


def _goes_on(*, fresh: bool) -> str:
    return f"the same command{' without --fresh' if fresh else ''} does the rest"


def _conclude(run: Run, spec: str, *, fresh: bool) -> None:
    name, done = run.header.adapter, run.results.total()
    match run.ending:
        case Ending.NOT_RUN:
            leave(Exit.NOT_RUN, f"{name} was not run: {run.header.not_run}")
        case Ending.INTERRUPTED:
            leave(
                Exit.INTERRUPTED,
                f"interrupted: {done} of {run.planned} evaluations are recorded; {_goes_on(fresh=fresh)}",
            )
        case Ending.ALREADY:
            click.echo(f"{name}: already recorded: {_counted(run.results)}; --fresh records it again")
        case Ending.RECORDED:
            click.echo(f"{name}: recorded {_counted(run.results)} in {run.folder}{_shared(run)}")


def _shared(run: Run) -> str:
    """Say how many evaluations were not evaluated, since an earlier recording had them."""
    if not run.taken:
        return ""
    return f"; {run.taken} taken over from before, {run.planned - run.taken} evaluated"


def _counted(results: Counter[str]) -> str:
    parts = [f"{results[kind]} {kind}" for kind in KINDS if results[kind]]
    return f"{results.total()} evaluations ({', '.join(parts) or 'none planned'})"

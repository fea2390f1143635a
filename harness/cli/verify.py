"""``harness verify``: the whole pipeline for one adapter, in one command."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from collections.abc import Mapping
from functools import partial
from pathlib import Path

import click

from harness.cli.asking import asked_of, check_interpreter
from harness.cli.exits import Exit, leave, note
from harness.cli.options import Positive, reports_option
from harness.layout import Layout
from harness.record.elsewhere import reachable
from harness.vocabulary import Op

EXAMPLES = """\b
Examples:
  harness verify --adapter my_kernel.py
  harness verify my_kernel.py -k tile
  harness verify my_kernel.py --device cuda:0 --python ~/venvs/torch/bin/python
  harness verify torch --python ~/venvs/torch/bin/python
  harness verify jax --cases my_cases/
"""
_CASES = Path("cases")
_LIBRARY = Path(__file__).resolve().parents[2] / _CASES  # for those who stand elsewhere


@click.command(name="verify", epilog=EXAMPLES)
@click.argument("adapter", required=False)
@click.option("--adapter", "named", metavar="ADAPTER", help="The same as ADAPTER itself.")
@click.option(
    "--cases",
    "paths",
    type=click.Path(path_type=Path),
    multiple=True,
    help="Case file or folder; may be given several times.  [default: cases, of them what is of the kernel's ops]",
)
@click.option("-k", "expression", metavar="EXPR", help="Only what matches, as with `harness plan`.")
@click.option(
    "--python",
    "interpreter",
    type=click.Path(path_type=Path),
    default=Path(sys.executable),
    help="The interpreter that has the framework.  [default: this one]",
)
@click.option(
    "--timeout", type=Positive(), metavar="SECONDS", help="Limit for one evaluation, as with `harness record`."
)
@click.option(
    "--memory", type=Positive(), metavar="GIB", help="Limit for the recording process, as with `harness record`."
)
@click.option("--fresh", is_flag=True, help="Record everything again, whatever is there.")
@click.option(
    "--shrink",
    "seconds",
    type=click.FloatRange(min=0),
    default=30.0,
    show_default=True,
    metavar="SECONDS",
    help="How long to look for smaller inputs that show what is wrong; 0 leaves it out. Ctrl-C goes on with the rest.",
)
@click.option("--device", help="Where it is to run, one that it declares, e.g. cpu or cuda:0.  [default: its own]")
@reports_option
def command(
    *,
    adapter: str | None,
    named: str | None,
    paths: tuple[Path, ...],
    expression: str | None,
    interpreter: Path,
    timeout: float | None,
    memory: float | None,
    fresh: bool,
    seconds: float,
    device: str | None,
    reports: Path,
) -> None:
    """Plan, record, compare and report for one ADAPTER: a name, or the path of a file with a kernel of your own.

    Everything goes to REPORTS/verify/<adapter>, so a full report is never replaced. Each step is a process of its own;
    recording runs in the interpreter given with --python. Where pandas is not installed the verdict is printed and
    comparison.json is written, but no page.

    What is wrong is said once for each kind and cause, with the smallest input that was found to show it and a program
    that calls the kernel with it.

    A file with a kernel holds functions named after ops (softmax, softmax_vjp ...), or one class: see
    harness/adapters/README.md. Of the case library it is asked what is of the ops that it has; what else it lacks is
    counted at the end.
    """
    adapter = _one(adapter, named)
    check_interpreter(interpreter)
    with reachable(os.environ) as environment:
        asked = asked_of(adapter, interpreter, environment)
        name, home = asked.name, str(reports / "verify" / asked.name)
        here = [sys.executable, "-m", "harness"]
        step = partial(_step, environment=environment)
        left_out = () if paths else asked.left_out
        which = [*map(str, paths or _default_cases()), *(["-k", expression] if expression else [])]
        which += [word for op in asked.ops if left_out for word in ("--op", op.value)]
        step([*here, "plan", *which, "--reports", home], quiet=True)  # what is planned is said at the end
        limits = [] if timeout is None else ["--timeout", str(timeout)]
        limits += [] if memory is None else ["--memory", str(memory)]
        how = [*limits, *([] if device is None else ["--device", device]), *(["--fresh"] if fresh else [])]
        record = [str(interpreter), "-m", "harness", "record", adapter, "--reports", home, *how]
        # an adapter that could not run is not the end: compare says so, with its reason and exit code
        step(record, goes_on=(Exit.AGREED, Exit.NOT_RUN))
        judged = step(
            [*here, "compare", "--reports", home, "--require", name, "--only", name],
            goes_on=(Exit.AGREED, Exit.FINDINGS, Exit.NOT_RUN),
            quiet=True,
        )
        if judged == Exit.FINDINGS:
            environment[f"HARNESS_PYTHON_{name.upper()}"] = str(interpreter)  # for a framework of a name that is known
            _look(Path(home), name, seconds=seconds, timeout=timeout, memory=memory, environ=environment)
        page = importlib.util.find_spec("pandas") is not None
        if page:
            step([*here, "report", "--reports", home], quiet=True)
        _conclude(Path(home), name, left_out=left_out, page=page)
    raise SystemExit(judged)


def _one(adapter: str | None, named: str | None) -> str:
    """Return the adapter that the command line names, in one way or the other."""
    if adapter is not None and named is not None and adapter != named:
        leave(Exit.USAGE, f"one adapter at a time: {adapter}, or --adapter {named}")
    one = adapter or named
    if not one:
        leave(Exit.USAGE, "name an adapter: harness verify my_kernel.py, or harness verify --adapter my_kernel.py")
    return one


def _default_cases() -> tuple[Path, ...]:
    """Return the case library of this checkout where there is none in the current folder; else the default there."""
    return () if _CASES.exists() or not _LIBRARY.exists() else (_LIBRARY,)


def _look(
    home: Path, name: str, *, seconds: float, timeout: float | None, memory: float | None, environ: Mapping[str, str]
) -> None:
    """Look for the smallest inputs that show what was found about ``name``, one or two for each message."""
    from harness.campaign.recorder import RecorderFailed  # noqa: PLC0415 - so that --help needs nothing but click
    from harness.cli.examples import look  # noqa: PLC0415
    from harness.repeat.hunt import CannotRepeat  # noqa: PLC0415

    limits = ["--timeout", str(min(timeout or seconds, seconds or 1.0))]  # a candidate is smaller: it takes no longer
    limits += [] if memory is None else ["--memory", str(memory)]
    try:
        look(Layout(home), name, seconds=seconds, limits=tuple(limits), environ=environ)
    except (CannotRepeat, RecorderFailed) as error:
        note(f"no smaller inputs: {error}")
    except KeyboardInterrupt:
        note("interrupted while looking for smaller inputs: the rest is said of what was found so far")


def _conclude(home: Path, name: str, *, left_out: tuple[Op, ...], page: bool) -> None:
    """Print the verdict, the findings with the programs that show them, and where the rest of it is."""
    from harness.cli.examples import told  # noqa: PLC0415 - so that --help needs nothing but click
    from harness.cli.verdict import verdict_lines  # noqa: PLC0415
    from harness.compare.store import comparison_in, read_comparison  # noqa: PLC0415
    from harness.plan.store import read_plan  # noqa: PLC0415
    from harness.report.files import ReportFile  # noqa: PLC0415

    layout = Layout(home)
    plan = read_plan(layout.plan)
    folder = layout.home(selected=plan.selection is not None)
    comparison = read_comparison(folder)
    for line in verdict_lines(comparison, name, left_out=left_out):
        click.echo(line)
    everything = folder / ReportFile.FINDINGS.value if page else comparison_in(folder)
    for line in told(layout, plan, comparison, name, everything=everything):
        click.echo(line)
    if page:
        click.echo(f"page: {folder / ReportFile.PAGE.value}")
    else:
        click.echo("harness: no page without pandas: in a checkout, pip install '.[report]' brings it", err=True)


def _step(
    command_line: list[str],
    *,
    environment: dict[str, str],
    goes_on: tuple[Exit, ...] = (Exit.AGREED,),
    quiet: bool = False,
) -> int:
    """Run one step as a child process; leave with its exit code where that is not one to go on from.

    What a ``quiet`` one prints is not shown, but for its messages on stderr.
    """
    output = subprocess.DEVNULL if quiet else None
    finished = subprocess.run(command_line, env=environment, stdout=output, check=False)  # noqa: S603
    if finished.returncode not in goes_on:
        raise SystemExit(finished.returncode)
    return finished.returncode

"""``harness verify``: the whole pipeline for one adapter, in one command."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from functools import partial
from pathlib import Path

import click

from harness.adapters.registry import default_name, is_path
from harness.cli.exits import Exit, leave
from harness.cli.options import Positive, reports_option
from harness.record.elsewhere import reachable

EXAMPLES = """\b
Examples:
  harness verify torch
  harness verify torch --python ~/venvs/torch/bin/python
  harness verify my_kernel.py -k softmax
  harness verify jax --cases my_cases/
"""
_NEEDED = ("numpy", "click", "rich")  # what recording needs of an interpreter, beside the framework
_ASK = "import sys; from harness.adapters.registry import load; name = load(sys.argv[1]).name; print(); print(name)"
_PATIENCE = 120.0  # seconds for an adapter's file to be loaded; where it takes longer, recording will say so


@click.command(name="verify", epilog=EXAMPLES)
@click.argument("adapter")
@click.option(
    "--cases",
    "paths",
    type=click.Path(path_type=Path),
    multiple=True,
    help="Case file or folder; may be given several times.  [default: cases]",
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
@reports_option
def command(
    *,
    adapter: str,
    paths: tuple[Path, ...],
    expression: str | None,
    interpreter: Path,
    timeout: float | None,
    memory: float | None,
    fresh: bool,
    reports: Path,
) -> None:
    """Plan, record, compare and report for one ADAPTER: a name, or the path of a file with a class of your own.

    Everything goes to REPORTS/verify/<adapter>, so a full report is never replaced. Each step is a process of its own;
    recording runs in the interpreter given with --python. Where pandas is not installed the verdict is printed and
    comparison.json is written, but no page.
    """
    _check(interpreter)
    with reachable(os.environ) as environment:
        name = _name(adapter, interpreter, environment)
        home = str(reports / "verify" / name)
        here = [sys.executable, "-m", "harness"]
        step = partial(_step, environment=environment)
        step([*here, "plan", *map(str, paths), *(["-k", expression] if expression else []), "--reports", home])
        how = [] if timeout is None else ["--timeout", str(timeout)]
        how += [] if memory is None else ["--memory", str(memory)]
        how += ["--fresh"] if fresh else []
        record = [str(interpreter), "-m", "harness", "record", adapter, "--reports", home, *how]
        # an adapter that could not run is not the end: compare says so, with its reason and exit code
        step(record, goes_on=(Exit.AGREED, Exit.NOT_RUN))
        judged = step(
            [*here, "compare", "--reports", home, "--require", name, "--only", name],
            goes_on=(Exit.AGREED, Exit.FINDINGS, Exit.NOT_RUN),
        )
        if importlib.util.find_spec("pandas") is None:
            click.echo("harness: no page without pandas: in a checkout, pip install '.[report]' brings it", err=True)
        else:
            step([*here, "report", "--reports", home])
    raise SystemExit(judged)


def _check(interpreter: Path) -> None:
    """Leave with a clear message where ``interpreter`` cannot record."""
    probe = f"import sys, {', '.join(_NEEDED)}; assert sys.version_info >= (3, 11), sys.version"
    try:
        found = subprocess.run([interpreter, "-c", probe], capture_output=True, text=True, check=False)  # noqa: S603
    except OSError as error:
        leave(Exit.USAGE, f"--python {interpreter}: cannot be started: {error.strerror}")
    if found.returncode:
        last = (found.stderr.strip().splitlines() or ["no message"])[-1]
        leave(
            Exit.USAGE,
            f"--python {interpreter}: cannot record: {last}. "
            f"It needs Python 3.11 or later with the framework and: {' '.join(_NEEDED)}",
        )


def _name(adapter: str, interpreter: Path, environment: dict[str, str]) -> str:
    """Return the name that ``adapter`` is recorded by: that of its class, which only ``interpreter`` can load."""
    if not is_path(adapter):
        return adapter
    line = [str(interpreter), "-c", _ASK, adapter]
    try:
        asked = subprocess.run(line, env=environment, capture_output=True, text=True, check=False, timeout=_PATIENCE)  # noqa: S603
    except subprocess.TimeoutExpired:
        return default_name(adapter)
    return asked.stdout.splitlines()[-1] if asked.returncode == 0 else default_name(adapter)


def _step(command_line: list[str], *, environment: dict[str, str], goes_on: tuple[Exit, ...] = (Exit.AGREED,)) -> int:
    """Run one step as a child process; leave with its exit code where that is not one to go on from."""
    finished = subprocess.run(command_line, env=environment, check=False)  # noqa: S603
    if finished.returncode not in goes_on:
        raise SystemExit(finished.returncode)
    return finished.returncode

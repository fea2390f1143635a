"""``harness compare``: hold the recordings against the oracle and each other."""

from __future__ import annotations

import difflib
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from harness.adapters.registry import BUILT_IN
from harness.cli.exits import Exit, leave, note
from harness.cli.options import Positive, current_option, names
from harness.cli.progress import progress
from harness.compare.accounts import Accounts
from harness.compare.comparison import Comparison
from harness.copies import Jobs, processors
from harness.layout import Layout
from harness.plan.store import PlanError, read_plan
from harness.record.lock import AlreadyLocked, locked
from harness.report.figures import plural
from harness.report.headline import accounted
from harness.report.legible import legible
from harness.report.since import in_lines
from harness.report.subject import subject

if TYPE_CHECKING:
    from harness.compare.change import Baseline
    from harness.compare.inputs import Inputs
    from harness.compare.kept.cabinet import Cabinet
    from harness.compare.kept.judgement import Ending

_GIB: Final = 8.0

EXAMPLES = """\b
Examples:
  harness compare
  harness compare --require mxnet,torch,jax     exit 3 unless all three ran
  harness compare --baseline main.parquet       fail on what is new or worse than in an earlier run
"""


@click.command(name="compare", epilog=EXAMPLES)
@current_option
@click.option(
    "--require",
    metavar="NAMES",
    default="",
    help="Adapters that must have run, separated by commas, beside those that were recorded.",
)
@click.option("--only", metavar="NAMES", default="", help="Compare these adapters alone, separated by commas.")
@click.option("--fresh", is_flag=True, help="Judge everything again, whatever earlier runs judged.")
@click.option(
    "--baseline",
    type=click.Path(path_type=Path),
    metavar="FILE",
    envvar="HARNESS_BASELINE",
    show_envvar=True,
    help="The comparison.parquet or comparison.csv of an earlier run: fail on what is new or worse since then alone.",
)
@click.option(
    "--memory",
    type=Positive(),
    default=_GIB,
    show_default=True,
    help="GiB that judging one problem may take; one that takes more is not judged, which fails the run.",
)
@click.option(
    "--jobs",
    type=click.IntRange(min=1),
    default=processors,
    show_default="the processors",
    help="How many processes judge side by side; the result is the same.",
)
def command(
    *, reports: Path, require: str, only: str, fresh: bool, baseline: Path | None, memory: float, jobs: int
) -> None:
    """Hold the recordings of the current plan against the oracle and each other.

    Judges every recording below REPORTS/recordings and writes REPORTS/comparison.json, from which `harness report`
    makes the report. A recording that is incomplete, damaged or of another plan costs no other, and is not a pass: the
    exit code is 3 where an adapter that was recorded, or is required, did not run.

    With --baseline every evaluation is held against the same one of an earlier run: new, gone, worse, better,
    unchanged, or not comparable and why. Then the exit code is 1 only where a result that neither its case nor the
    ledger excuses is new or worse, or cannot be compared; where one that agreed has become none; and, as ever, for what
    is no evaluation: an expected finding that is absent, a stale entry of the ledger.

    What an earlier run judged is taken over from REPORTS/cache where everything that decided it is equal: the problem's
    bits, what every adapter gave for it, and the code that judges. --fresh comes to the same, later.
    """
    from harness.compare.kept.cabinet import Cabinet  # noqa: PLC0415 - so that --help needs nothing but click

    layout = Layout(reports)
    with closing(Cabinet(layout.judgements, note=note, fresh=fresh)) as kept:
        ending, _ = compared(layout, kept, require=require, only=only, baseline=baseline, memory=memory, jobs=jobs)
    click.echo(ending.said)
    raise SystemExit(ending.code)


def compared(
    layout: Layout,
    kept: Cabinet,
    *,
    require: str,
    only: str,
    baseline: Path | None = None,
    memory: float = _GIB,
    jobs: int = processors(),
    inputs: Inputs | None = None,
) -> tuple[Ending, Comparison | None]:
    """Compare, by so many processes, and return how that ended; leave where it cannot be done.

    What ``inputs`` have read already is not read again.
    Where nothing has changed since the last time, it ended as it did then, and the comparison is not read again: None.
    """
    from harness.compare.changes import changes_since  # noqa: PLC0415
    from harness.compare.compare import compare  # noqa: PLC0415
    from harness.compare.gather import gather  # noqa: PLC0415
    from harness.compare.kept.whole import Whole  # noqa: PLC0415
    from harness.compare.store import comparison_in, remove_comparison, write_comparison  # noqa: PLC0415

    try:
        plan = read_plan(layout.plan) if inputs is None else inputs.plan()
    except PlanError as error:
        leave(Exit.USAGE, str(error))
    selected = plan.selection is not None
    home, folder = layout.home(selected=selected), layout.recordings(selected=selected)
    required = _names(require, option="--require", recordings=folder)
    chosen = _names(only, option="--only", recordings=folder)
    earlier = None if baseline is None else _earlier(baseline)
    try:
        with locked(home, doing="at work"):
            read = [layout.plan, folder] if baseline is None else [layout.plan, folder, baseline]
            whole = Whole("compare", kept, inputs=read, options={"require": required, "only": chosen, "memory": memory})
            path = comparison_in(home)
            ending = whole.ending([path])
            if ending is not None:
                note(f"nothing has changed since {path} was written")
                return ending, None
            remove_comparison(home)
            recordings = gather(folder, plan, only=chosen or None, inputs=inputs)
            with progress("comparing", total=len(plan.problems)) as step:
                comparison = compare(
                    plan,
                    recordings,
                    required=(*required, *recordings),
                    progress=step,
                    kept=kept,
                    memory=int(memory * 2**30),
                    jobs=Jobs(0 if jobs == 1 else jobs, note),
                )
            if earlier is not None:
                comparison = replace(comparison, changes=changes_since(earlier, comparison))
            write_comparison(comparison, home)
            note(f"written to {path}")
            return whole.keep([path], said=verdict(comparison), code=int(_exit(comparison))), comparison
    except AlreadyLocked as error:
        leave(Exit.USAGE, str(error))
    except OSError as error:
        leave(Exit.USAGE, f"the comparison cannot be made in {home}: {error}: name another folder with --reports")


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


def _earlier(path: Path) -> Baseline:
    """Return the table of an earlier run; leave where there is none."""
    from harness.compare.baseline import BaselineUnreadable, read_baseline  # noqa: PLC0415 - pandas, where it is asked for

    try:
        return read_baseline(path)
    except BaselineUnreadable as error:
        leave(Exit.USAGE, str(error))
    except ImportError as error:
        leave(Exit.USAGE, f"--baseline needs {error.name}, which is not installed here: use tox's environment `report`")


def _exit(comparison: Comparison) -> Exit:
    """Return what the shell is told: a wrong result weighs more than one that did not come."""
    if comparison.fails:
        return Exit.FINDINGS
    if comparison.not_run or not comparison.judged:
        return Exit.NOT_RUN
    return Exit.AGREED


def verdict(comparison: Comparison) -> str:
    """Say in a few lines how the run ended: denominators, what fails it, and what does not since it is not new."""
    lines = [f"{accounted(Accounts(comparison).tally())}; {plural(len(comparison.unexpected), 'unexpected finding')}"]
    if comparison.changes is not None:
        lines += map(_on_one_line, in_lines(comparison.changes))
    lines += [f"not run: {run.name}: {run.why_not}" for run in comparison.adapters if not run.ran]
    if not comparison.judged:
        lines.append("nothing was judged: this run proves nothing")
    failing = {id(found) for found in comparison.failing}
    for found in sorted(comparison.unexpected, key=lambda found: id(found) not in failing):
        before = "" if id(found) in failing else "in the baseline, too: "
        lines.append(f"{before}{found.kind.value} in {subject(found)}: {_on_one_line(found.sentence)}")
    return "\n".join(lines)


def _on_one_line(text: str) -> str:
    """Return a text that may hold what a framework said, so that it moves no cursor and starts no line."""
    return " ".join(legible(text).split())

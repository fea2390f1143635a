"""Reading case files for a verb: every fault on stderr, one per line, and the exit code that says so."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import click

from harness.cli.exits import Exit, leave
from harness.cli.options import CASES, Positive
from harness.plan.faults import BadCases
from harness.plan.kept import Kept
from harness.plan.library import Library, NoCases, TooManySignatures, load_library, make_plan
from harness.plan.limits import MEMORY
from harness.plan.plan import Plan
from harness.plan.select import SelectionError
from harness.vocabulary import Op

GIBIBYTES = MEMORY / 2**30
NOTED = 5  # faults that a later step repeats

memory_option = click.option(
    "--memory",
    "gibibytes",
    type=Positive(),
    default=GIBIBYTES,
    show_default=True,
    metavar="GIB",
    help="Memory that the arrays of one case may need, in GiB.",
)


def read_cases(
    paths: Sequence[Path],
    *,
    gibibytes: float = GIBIBYTES,
    kept: Kept | None = None,
    note: Callable[[str], None] = lambda _text: None,
) -> Library:
    """Return the library in ``paths`` (none: the folder ``cases``), or leave with what is wrong with it.

    ``kept`` is what earlier runs made of files that have not changed. ``note`` is told the first faults before leaving,
    for those who ask later why nothing came of it.
    """
    try:
        return load_library(paths or [CASES], memory=int(gibibytes * 2**30), kept=kept)
    except NoCases as error:
        leave(Exit.USAGE, str(error))
    except BadCases as error:
        for fault in error.faults:
            click.echo(fault.text, err=True)
        note("\n".join(fault.text for fault in error.faults[:NOTED]))
        files = len({fault.file for fault in error.faults})
        counts = f"{counted(len(error.faults), 'fault')} in {counted(files, 'case file')}"
        leave(Exit.BAD_CASES, f"{counts}; the format is described in cases/README.md")


def plan_cases(library: Library, paths: Sequence[Path], *, keyword: str | None, ops: Sequence[Op] = ()) -> Plan:
    """Return the plan of what the command line selects of ``library``, or leave with why there is none."""
    try:
        selected = selection_text(paths, keyword, ops=ops)
        return make_plan(library, keyword=keyword, ops=ops or tuple(Op), selection=selected)
    except SelectionError as error:
        leave(Exit.USAGE, str(error))
    except TooManySignatures as error:
        leave(Exit.BAD_CASES, str(error))


def selection_text(paths: Sequence[Path], keyword: str | None, *, ops: Sequence[Op] = ()) -> str | None:
    """Return what was selected, as text; None for the whole of the folder ``cases``."""
    parts = [path.as_posix() for path in paths] if list(paths) not in ([], [CASES]) else []
    if keyword is not None:
        parts.append(f"-k {keyword!r}")
    parts += [f"--op {op.value}" for op in ops]
    return " ".join(parts) or None


def counted(number: int, noun: str) -> str:
    """Return ``number`` with ``noun``, in the plural where it is not one."""
    return f"{number:,} {noun}" + ("" if number == 1 else "s")

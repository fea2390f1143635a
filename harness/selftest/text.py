"""The counts as text: CSV with all of them, Markdown and the terminal with one row per fault and slip."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from harness.selftest.control import Control, Grid
from harness.selftest.counts import Count, Counts, by_kernel
from harness.selftest.slips import Slip
from reference.faults import Fault

_NUMBERS: Final = ("tried", "changed", "due", "caught", "tellable", "named", "below", "flagged")
_HEADS: Final = (
    "results",
    "changed",
    "beyond the bound",
    "caught",
    "nameable",
    "named",
    "below the bound",
    "of these flagged",
)
COLUMNS: Final = ("kind", "kernel", "setting", "dtype", "quantity", *_NUMBERS)
WRONG, SLIPPED, RIGHT = "wrong", "slipped", "right"


def csv_text(control: Control) -> str:
    """Return one line for each kernel, setting, dtype and quantity, with the columns :data:`COLUMNS`."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for kind, counts in ((WRONG, control.wrong), (SLIPPED, control.slipped), (RIGHT, control.right)):
        for where, count in counts.items():
            numbers = tuple(getattr(count, name) for name in _NUMBERS)
            writer.writerow((kind, where.kernel, where.setting, where.dtype, where.quantity, *numbers))
    return out.getvalue()


def page(
    control: Control, faults: Sequence[Fault], slips: Sequence[Slip], grid: Grid, *, complaints: Sequence[str]
) -> str:
    """Return all there is to say, as Markdown."""
    lines = ["# The self-test's score", "", *_introduction(grid), "", *tables(control, faults, slips), ""]
    if control.right:
        lines += ["## Right kernels", "", *_right(control), ""]
    lines += ["## What each fault is", ""]
    lines += [f"- `{fault.name}`: {fault.what}. {fault.why}" for fault in faults]
    if slips:
        lines += ["", "## What each slip is", "", *(f"- `{slip.name}`: `{slip.what}`" for slip in slips)]
    if complaints:
        lines += ["", "## What was not proved", "", *(f"- {one}" for one in complaints)]
    return "\n".join(lines) + "\n"


def tables(control: Control, faults: Sequence[Fault], slips: Sequence[Slip]) -> Iterator[str]:
    """Yield the lines of two Markdown tables: one row per fault, one per slip, and one for all of each."""
    yield from _table("fault", {f"`{fault.name}`": fault.name for fault in faults}, control.wrong)
    if slips:
        labels = {f"`{slip.name}`, which is {slip.fault}": slip.name for slip in slips}
        yield ""
        yield from _table("kernel written step by step", labels, control.slipped)


def _table(title: str, labels: Mapping[str, str], counts: Counts) -> Iterator[str]:
    found = by_kernel(counts)
    yield _line((title, *_HEADS))
    yield _line(["---"] + ["---:"] * len(_HEADS))
    for label, name in labels.items():
        yield _row(label, found.get(name, Count()))
    yield _row("all", sum(found.values(), Count()))


def summary(control: Control) -> str:
    """Return the score in a few sentences."""
    right = sum(control.right.values(), Count())
    slipped = f" {_score(control.slipped, 'results of kernels written step by step')}" if control.slipped else ""
    flagged = (
        f"{right.flagged:,} of {right.tried:,} right results flagged." if right.tried else "No right kernel was tried."
    )
    return f"{_score(control.wrong, 'wrong results')}{slipped} {flagged}"


def _score(counts: Counts, what: str) -> str:
    every = sum(counts.values(), Count())
    return (
        f"{every.tried:,} {what}, {every.due:,} of them off by more than rounding: {every.caught:,} caught. "
        f"{every.tellable:,} can be told from the truth: {every.named:,} named. "
        f"{_share(every.below, every.changed)} of the changes lie below the bound."
    )


def _introduction(grid: Grid) -> Iterator[str]:
    dtypes, lengths = ", ".join(grid.dtypes), ", ".join(str(n) for n in grid.lengths)
    yield (
        "Every fault of the catalogue as a wrong adapter, and wrong kernels written step by step in the dtype's own "
        f"arithmetic, each of which has one of these faults; in {dtypes}; rows of {lengths} elements; "
        f"{len(grid.settings)} settings of the ops; six problems each. *Changed*: not the correctly rounded truth. "
        "*Beyond the bound*: an element is off by more than rounding explains; these have to be caught. "
        "*Nameable*: fault and truth are farther apart than both their bounds together; the finding has to name the "
        "fault, alone or among those that coincide there. *Below the bound*: the others; the "
        "rounding of a correct kernel may be larger, and the row test and the laws flag some of them all the same."
    )


def _right(control: Control) -> Iterator[str]:
    yield _line(("kernel", "results", "flagged"))
    yield _line(("---", "---:", "---:"))
    for name, count in by_kernel(control.right).items():
        yield _line((name, f"{count.tried:,}", f"{count.flagged:,}"))


def _row(name: str, count: Count) -> str:
    seen = count.flagged - count.caught
    numbers = (count.tried, count.changed, count.due, count.caught, count.tellable, count.named)
    below = f"{count.below:,} ({_share(count.below, count.changed)})"
    return _line((name, *(f"{number:,}" for number in numbers), below, f"{seen:,}"))


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.0f} %" if whole else "none"


def _line(fields: Sequence[str]) -> str:
    return f"| {' | '.join(fields)} |"
